//! A ware was put among the favourites.

use chrono::{DateTime, Utc};

use super::log::activity;
use super::{BaseInfo, rules};
use crate::contract::{Entity, Json, New, Violations, json::millis};
use crate::id::ActivityId;

/// A ware was put among the favourites.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "wares_collection_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc),
    index(store_id, record_time_stamp desc, id desc)
)]
pub struct WaresCollectionLog {
    /// The id, made by the client.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// The store.
    #[column(max_chars = 64)]
    pub store_id: String,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

activity!(WaresCollectionLog, NewWaresCollectionLog, WaresCollection, record_time_stamp, needs_user: true);

impl NewWaresCollectionLog {
    fn check(&self, found: &mut Violations) {
        rules::present(found, "store_id", &self.store_id);
    }
}
