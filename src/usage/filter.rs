//! The filter of usage logs, for administrators.

mod user;

use chrono::{DateTime, Utc};
use genledger_contract::Filter;
use genledger_contract::query::TextMatch;
use serde::{Deserialize, Serialize};

use super::{UsageLog, UsageLogType};
use crate::json::value_free_json;
use crate::setters::setters;
use crate::shows_no_operand::shows_no_operand;
use crate::time::optional;

pub use user::UserUsageLogFilter;

/// A filter of usage logs for administrators: every condition that is set must hold.
///
/// Texts are searched for exactly, by their beginning or by what they contain; no character is a
/// wildcard. A plain text means exactly that text.
///
/// | conditions | cost |
/// |---|---|
/// | one of user, model, channel, token, request | reads the rows that it selects, through an index |
/// | `from`, `before` alone | reads the rows of that time, through an index |
/// | everything else: kind, names of users and tokens, group, free text, `keyword`, most of [`and`](Self::and) | is checked for each row that the conditions above leave |
///
/// In JSON the members have the names of the fields, and each may be missing; times are unix seconds.
/// Other members are ignored, since the query of a URL has further parameters (those of
/// [`Paging`](crate::paging::Paging), for example): a misspelt member selects nothing and excludes nothing.
/// Conditions that were joined with [`and`](Self::and) are not part of it. `Debug` shows which conditions
/// are set, and not what they compare with.
///
/// ```
/// use genledger::contract::query::TextMatch;
/// use genledger::usage::{UsageLog, UsageLogFilter, UsageLogType};
///
/// let filter = UsageLogFilter::new()
///     .kind(UsageLogType::Consume)
///     .from("2025-06-01T00:00:00Z".parse()?)
///     .before("2025-07-01T00:00:00Z".parse()?)
///     .model_name(TextMatch::Prefix("gpt-4".into()))
///     .username("ada")
///     // Any other condition, also with OR:
///     .and(UsageLog::QUOTA.ge(10_000) | UsageLog::USE_TIME.ge(60));
/// # let _ = filter;
///
/// let filter: UsageLogFilter = serde_json::from_str(
///     r#"{"type":2,"from":1748736000,"model_name":{"prefix":"gpt-4"},"username":"ada"}"#,
/// )?;
/// assert_eq!(filter.user_id, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", default)]
#[non_exhaustive]
pub struct UsageLogFilter {
    /// The kind; none, or [`UsageLogType::Unknown`], for all kinds.
    #[serde(rename = "type")]
    pub kind: Option<UsageLogType>,
    /// At or after this time.
    #[serde(with = "optional::unix_seconds")]
    pub from: Option<DateTime<Utc>>,
    /// Before this time, which is not included.
    #[serde(with = "optional::unix_seconds")]
    pub before: Option<DateTime<Utc>>,
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
    #[serde(rename = "channel")]
    pub channel_id: Option<i64>,
    /// The group that was used.
    pub group: Option<TextMatch>,
    /// The request.
    pub request_id: Option<String>,
    /// The free text.
    pub content: Option<TextMatch>,
    /// A text that the free text, the model, the user's name, the token's name or the group contains.
    pub keyword: Option<String>,
    /// Further conditions.
    #[serde(skip)]
    pub further: Option<Filter<UsageLog>>,
}

value_free_json!(UsageLogFilter);

shows_no_operand!(UsageLogFilter {
    kind,
    from,
    before,
    user_id,
    model_name,
    username,
    token_name,
    token_id,
    channel_id,
    group,
    request_id,
    content,
    keyword,
    further,
});

impl UsageLogFilter {
    /// All logs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Of this kind; [`UsageLogType::Unknown`] means all kinds.
        kind: value UsageLogType;
        /// At or after this time.
        from: value DateTime<Utc>;
        /// Before this time, which is not included.
        before: value DateTime<Utc>;
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
        /// With this in the free text, the model, the user's name, the token's name or the group.
        keyword: text String;
        /// Also with this condition, on any columns that filters may use.
        and: condition Filter<UsageLog>;
    }

    /// The condition on the rows, to be joined with others or handed to an aggregate.
    #[must_use]
    pub fn condition(&self) -> Filter<UsageLog> {
        let kind = self.kind.filter(|kind| *kind != UsageLogType::Unknown);
        let text = |text: &Option<TextMatch>, condition: fn(&TextMatch) -> Filter<UsageLog>| {
            text.as_ref().map(condition)
        };
        let request = self.request_id.as_deref();
        let keyword = self.keyword.as_deref();
        Filter::all()
            .and_maybe(self.from.map(|time| UsageLog::CREATED_AT.ge(time)))
            .and_maybe(self.before.map(|time| UsageLog::CREATED_AT.lt(time)))
            .and_maybe(kind.map(|kind| UsageLog::KIND.eq(kind)))
            .and_maybe(self.user_id.map(|id| UsageLog::USER_ID.eq(id)))
            .and_maybe(self.token_id.map(|id| UsageLog::TOKEN_ID.eq(id)))
            .and_maybe(self.channel_id.map(|id| UsageLog::CHANNEL_ID.eq(id)))
            .and_maybe(request.map(|id| UsageLog::REQUEST_ID.eq(id)))
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
            .and_maybe(keyword.map(|part| users_keyword(part) | UsageLog::USERNAME.contains(part)))
            .and_maybe(self.further.clone())
    }
}

/// A keyword in the texts that a user sees of a log.
fn users_keyword(part: &str) -> Filter<UsageLog> {
    UsageLog::CONTENT.contains(part)
        | UsageLog::MODEL_NAME.contains(part)
        | UsageLog::TOKEN_NAME.contains(part)
        | UsageLog::GROUP.contains(part)
}
