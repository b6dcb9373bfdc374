//! What the fourteen logs have in common in code.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{BaseInfo, LogKind};
use crate::contract::{Column, Entity, Violations};
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
pub trait Activity: Entity<Key = ActivityId> + Serialize + DeserializeOwned {
    /// What is given to create one.
    type New: NewActivity<Log = Self>;

    /// Which log it is.
    const KIND: LogKind;

    /// The column of the time at which it happened.
    const OCCURRED_AT: Column<Self, DateTime<Utc>>;

    /// Its id.
    fn id(&self) -> &ActivityId;

    /// The common part.
    fn base(&self) -> &BaseInfo;

    /// When it happened.
    fn occurred_at(&self) -> DateTime<Utc>;
}

/// What is given to create a log.
pub trait NewActivity: Validate + Send + Sync {
    /// The log.
    type Log: Activity;

    /// The log under an id. No rule is checked here.
    fn with_id(self, id: ActivityId) -> Self::Log;

    /// What is allowed but likely a mistake.
    fn warnings(&self) -> Violations {
        Violations::new()
    }
}

/// Makes a struct one of the logs: `activity!(SearchLog, NewSearchLog, Search, record_time_stamp)`.
macro_rules! activity {
    ($log:ident, $new:ident, $kind:ident, $time:ident) => {
        impl $crate::activity::Activity for $log {
            type New = $new;

            const KIND: $crate::activity::LogKind = $crate::activity::LogKind::$kind;
            const OCCURRED_AT: $crate::contract::Column<Self, chrono::DateTime<chrono::Utc>> =
                $crate::contract::Column::named(stringify!($time));

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
    };
}

pub(super) use activity;
