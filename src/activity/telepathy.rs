//! The entity `TelepathyLog`: its columns and rules.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Activity, BaseInfo, TelepathyFlowType, rules};
use crate::contract::json::{decimal, millis};
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// Compute points of a user flowed.
///
/// Inspiration value and computing power are one asset: compute points.
///
/// ```
/// use genledger::activity::{Directed, FlowDirection, TelepathyLog};
///
/// let json = r#"{"ID":"a-1","UserId":"u-1","TelepathyTradeFlowType":1,"TradeItem":"image",
///     "TradeAmount":2,"RemainAmount":"97.5","RecordTimeStamp":1750000000000}"#;
/// let log: TelepathyLog = serde_json::from_str(json)?;
/// assert_eq!(log.telepathy_trade_flow_type.direction(), Some(FlowDirection::Expense));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "telepathy_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = Telepathy, time = record_time_stamp, needs_user)]
pub struct TelepathyLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// Which way.
    #[column(filter)]
    pub telepathy_trade_flow_type: TelepathyFlowType,
    /// What for; an open set of words.
    #[column(max_chars = 128, filter)]
    pub trade_item: String,
    /// How much, in compute points, at most 6 digits after the point.
    #[json(with = decimal)]
    pub trade_amount: Decimal,
    /// What remains afterwards, in compute points.
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
impl Validate for TelepathyLog {
    fn violations(&self) -> Violations {
        let mut found = rules::common(self);
        rules::not_negative(&mut found, Self::TRADE_AMOUNT, self.trade_amount);
        rules::not_negative(&mut found, Self::REMAIN_AMOUNT, self.remain_amount);
        found
    }
}
