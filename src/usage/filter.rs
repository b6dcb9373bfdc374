//! Which usage logs are listed.

mod setters;
mod user;

use chrono::{DateTime, Utc};
use genledger_contract::{Filter, TextMatch};

use super::{LogType, UsageLog};
use crate::shows_no_operand::shows_no_operand;

pub(super) use setters::setters;
pub use user::UserUsageLogFilter;

/// Which logs an administrator lists: every condition that is set must hold.
///
/// Texts are searched for exactly, by their beginning or by what they contain; no character is a
/// wildcard. A plain text means exactly that text.
///
/// One of the user, the model, the channel, the token or the request picks the index; the others,
/// names of users and tokens among them, are checked row by row, and so is everything that is
/// searched for by what it contains.
///
/// `Debug` shows which conditions are set, and not what they compare with.
///
/// ```
/// use genledger::contract::TextMatch;
/// use genledger::usage::{LogType, UsageLogFilter};
///
/// let filter = UsageLogFilter::new()
///     .kind(LogType::Consume)
///     .from("2025-06-01T00:00:00Z".parse()?)
///     .until("2025-06-30T23:59:59Z".parse()?)
///     .model_name(TextMatch::Prefix("gpt-4".into()))
///     .username("ada");
/// # let _ = filter;
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsageLogFilter {
    /// The kind; none, or [`LogType::Unknown`], for all kinds.
    pub kind: Option<LogType>,
    /// Not before this time.
    pub from: Option<DateTime<Utc>>,
    /// Not after this time, which is included.
    pub until: Option<DateTime<Utc>>,
    /// The user.
    pub user_id: Option<i64>,
    /// The model.
    pub model_name: Option<TextMatch>,
    /// The user's name at the time of writing.
    pub username: Option<TextMatch>,
    /// The token's name at the time of writing.
    pub token_name: Option<TextMatch>,
    /// The token.
    pub token_id: Option<i64>,
    /// The channel.
    pub channel_id: Option<i64>,
    /// The group that was used.
    pub group: Option<TextMatch>,
    /// The request.
    pub request_id: Option<String>,
    /// The free text.
    pub content: Option<TextMatch>,
}

shows_no_operand!(UsageLogFilter {
    kind,
    from,
    until,
    user_id,
    model_name,
    username,
    token_name,
    token_id,
    channel_id,
    group,
    request_id,
    content,
});

impl UsageLogFilter {
    /// All logs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Of this kind; [`LogType::Unknown`] means all kinds.
        kind: value LogType;
        /// Not before this time.
        from: value DateTime<Utc>;
        /// Not after this time, which is included.
        until: value DateTime<Utc>;
        /// Of this user.
        user_id: value i64;
        /// Of this model.
        model_name: text TextMatch;
        /// Of the user with this name.
        username: text TextMatch;
        /// Of the token with this name.
        token_name: text TextMatch;
        /// Of this token.
        token_id: value i64;
        /// Of this channel.
        channel_id: value i64;
        /// Of this group.
        group: text TextMatch;
        /// Of this request.
        request_id: text String;
        /// With this in the free text.
        content: text TextMatch;
    }

    /// The condition on the rows, to be joined with others or handed to an aggregate.
    #[must_use]
    pub fn condition(&self) -> Filter<UsageLog> {
        let kind = self.kind.filter(|kind| *kind != LogType::Unknown);
        let text = |text: &Option<TextMatch>, condition: fn(&TextMatch) -> Filter<UsageLog>| {
            text.as_ref().map(condition)
        };
        Filter::all()
            .and_maybe(self.from.map(|time| UsageLog::CREATED_AT.ge(time)))
            .and_maybe(self.until.map(|time| UsageLog::CREATED_AT.le(time)))
            .and_maybe(kind.map(|kind| UsageLog::KIND.eq(kind)))
            .and_maybe(self.user_id.map(|id| UsageLog::USER_ID.eq(id)))
            .and_maybe(self.token_id.map(|id| UsageLog::TOKEN_ID.eq(id)))
            .and_maybe(self.channel_id.map(|id| UsageLog::CHANNEL_ID.eq(id)))
            .and_maybe(
                self.request_id
                    .as_deref()
                    .map(|id| UsageLog::REQUEST_ID.eq(id)),
            )
            .and_maybe(text(&self.model_name, |text| {
                UsageLog::MODEL_NAME.matches(text)
            }))
            .and_maybe(text(&self.username, |text| {
                UsageLog::USERNAME.matches(text)
            }))
            .and_maybe(text(&self.token_name, |text| {
                UsageLog::TOKEN_NAME.matches(text)
            }))
            .and_maybe(text(&self.group, |text| UsageLog::GROUP.matches(text)))
            .and_maybe(text(&self.content, |text| UsageLog::CONTENT.matches(text)))
    }
}
