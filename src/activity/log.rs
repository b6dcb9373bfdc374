//! What the fourteen logs have in common in code.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{BaseInfo, LogKind};
use crate::contract::{Column, Embeds, Entity, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// One of the fourteen logs.
///
/// ```
/// use genledger::activity::{Activity, LogKind, SearchLog};
/// use genledger::contract::Entity;
///
/// assert_eq!(SearchLog::KIND, LogKind::Search);
/// assert_eq!(SearchLog::TABLE.name, "search_logs");
/// ```
pub trait Activity:
    Entity<Key = ActivityId> + Embeds<BaseInfo> + Serialize + DeserializeOwned
{
    /// What is given to create one.
    type New: NewActivity<Log = Self>;

    /// Which log it is.
    const KIND: LogKind;

    /// The column of the time at which it happened.
    const OCCURRED_AT: Column<Self, DateTime<Utc>>;

    /// The column of the id.
    const ID: Column<Self, ActivityId>;

    /// Its id.
    fn id(&self) -> &ActivityId;

    /// The common part.
    fn base(&self) -> &BaseInfo;

    /// When it happened.
    fn occurred_at(&self) -> DateTime<Utc>;
}

/// What is given to create a log.
pub trait NewActivity: Validate + Clone + Send + Sync {
    /// The log.
    type Log: Activity;

    /// Whether the log makes no sense without a user.
    const NEEDS_USER: bool;

    /// The log under an id. No rule is checked here.
    fn with_id(self, id: ActivityId) -> Self::Log;

    /// What is allowed but likely a mistake.
    fn warnings(&self) -> Violations {
        Violations::new()
    }
}

/// Makes a struct one of the logs:
/// `activity!(SearchLog, NewSearchLog, Search, record_time_stamp, needs_user: false)`. The new
/// struct has a method `check(&self, &mut Violations)` with the rules of its own, and may have a
/// method that `warnings:` names.
macro_rules! activity {
    ($log:ident, $new:ident, $kind:ident, $time:ident, needs_user: $needs_user:literal $(, warnings: $warnings:ident)?) => {
        impl $crate::activity::Activity for $log {
            type New = $new;

            const KIND: $crate::activity::LogKind = $crate::activity::LogKind::$kind;
            const OCCURRED_AT: $crate::contract::Column<Self, chrono::DateTime<chrono::Utc>> =
                $crate::contract::Column::named(stringify!($time));
            const ID: $crate::contract::Column<Self, $crate::id::ActivityId> =
                $crate::contract::Column::named("id");

            fn id(&self) -> &$crate::id::ActivityId {
                &self.id
            }

            fn base(&self) -> &$crate::activity::BaseInfo {
                &self.base
            }

            fn occurred_at(&self) -> chrono::DateTime<chrono::Utc> {
                self.$time
            }
        }

        impl $crate::validate::Validate for $new {
            fn violations(&self) -> $crate::contract::Violations {
                let mut found = $crate::activity::rules::base(&self.base, $needs_user);
                $crate::activity::rules::moment(&mut found, stringify!($time), self.$time);
                self.check(&mut found);
                found
            }
        }

        impl $crate::activity::NewActivity for $new {
            type Log = $log;

            const NEEDS_USER: bool = $needs_user;

            fn with_id(self, id: $crate::id::ActivityId) -> $log {
                self.into_entity(id)
            }

            $(fn warnings(&self) -> $crate::contract::Violations {
                self.$warnings()
            })?
        }
    };
}

pub(super) use activity;
