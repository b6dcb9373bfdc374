//! Every rule alone and together.

use genledger::Redacted;
use genledger::activity::{
    Activity, ActivityLog, ClientType, FlowType, GenerateImageLog, ImageSize, ImageTaskKind,
    MaterialSource, MerchantClueLog, MerchantSettleLog, ModelOperateLog, ModelOperation,
    ModelUseLog, NewActivity, NewMerchantClueLog, NewModelOperateLog, NewModelUseLog,
    NewWaresCollectionLog, OrderLog, PaymentProvider, PlatformAmountLog, SearchLog,
    TelepathyFlowType, TelepathyLog, UserActivateLog, UserLoginLog, WalletLog, WalletTradeType,
    WaresBrowseLog, WaresCollectionLog,
};
use genledger::id::{ActivityId, ActivityIdGenerator};
use genledger::validate::Validate;

use crate::fixtures::{file, read};
use crate::new_logs::{
    AT, amount, at, base, dec, image, login, order, pictures, points, search, wallet,
};

/// The rules that a valid log breaks after a change.
fn broken<T: Validate>(mut new: T, change: impl FnOnce(&mut T)) -> Vec<String> {
    assert!(new.validate().is_ok());
    change(&mut new);
    new.violations()
        .as_slice()
        .iter()
        .map(|violation| format!("{} {}", violation.path(), violation.rule()))
        .collect()
}

/// One line for each case: the new log, the change, and the broken rules.
macro_rules! rules {
    ($($case:ident: $new:ident, |$log:ident| $change:expr => [$($rule:literal),*];)+) => {
        $(
            #[test]
            fn $case() {
                let expected: Vec<&str> = vec![$($rule),*];
                assert_eq!(broken($new(), |$log| { $change; }), expected);
            }
        )+
    };
}

rules! {
    a_user_is_needed: image, |log| log.base.user_id = None => ["UserId required"];
    a_required_user_is_not_empty: image, |log| log.base.user_id = Some(String::new()) => ["UserId empty"];
    a_user_is_not_empty_text: search, |log| log.base.user_id = Some(String::new()) => ["UserId empty"];
    a_client_is_known: search, |log| log.base.client_type = ClientType::from_code(4) => ["ClientType unrecognized_code"];

    success_has_a_picture: image, |log| log.picture_list.clear() => ["PictureList success_without_picture"];
    success_has_no_reason: image, |log| log.reason = Some("x".into()) => ["Reason success_with_reason"];
    success_has_no_empty_reason: image, |log| log.reason = Some(String::new()) => ["Reason success_with_reason"];
    failure_has_a_reason: image, |log| { log.is_success = false; log.picture_list.clear() } => ["Reason failure_without_reason"];
    failure_has_more_than_an_empty_reason: image,
        |log| { log.is_success = false; log.picture_list.clear(); log.reason = Some(String::new()) }
        => ["Reason failure_without_reason"];
    failure_has_no_picture: image, |log| { log.is_success = false; log.reason = Some("x".into()) } => ["PictureList failure_with_picture"];
    no_more_pictures_than_asked: image, |log| log.picture_list = pictures(3) => ["PictureList more_than_asked"];
    points_are_not_negative: image, |log| log.amount = dec("-0.000001") => ["Amount negative"];
    points_have_six_digits: image, |log| log.amount = dec("0.0000001") => ["Amount too_many_digits"];
    trailing_zeros_are_not_digits: image, |log| log.amount = dec("0.0000010") => [];
    points_are_bounded: image, |log| log.amount = dec("1000000000000") => ["Amount out_of_range"];
    the_greatest_amount: image, |log| log.amount = dec("999999999999.999999") => [];
    it_ends_after_it_starts: image, |log| log.record_time_stamp = at(AT - 1) => ["RecordTimeStamp before_start"];
    waiting_is_not_negative: image, |log| log.wait_time_stamp = -1 => ["WaitTimeStamp negative"];
    without_material_there_is_no_url: image, |log| log.parameter_info.url = Some("u".into()) => ["ParameterInfo.Url material_without_source"];
    with_material_there_is_a_url: image, |log| log.parameter_info.material_source = MaterialSource::OnSite => ["ParameterInfo.Url source_without_material"];
    with_material_the_url_is_not_empty: image,
        |log| { log.parameter_info.material_source = MaterialSource::OffSite; log.parameter_info.url = Some(String::new()) }
        => ["ParameterInfo.Url source_without_material"];
    at_least_one_image: image, |log| log.parameter_info.sum = 0 => ["ParameterInfo.Sum out_of_range", "PictureList more_than_asked"];
    a_kind_is_known: image, |log| log.parameter_info.kind = ImageTaskKind::from_code(7) => ["task_kind unrecognized_code", "ParameterInfo.GenerateImageEnum unrecognized_code"];
    a_source_is_known: image, |log| log.parameter_info.material_source = MaterialSource::from_code(9) => ["ParameterInfo.MaterialSource unrecognized_code"];
    a_size_is_known: image, |log| log.parameter_info.size = ImageSize::from_code(4) => ["ParameterInfo.Size unrecognized_code"];
    an_image_has_a_task: image, |log| log.task_id.clear() => ["TaskId required"];
    start_in_seconds: image, |log| log.start_time_stamp = at(AT / 1000) => ["StartTimeStamp seconds_not_milliseconds"];
    end_in_seconds: image,
        |log| { log.start_time_stamp = at(AT / 1000); log.record_time_stamp = at(AT / 1000) }
        => ["RecordTimeStamp seconds_not_milliseconds", "StartTimeStamp seconds_not_milliseconds"];
    the_first_millisecond_that_is_taken: search, |log| log.record_time_stamp = at(100_000_000_000) => [];
    the_last_second_that_is_not: search, |log| log.record_time_stamp = at(99_999_999_999) => ["RecordTimeStamp seconds_not_milliseconds"];

    payable_is_order_less_coupon: order, |log| log.payable_amount = dec("9.000001") => ["PayableAmount not_order_less_coupon"];
    no_more_is_paid_than_payable: order, |log| log.real_pay_amount = dec("9.000001") => ["RealPayAmount more_than_payable"];
    less_may_be_paid: order, |log| log.real_pay_amount = dec("0") => [];
    an_order_is_not_negative: order,
        |log| { log.order_amount = dec("-1"); log.payable_amount = dec("-2"); log.real_pay_amount = dec("-2") }
        => ["OrderAmount negative", "PayableAmount negative", "RealPayAmount negative"];
    a_coupon_is_not_negative: order,
        |log| { log.coupon_amount = dec("-1"); log.payable_amount = dec("11") }
        => ["CouponAmount negative"];
    the_payer_is_a_known_code: order, |log| log.pay_provider = PaymentProvider::from_code(4) => ["PayProvider unrecognized_code"];
    the_receiver_is_a_known_code: order, |log| log.income_provider = PaymentProvider::from_code(4) => ["IncomeProvider unrecognized_code"];
    an_order_has_a_payer: order, |log| log.pay_user_id.clear() => ["PayUserId required"];
    payment_in_seconds: order, |log| log.pay_time = at(AT / 1000) => ["PayTime seconds_not_milliseconds"];

    a_flow_is_not_negative: amount, |log| log.amount = dec("-1") => ["Amount negative"];
    a_flow_has_a_direction: amount, |log| log.flow_type = FlowType::from_code(2) => ["FlowType unrecognized_code"];
    points_flow_in_a_direction: points,
        |log| log.telepathy_trade_flow_type = TelepathyFlowType::from_code(0)
        => ["TelepathyTradeFlowType unrecognized_code"];
    points_amounts_are_not_negative: points,
        |log| { log.trade_amount = dec("-1"); log.remain_amount = dec("-1") }
        => ["TradeAmount negative", "RemainAmount negative"];
    money_flows_in_a_direction: wallet, |log| log.trade_type = WalletTradeType::from_code(0) => ["TradeType unrecognized_code"];
    money_amounts_are_not_negative: wallet,
        |log| { log.trade_amount = dec("-1"); log.remain_amount = dec("-1") }
        => ["TradeAmount negative", "RemainAmount negative"];

    offline_after_login: login, |log| log.offline_time_stamp = Some(at(AT - 1)) => ["OfflineTimeStamp before_login"];
    still_online: login, |log| log.offline_time_stamp = None => [];
    offline_in_seconds: login,
        |log| log.offline_time_stamp = Some(at(AT / 1000))
        => ["OfflineTimeStamp seconds_not_milliseconds", "OfflineTimeStamp before_login"];
    an_address_is_one: login, |log| log.ip = Some(Redacted::from("192.0.2.256")) => ["Ip not_an_ip_address"];
    an_address_of_the_new_kind: login, |log| log.ip = Some(Redacted::from("2001:db8::1")) => [];
    results_are_not_negative: search, |log| log.result_count = -1 => ["ResultCount negative"];
    a_search_has_a_word: search, |log| log.key_word.clear() => ["KeyWord required"];
}

#[test]
fn all_rules_of_an_image_together() {
    let all = broken(image(), |log| {
        log.base.user_id = None;
        log.base.client_type = ClientType::from_code(4);
        log.task_id.clear();
        log.parameter_info.kind = ImageTaskKind::from_code(7);
        log.parameter_info.size = ImageSize::from_code(7);
        log.parameter_info.url = Some("u".into());
        log.parameter_info.sum = -1;
        log.reason = Some("x".into());
        log.amount = dec("-1000000000000.0000001");
        log.wait_time_stamp = -1;
        log.start_time_stamp = at(AT / 1000);
        log.record_time_stamp = at(AT / 1000 - 1);
    });
    assert_eq!(
        all,
        [
            "ClientType unrecognized_code",
            "Amount too_many_digits",
            "task_kind unrecognized_code",
            "UserId required",
            "RecordTimeStamp seconds_not_milliseconds",
            "TaskId required",
            "StartTimeStamp seconds_not_milliseconds",
            "Amount negative",
            "WaitTimeStamp negative",
            "ParameterInfo.GenerateImageEnum unrecognized_code",
            "ParameterInfo.Size unrecognized_code",
            "ParameterInfo.Url material_without_source",
            "ParameterInfo.Sum out_of_range",
            "RecordTimeStamp before_start",
            "PictureList more_than_asked",
            "Reason success_with_reason",
        ]
    );
}

#[test]
fn all_rules_of_an_order_together() {
    let all = broken(order(), |log| {
        log.pay_user_id.clear();
        log.pay_time = at(1);
        log.order_amount = dec("-1");
        log.coupon_amount = dec("-1");
        log.payable_amount = dec("-1");
        log.real_pay_amount = dec("0.0000001");
        log.pay_provider = PaymentProvider::from_code(-1);
        log.income_provider = PaymentProvider::from_code(-1);
    });
    assert_eq!(all.len(), 10, "{all:#?}");
}

#[test]
fn short_logs_have_their_rules() {
    let clue = NewMerchantClueLog {
        base: base(),
        phone_number: Redacted::from("1"),
        record_time_stamp: at(AT),
    };
    let empty = |log: &mut NewMerchantClueLog| log.phone_number = Redacted::from("");
    assert_eq!(broken(clue, empty), ["PhoneNumber required"]);
    let operate = NewModelOperateLog {
        base: base(),
        operate_type: ModelOperation::UserList,
        record_time_stamp: at(AT),
    };
    let unknown = |log: &mut NewModelOperateLog| log.operate_type = ModelOperation::from_code(10);
    assert_eq!(broken(operate, unknown), ["OperateType unrecognized_code"]);
    let model_use = NewModelUseLog {
        base: base(),
        is_success: true,
        belong_user_id: "u".into(),
        record_time_stamp: at(AT),
    };
    let no_owner = |log: &mut NewModelUseLog| log.belong_user_id.clear();
    assert_eq!(broken(model_use, no_owner), ["BelongUserId required"]);
    let collection = NewWaresCollectionLog {
        base: base(),
        store_id: "s".into(),
        record_time_stamp: at(AT),
    };
    let nowhere = |log: &mut NewWaresCollectionLog| log.store_id.clear();
    assert_eq!(broken(collection, nowhere), ["StoreId required"]);
}

#[test]
fn a_warning_is_not_an_error() {
    let mut order = order();
    assert!(order.warnings().is_empty());
    order.income_provider = PaymentProvider::ComputePower;
    assert!(order.validate().is_ok());
    assert_eq!(order.warnings().as_slice()[0].rule(), "mixed_units");
    // The log that was read warns as well.
    let log = order.clone().with_id(ActivityId::new("a").unwrap());
    assert_eq!(log.warnings(), order.warnings());
    assert_eq!(ActivityLog::from(log).warnings(), order.warnings());
    order.pay_provider = PaymentProvider::ComputePower;
    assert!(order.warnings().is_empty());
    // The unit of an unknown provider is unknown.
    order.pay_provider = PaymentProvider::from_code(7);
    assert!(order.warnings().is_empty());
}

/// Violations of columns are reported together with those of rules.
#[test]
fn columns_are_rules_too() {
    let mut new = search();
    new.key_word = "x".repeat(256);
    new.base.ctl_version = Some("v\0".into());
    new.base.roles = vec!["a\0".into()];
    new.result_count = -1;
    new.record_time_stamp = "+010000-01-01T00:00:00Z".parse().unwrap();
    let found = new.violations();
    let found: Vec<String> = found
        .as_slice()
        .iter()
        .map(|violation| format!("{} {}", violation.path(), violation.rule()))
        .collect();
    assert_eq!(
        found,
        [
            "CtlVersion nul_character",
            "Roles nul_character",
            "KeyWord too_long",
            "RecordTimeStamp out_of_range",
            "ResultCount negative",
        ]
    );
}

/// Computed values are a rule of the entity: a log that was changed after its creation is refused.
#[test]
fn a_run_time_is_that_of_its_moments() {
    let id = ActivityId::new("a").unwrap();
    let mut log = image().into_log_with_id(id).unwrap();
    assert_eq!(
        log.run_time_ms,
        log.record_time_stamp.timestamp_millis() - log.start_time_stamp.timestamp_millis()
    );
    log.run_time_ms += 1;
    let found = log.validate().unwrap_err();
    let found = &found.violations()[0];
    assert_eq!(
        (found.path(), found.rule()),
        ("run_time_ms", "not_computed")
    );
    log.run_time_ms -= 1;
    log.task_kind = ImageTaskKind::MyModel;
    assert_ne!(log.task_kind, log.parameter_info.kind);
    let found = log.validate().unwrap_err();
    let found = &found.violations()[0];
    assert_eq!((found.path(), found.rule()), ("task_kind", "not_computed"));
}

/// A new log is checked by the rules of the log that it becomes, before it has an id and when it gets one.
#[test]
fn new_logs_have_the_rules_of_logs() {
    let mut new = order();
    new.pay_user_id.clear();
    new.payable_amount = dec("-1");
    let ids = ActivityIdGenerator::system();
    let refused = new.clone().into_log(&ids).unwrap_err();
    assert_eq!(refused.violations(), new.violations().as_slice());
    let same = new.clone().with_id(ids.generate());
    assert_eq!(refused.violations(), same.violations().as_slice());
    assert_eq!(refused.violations().len(), 4);
}

#[test]
fn a_log_has_an_id() {
    let text = r#"{"ID":"","RecordTimeStamp":1750000000000}"#;
    let log: WaresBrowseLog = serde_json::from_str(text).unwrap();
    assert_eq!(log.violations().as_slice()[0].path(), "ID");
    for text in ["", "ends ", "a\tb", &"x".repeat(65)] {
        assert!(ActivityId::new(text).is_err(), "{text:?}");
    }
    assert!(ActivityId::new("from elsewhere / 42 é").is_ok());
}

/// Each kind of log defines whether it needs a user; the sparse fixtures have none.
#[test]
fn which_logs_require_a_user() {
    fn check<L: Activity>(needed: bool) {
        assert_eq!(L::NEEDS_USER, needed, "{}", L::TABLE.name);
        let log: L = serde_json::from_str(&read(&file::<L>("_sparse"))).unwrap();
        assert_eq!(log.base().user_id, None);
        let found = log.violations();
        let mut found = found.as_slice().iter();
        let missing = found.any(|violation| violation.path() == "UserId");
        assert_eq!(missing, needed, "{}", L::TABLE.name);
    }
    check::<GenerateImageLog>(true);
    check::<MerchantClueLog>(false);
    check::<MerchantSettleLog>(true);
    check::<ModelOperateLog>(true);
    check::<ModelUseLog>(true);
    check::<OrderLog>(true);
    check::<PlatformAmountLog>(false);
    check::<SearchLog>(false);
    check::<TelepathyLog>(true);
    check::<UserActivateLog>(true);
    check::<UserLoginLog>(true);
    check::<WalletLog>(true);
    check::<WaresBrowseLog>(false);
    check::<WaresCollectionLog>(true);
}

#[test]
fn an_activation_comes_from_an_address() {
    let text = r#"{"ID":"a","UserId":"u","Ip":"192.0.2.256","RecordTimeStamp":1750000000000}"#;
    let log: UserActivateLog = serde_json::from_str(text).unwrap();
    assert_eq!(log.violations().as_slice()[0].rule(), "not_an_ip_address");
}

#[test]
fn partial_is_fewer_than_asked() {
    let id = ActivityId::new("a").unwrap();
    let partial = |count| {
        let mut new = image();
        new.picture_list = pictures(count);
        new.with_id(id.clone()).is_partial()
    };
    assert_eq!([partial(0), partial(1), partial(2)], [true, true, false]);
    let mut failed = image();
    failed.is_success = false;
    failed.picture_list.clear();
    assert!(!failed.with_id(id).is_partial());
}

#[test]
fn a_log_is_built_as_it_will_be_read() {
    let mut new = image();
    new.start_time_stamp = chrono::DateTime::from_timestamp_nanos(1_750_000_000_000_999_999);
    new.record_time_stamp = chrono::DateTime::from_timestamp_nanos(1_750_000_000_001_000_001);
    let log = new.with_id(ActivityId::new("a").unwrap());
    assert_eq!(log.start_time_stamp, at(AT));
    assert_eq!(log.run_time_ms, 1);
}
