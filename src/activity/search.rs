//! Something was searched for, possibly anonymously.

use chrono::{DateTime, Utc};

use super::log::activity;
use super::{BaseInfo, rules};
use crate::contract::{Entity, Json, New, Violations, json::millis};
use crate::id::ActivityId;

/// Something was searched for, possibly anonymously.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "search_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc),
    index(temporary_code, record_time_stamp)
)]
pub struct SearchLog {
    /// The id, made by the client.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// The keyword.
    #[column(max_chars = 255, filter)]
    pub key_word: String,
    /// Ties the search to the wares that are browsed from its results.
    #[column(max_chars = 64)]
    pub temporary_code: Option<String>,
    /// How many results were shown.
    pub result_count: i64,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

activity!(SearchLog, NewSearchLog, Search, record_time_stamp, needs_user: false);

impl NewSearchLog {
    fn check(&self, found: &mut Violations) {
        rules::present(found, "key_word", &self.key_word);
        found.check(
            self.result_count < 0,
            "result_count",
            "negative",
            "must not be negative",
        );
    }
}
