//! The traits that the fourteen logs implement.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ActivityKind, BaseInfo};
use crate::contract::entity::{Column, Embeds};
use crate::contract::{Entity, JsonRecord, Result};
use crate::id::{ActivityId, ActivityIdGenerator};
use crate::validate::Validate;

/// Writes the implementations for a log, whose rules are an implementation of [`Validate`].
pub(crate) use genledger_derive::Activity;

/// One of the fourteen logs. Its rules are checked when it is written; a log that was read may break
/// them, and [`violations`](Validate::violations) returns which.
///
/// ```
/// use genledger::activity::{Activity, ActivityKind, SearchLog};
/// use genledger::contract::Entity;
///
/// assert_eq!(SearchLog::KIND, ActivityKind::Search);
/// assert_eq!(SearchLog::TABLE.name, "search_logs");
/// ```
pub trait Activity:
    Entity<Key = ActivityId> + Embeds<BaseInfo> + JsonRecord + Serialize + DeserializeOwned + Validate
{
    /// The type from which a new log is created.
    type New: NewActivity<Log = Self>;

    /// Which log it is.
    const KIND: ActivityKind;

    /// Whether the log requires a user.
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

/// A type from which a new log is created. Its rules are those of the log.
///
/// ```
/// use genledger::activity::{BaseInfo, NewActivity, NewUserLoginLog};
/// use genledger::id::ActivityIdGenerator;
///
/// let ids = ActivityIdGenerator::system();
/// let at = "2025-06-15T15:06:40Z".parse()?;
/// let log = NewUserLoginLog::new(BaseInfo::of_user("u-1"), at).ip("192.0.2.7").into_log(&ids)?;
/// assert_eq!(log.login_time_stamp, at);
///
/// let error = NewUserLoginLog::new(BaseInfo::default(), at).into_log(&ids).unwrap_err();
/// assert_eq!(error.violations()[0].rule(), "required");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait NewActivity: Validate + Clone + Send + Sync {
    /// The log.
    type Log: Activity;

    /// The log under an id. No rule is checked here; times are cut to milliseconds.
    fn with_id(self, id: ActivityId) -> Self::Log;

    /// The log with a new id.
    ///
    /// Do this once, before the first attempt to write: writing the same log again is then
    /// recognised, while a second id would make a second log.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with every broken rule.
    fn into_log(self, ids: &ActivityIdGenerator) -> Result<Self::Log> {
        self.into_log_with_id(ids.generate())
    }

    /// The log with a given id, for replays and imports.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with every broken rule.
    fn into_log_with_id(self, id: ActivityId) -> Result<Self::Log> {
        let log = self.with_id(id);
        log.validate()?;
        Ok(log)
    }

    /// The log with a placeholder id, to check its rules.
    #[doc(hidden)]
    fn as_log(&self) -> Self::Log {
        self.clone().with_id(ActivityId::any())
    }
}
