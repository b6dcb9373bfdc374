//! The filter of activity logs: conditions for all logs, and conditions on the columns of one kind.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Activity, ActivityLog, BaseInfoColumns, ClientType};
use crate::contract::Filter;
use crate::json::value_free_json;
use crate::setters::setters;
use crate::shows_no_operand::shows_no_operand;

/// Which activity logs are listed: every condition that is set must hold. Those on the columns of one
/// kind of log are joined with [`and`](Self::and).
///
/// The user and the times use the indexes that every log has; the kind of client and the channel are
/// checked for each row that these leave.
///
/// In JSON the members have the names of the fields, and each may be missing; times are unix
/// milliseconds. Conditions that were joined with [`and`](Self::and) are not part of it. `Debug` shows
/// which conditions are set, and not what they compare with.
///
/// ```
/// use genledger::activity::{ActivityFilter, ClientType, SearchLog};
///
/// let filter = ActivityFilter::new()
///     .client_type(ClientType::Ios)
///     .and(SearchLog::KEY_WORD.eq("sofa") | SearchLog::KEY_WORD.eq("couch"));
/// # let _ = filter;
///
/// let filter: ActivityFilter = serde_json::from_str(r#"{"user_id":"u-1","client_type":1}"#)?;
/// assert_eq!(filter.from, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(remote = "Self", default, bound = "")]
#[non_exhaustive]
pub struct ActivityFilter<L = ActivityLog> {
    /// Of this user.
    pub user_id: Option<String>,
    /// At or after this time.
    #[serde(with = "crate::time::optional::unix_millis")]
    pub from: Option<DateTime<Utc>>,
    /// Before this time, which is not included.
    #[serde(with = "crate::time::optional::unix_millis")]
    pub before: Option<DateTime<Utc>>,
    /// From this kind of client.
    pub client_type: Option<ClientType>,
    /// From a client of this channel.
    pub channel: Option<String>,
    /// Further conditions.
    #[serde(skip)]
    pub further: Option<Filter<L>>,
}

value_free_json!(ActivityFilter<L>);

shows_no_operand!(ActivityFilter<L> {
    user_id,
    from,
    before,
    client_type,
    channel,
    further,
});

impl<L> Clone for ActivityFilter<L> {
    fn clone(&self) -> Self {
        Self {
            user_id: self.user_id.clone(),
            from: self.from,
            before: self.before,
            client_type: self.client_type,
            channel: self.channel.clone(),
            further: self.further.clone(),
        }
    }
}

impl<L> Default for ActivityFilter<L> {
    fn default() -> Self {
        Self {
            user_id: None,
            from: None,
            before: None,
            client_type: None,
            channel: None,
            further: None,
        }
    }
}

impl<L> PartialEq for ActivityFilter<L> {
    fn eq(&self, other: &Self) -> bool {
        let common = |filter: &Self| {
            let (user, channel) = (filter.user_id.clone(), filter.channel.clone());
            (
                user,
                filter.from,
                filter.before,
                filter.client_type,
                channel,
            )
        };
        common(self) == common(other) && self.further == other.further
    }
}

impl<L> ActivityFilter<L> {
    /// All logs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Of this user.
        user_id: text String;
        /// At or after this time.
        from: value DateTime<Utc>;
        /// Before this time, which is not included.
        before: value DateTime<Utc>;
        /// From this kind of client.
        client_type: value ClientType;
        /// From a client of this channel.
        channel: text String;
        /// Also with this condition, on any columns that filters may use.
        and: condition Filter<L>;
    }
}

impl ActivityFilter {
    /// The same conditions on the logs of one kind.
    #[must_use]
    pub fn of<L: Activity>(&self) -> ActivityFilter<L> {
        ActivityFilter {
            user_id: self.user_id.clone(),
            from: self.from,
            before: self.before,
            client_type: self.client_type,
            channel: self.channel.clone(),
            further: None,
        }
    }
}

impl<L: Activity> ActivityFilter<L> {
    /// The condition on the rows, to be joined with others or handed to an aggregate.
    #[must_use]
    pub fn condition(&self) -> Filter<L> {
        let user = self.user_id.as_deref().map(|user| L::USER_ID.eq(user));
        let client = self.client_type.map(|client| L::CLIENT_TYPE.eq(client));
        let channel = self
            .channel
            .as_deref()
            .map(|channel| L::CTL_CHANNEL.eq(channel));
        Filter::all()
            .and_maybe(user)
            .and_maybe(self.from.map(|from| L::OCCURRED_AT.ge(from)))
            .and_maybe(self.before.map(|before| L::OCCURRED_AT.lt(before)))
            .and_maybe(client)
            .and_maybe(channel)
            .and_maybe(self.further.clone())
    }
}
