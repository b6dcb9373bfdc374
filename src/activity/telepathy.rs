//! Compute points of a user flowed.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::log::activity;
use super::{BaseInfo, TelepathyFlowType, rules};
use crate::contract::{Entity, Json, New, Violations, json::decimal, json::millis};
use crate::id::ActivityId;

/// Compute points of a user flowed.
///
/// Inspiration value and computing power are one asset: compute points.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "telepathy_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc)
)]
pub struct TelepathyLog {
    /// The id, made by the client.
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

activity!(TelepathyLog, NewTelepathyLog, Telepathy, record_time_stamp, needs_user: true);

impl NewTelepathyLog {
    fn check(&self, found: &mut Violations) {
        rules::known(
            found,
            "telepathy_trade_flow_type",
            &self.telepathy_trade_flow_type,
        );
        rules::amount(found, "trade_amount", self.trade_amount);
        rules::amount(found, "remain_amount", self.remain_amount);
    }
}
