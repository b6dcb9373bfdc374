//! A merchant left a phone number to be called.

use chrono::{DateTime, Utc};

use super::log::activity;
use super::{BaseInfo, rules};
use crate::Redacted;
use crate::contract::{Entity, Json, New, Violations, json::millis};
use crate::id::ActivityId;

/// A merchant left a phone number to be called.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "merchant_clue_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc)
)]
pub struct MerchantClueLog {
    /// The id, made by the client.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// The number: personal data, hidden in `Debug` and logs.
    #[column(max_chars = 32, sensitive)]
    pub phone_number: Redacted,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

activity!(MerchantClueLog, NewMerchantClueLog, MerchantClue, record_time_stamp, needs_user: false);

impl NewMerchantClueLog {
    fn check(&self, found: &mut Violations) {
        rules::present(found, "phone_number", self.phone_number.expose());
    }
}
