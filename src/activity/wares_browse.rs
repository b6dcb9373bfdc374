//! A ware was looked at, possibly anonymously.

use chrono::{DateTime, Utc};

use super::BaseInfo;
use super::log::activity;
use crate::contract::{Entity, Json, New, Violations, json::millis};
use crate::id::ActivityId;

/// A ware was looked at, possibly anonymously.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "wares_browse_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc),
    index(temporary_code, record_time_stamp)
)]
pub struct WaresBrowseLog {
    /// The id, made by the client.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// Ties the look to the search that it came from.
    #[column(max_chars = 64)]
    pub temporary_code: Option<String>,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

activity!(WaresBrowseLog, NewWaresBrowseLog, WaresBrowse, record_time_stamp, needs_user: false);

impl NewWaresBrowseLog {
    #[expect(clippy::unused_self, reason = "this log has no rules of its own")]
    const fn check(&self, _found: &mut Violations) {}
}
