//! What the fourteen logs have in common in code.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{BaseInfo, LogKind};
use crate::contract::{Column, Embeds, Entity, JsonRecord};
use crate::id::ActivityId;
use crate::validate::Validate;

/// Writes the implementations for a log, whose rules are an implementation of [`Validate`].
pub(crate) use genledger_derive::Activity;

/// One of the fourteen logs. Its rules hold for what is written; a log that was read may break
/// them, which [`violations`](Validate::violations) tells.
///
/// ```
/// use genledger::activity::{Activity, LogKind, SearchLog};
/// use genledger::contract::Entity;
///
/// assert_eq!(SearchLog::KIND, LogKind::Search);
/// assert_eq!(SearchLog::TABLE.name, "search_logs");
/// ```
pub trait Activity:
    Entity<Key = ActivityId> + Embeds<BaseInfo> + JsonRecord + Serialize + DeserializeOwned + Validate
{
    /// What is given to create one.
    type New: NewActivity<Log = Self>;

    /// Which log it is.
    const KIND: LogKind;

    /// Whether the log makes no sense without a user.
    const NEEDS_USER: bool;

    /// The column of the id.
    const ID: Column<Self, ActivityId>;

    /// The column of the time at which it happened.
    const OCCURRED_AT: Column<Self, DateTime<Utc>>;

    /// Its id.
    fn id(&self) -> &ActivityId;

    /// The common part.
    fn base(&self) -> &BaseInfo;

    /// When it happened.
    fn occurred_at(&self) -> DateTime<Utc>;
}

/// What is given to create a log. Its rules are those of the log that it becomes.
///
/// ```
/// use genledger::activity::{BaseInfo, NewActivity, NewUserLoginLog};
/// use genledger::validate::Validate;
///
/// let login = NewUserLoginLog {
///     base: BaseInfo::default(),
///     ip: None,
///     offline_time_stamp: None,
///     login_time_stamp: chrono::DateTime::from_timestamp_millis(1_750_000_000_000).unwrap(),
/// };
/// assert_eq!(login.violations().as_slice()[0].path(), "user_id");
/// assert!(login.warnings().is_empty());
/// ```
pub trait NewActivity: Validate + Clone + Send + Sync {
    /// The log.
    type Log: Activity;

    /// The log under an id. No rule is checked here; times are cut to milliseconds.
    fn with_id(self, id: ActivityId) -> Self::Log;

    /// The log as it would be, under an id that stands for any.
    #[doc(hidden)]
    fn as_log(&self) -> Self::Log {
        self.clone().with_id(ActivityId::any())
    }
}
