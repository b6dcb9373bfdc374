//! A merchant settled on the platform.

use chrono::{DateTime, Utc};

use super::BaseInfo;
use super::log::activity;
use crate::contract::{Entity, Json, New, Violations, json::millis};
use crate::id::ActivityId;

/// A merchant settled on the platform.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "merchant_settle_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc)
)]
pub struct MerchantSettleLog {
    /// The id, made by the client.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,

    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

activity!(MerchantSettleLog, NewMerchantSettleLog, MerchantSettle, record_time_stamp, needs_user: true);

impl NewMerchantSettleLog {
    #[expect(clippy::unused_self, reason = "this log has no rules of its own")]
    const fn check(&self, _found: &mut Violations) {}
}
