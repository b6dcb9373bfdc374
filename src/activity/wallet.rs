//! The entity `WalletLog`: its columns and rules.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Activity, BaseInfo, WalletTradeType, rules};
use crate::contract::json::{decimal, millis};
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// Money of a wallet flowed.
///
/// ```
/// use genledger::activity::{Directed, FlowDirection, WalletLog};
///
/// let json = r#"{"ID":"a-1","UserId":"u-1","TradeType":1,"TradeItem":"image",
///     "TradeAmount":2,"RemainAmount":"97.5","RecordTimeStamp":1750000000000}"#;
/// let log: WalletLog = serde_json::from_str(json)?;
/// assert_eq!(log.trade_type.direction(), Some(FlowDirection::Expense));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "wallet_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = Wallet, time = record_time_stamp, needs_user)]
pub struct WalletLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// Which way. The platform gives no codes: those here are an assumption.
    #[column(filter)]
    pub trade_type: WalletTradeType,
    /// What for; an open set of words.
    #[column(max_chars = 128, filter)]
    pub trade_item: String,
    /// How much, in CNY, at most 6 digits after the point.
    #[json(with = decimal)]
    pub trade_amount: Decimal,
    /// What remains afterwards, in CNY.
    #[json(with = decimal)]
    pub remain_amount: Decimal,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

/// Beside the [rules of every log](super#rules):
///
/// | rule | where |
/// |---|---|
/// | `negative` | `TradeAmount`, `RemainAmount` |
impl Validate for WalletLog {
    fn violations(&self) -> Violations {
        let mut found = rules::common(self);
        rules::not_negative(&mut found, Self::TRADE_AMOUNT, self.trade_amount);
        rules::not_negative(&mut found, Self::REMAIN_AMOUNT, self.remain_amount);
        found
    }
}
