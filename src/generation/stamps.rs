//! The columns that the library sets in every row of the generation domain.

use chrono::{DateTime, SubsecRound, Utc};
use genledger_contract::json::millis;
use genledger_contract::{Embed, JsonRecord};

/// What the library records about a row: when it was created and changed, and whether it is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Embed, JsonRecord)]
pub struct Stamps {
    /// Whether it is deleted; it then stays in the table as history.
    #[column(filter, default = false)]
    #[json(default)]
    pub is_deleted: bool,
    /// When it was created, in UTC, to the millisecond.
    #[column(filter, time = "datetime3")]
    #[json(with = millis)]
    pub create_time: DateTime<Utc>,
    /// When it was last changed, in UTC, to the millisecond.
    #[column(filter, time = "datetime3")]
    #[json(with = millis)]
    pub update_time: DateTime<Utc>,
    /// By whom it was last changed; at most 50 characters.
    #[column(max_chars = 50)]
    pub update_by: Option<String>,
}

impl Stamps {
    /// Those of a row that is created at a time.
    pub(super) fn created(now: DateTime<Utc>) -> Self {
        // As it is stored, so that it is read as it was written.
        let now = now.trunc_subsecs(3);
        Self {
            is_deleted: false,
            create_time: now,
            update_time: now,
            update_by: None,
        }
    }
}
