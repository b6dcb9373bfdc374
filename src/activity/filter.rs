//! Which logs: the conditions that every log offers.

use chrono::{DateTime, Utc};

use super::{Activity, BaseInfoColumns, ClientType};
use crate::contract::Filter;
use crate::shows_no_operand::shows_no_operand;

/// Conditions on the common part and the time. All that are given must hold; conditions on a log's
/// own columns are joined with [`Filter::and`].
///
/// `Debug` shows which conditions are set, and not what they compare with.
///
/// ```
/// use genledger::activity::{ActivityFilter, ClientType};
///
/// let filter = ActivityFilter { client_type: Some(ClientType::Ios), ..ActivityFilter::default() };
/// # let _ = filter;
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct ActivityFilter {
    /// Of this user.
    pub user_id: Option<String>,
    /// At or after this moment.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub until: Option<DateTime<Utc>>,
    /// From this kind of client.
    pub client_type: Option<ClientType>,
    /// From a client of this channel.
    pub channel: Option<String>,
}

shows_no_operand!(ActivityFilter {
    user_id,
    from,
    until,
    client_type,
    channel,
});

impl ActivityFilter {
    /// The condition for one log.
    #[must_use]
    pub fn of<L: Activity>(&self) -> Filter<L> {
        let user = self.user_id.as_deref().map(|user| L::USER_ID.eq(user));
        let client = self.client_type.map(|client| L::CLIENT_TYPE.eq(client));
        let channel = self
            .channel
            .as_deref()
            .map(|channel| L::CTL_CHANNEL.eq(channel));
        Filter::all()
            .and_maybe(user)
            .and_maybe(self.from.map(|from| L::OCCURRED_AT.ge(from)))
            .and_maybe(self.until.map(|until| L::OCCURRED_AT.lt(until)))
            .and_maybe(client)
            .and_maybe(channel)
    }
}
