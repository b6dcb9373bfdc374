//! The entity `PlatformAmountLog`: its columns and rules.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Activity, BaseInfo, FlowType, rules};
use crate::contract::json::{decimal, millis};
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// Money of the platform flowed.
///
/// Income of the platform is an expense of a user; the two are not netted.
///
/// ```
/// use genledger::activity::{FlowType, PlatformAmountLog};
///
/// let json = r#"{"ID":"a-1","FlowType":1,"Amount":"12.50","TradeType":"vip",
///     "RecordTimeStamp":1750000000000}"#;
/// let log: PlatformAmountLog = serde_json::from_str(json)?;
/// assert_eq!(log.flow_type, FlowType::Income);
/// assert!(serde_json::to_string(&log)?.contains(r#""Amount":12.5,"#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "platform_amount_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = PlatformAmount, time = record_time_stamp)]
pub struct PlatformAmountLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// Which way.
    #[column(filter)]
    pub flow_type: FlowType,
    /// How much, in CNY, at most 6 digits after the point.
    #[json(with = decimal)]
    pub amount: Decimal,
    /// What for; an open set of words.
    #[column(max_chars = 64, filter)]
    pub trade_type: String,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

/// Beside the [rules of every log](super#rules):
///
/// | rule | where |
/// |---|---|
/// | `negative` | `Amount` |
impl Validate for PlatformAmountLog {
    fn violations(&self) -> Violations {
        let mut found = rules::common(self);
        rules::not_negative(&mut found, Self::AMOUNT, self.amount);
        found
    }
}
