//! Money of the platform flowed.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::log::activity;
use super::{BaseInfo, FlowType, rules};
use crate::contract::{Entity, Json, New, Violations, json::decimal, json::millis};
use crate::id::ActivityId;

/// Money of the platform flowed.
///
/// Income of the platform is an expense of a user; the two are not netted.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "platform_amount_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc)
)]
pub struct PlatformAmountLog {
    /// The id, made by the client.
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

activity!(PlatformAmountLog, NewPlatformAmountLog, PlatformAmount, record_time_stamp, needs_user: false);

impl NewPlatformAmountLog {
    fn check(&self, found: &mut Violations) {
        rules::known(found, "flow_type", &self.flow_type);
        rules::amount(found, "amount", self.amount);
    }
}
