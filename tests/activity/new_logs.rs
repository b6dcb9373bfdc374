//! One valid new log of each kind with rules.

use chrono::{DateTime, Utc};
use genledger::Redacted;
use genledger::activity::{
    BaseInfo, ClientType, FlowType, ImageSize, ImageTaskKind, MaterialSource, NewGenerateImageLog,
    NewOrderLog, NewPlatformAmountLog, NewSearchLog, NewTelepathyLog, NewUserLoginLog,
    NewWalletLog, ParameterInfo, PaymentProvider, Picture, TelepathyFlowType, WalletTradeType,
};
use rust_decimal::Decimal;

pub(crate) const AT: i64 = 1_750_000_000_000;

pub(crate) fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap()
}

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn base() -> BaseInfo {
    BaseInfo {
        user_id: Some("u-1".into()),
        client_type: ClientType::Ios,
        ..BaseInfo::default()
    }
}

pub(crate) fn pictures(count: usize) -> Vec<Picture> {
    let picture = |index| Picture {
        url: format!("https://cdn.example/{index}.png"),
        ..Picture::default()
    };
    (0..count).map(picture).collect()
}

pub(crate) fn image() -> NewGenerateImageLog {
    NewGenerateImageLog {
        base: base(),
        task_id: "t-1".into(),
        parameter_info: ParameterInfo {
            kind: ImageTaskKind::AiChat,
            material_source: MaterialSource::None,
            url: None,
            size: ImageSize::Square,
            ai_spatial_attribute_id: None,
            ai_style_id: None,
            sum: 2,
        },
        is_success: true,
        picture_list: pictures(2),
        amount: dec("4"),
        wait_time_stamp: 10,
        start_time_stamp: at(AT),
        record_time_stamp: at(AT + 5),
        reason: None,
    }
}

pub(crate) fn order() -> NewOrderLog {
    NewOrderLog {
        base: base(),
        pay_time: at(AT),
        order_type: "vip".into(),
        pay_user_id: "u-1".into(),
        income_user_id: "p-1".into(),
        order_amount: dec("10"),
        coupon_amount: dec("1"),
        payable_amount: dec("9"),
        real_pay_amount: dec("9"),
        pay_provider: PaymentProvider::Alipay,
        income_provider: PaymentProvider::Wallet,
        record_time_stamp: at(AT),
    }
}

pub(crate) fn amount() -> NewPlatformAmountLog {
    NewPlatformAmountLog {
        base: BaseInfo::default(),
        flow_type: FlowType::Income,
        amount: dec("1.5"),
        trade_type: "vip".into(),
        record_time_stamp: at(AT),
    }
}

pub(crate) fn search() -> NewSearchLog {
    NewSearchLog {
        base: BaseInfo::default(),
        key_word: "sofa".into(),
        temporary_code: None,
        result_count: 0,
        record_time_stamp: at(AT),
    }
}

pub(crate) fn points() -> NewTelepathyLog {
    NewTelepathyLog {
        base: base(),
        telepathy_trade_flow_type: TelepathyFlowType::Expense,
        trade_item: "image".into(),
        trade_amount: dec("1"),
        remain_amount: dec("2"),
        record_time_stamp: at(AT),
    }
}

pub(crate) fn wallet() -> NewWalletLog {
    NewWalletLog {
        base: base(),
        trade_type: WalletTradeType::Income,
        trade_item: "deposit".into(),
        trade_amount: dec("1"),
        remain_amount: dec("2"),
        record_time_stamp: at(AT),
    }
}

pub(crate) fn login() -> NewUserLoginLog {
    NewUserLoginLog {
        base: base(),
        ip: Some(Redacted::from("192.0.2.7")),
        offline_time_stamp: Some(at(AT)),
        login_time_stamp: at(AT),
    }
}
