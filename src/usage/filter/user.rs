//! The filter of usage logs, for users.

use chrono::{DateTime, Utc};
use genledger_contract::Filter;
use genledger_contract::query::TextMatch;
use serde::{Deserialize, Serialize};

use super::{UsageLogFilter, users_keyword};
use crate::json::value_free_json;
use crate::setters::setters;
use crate::shows_no_operand::shows_no_operand;
use crate::time::optional;
use crate::usage::{UsageLog, UsageLogType};

/// A filter of a user's own usage logs: the conditions of [`UsageLogFilter`] without the user's name
/// and the channel, which users neither choose nor see.
///
/// JSON and `Debug` are those of [`UsageLogFilter`].
///
/// ```
/// use genledger::usage::{UsageLogType, UserUsageLogFilter};
///
/// let refunds = UserUsageLogFilter::new().kind(UsageLogType::Refund).token_name("ci");
/// # let _ = refunds;
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", default)]
#[non_exhaustive]
pub struct UserUsageLogFilter {
    /// The kind; none, or [`UsageLogType::Unknown`], for all kinds.
    #[serde(rename = "type")]
    pub kind: Option<UsageLogType>,
    /// At or after this time.
    #[serde(with = "optional::unix_seconds")]
    pub from: Option<DateTime<Utc>>,
    /// Before this time, which is not included.
    #[serde(with = "optional::unix_seconds")]
    pub before: Option<DateTime<Utc>>,
    /// The model.
    pub model_name: Option<TextMatch>,
    /// The token's name at the time of writing.
    pub token_name: Option<TextMatch>,
    /// The token.
    pub token_id: Option<i64>,
    /// The group that was used.
    pub group: Option<TextMatch>,
    /// The request.
    pub request_id: Option<String>,
    /// The free text.
    pub content: Option<TextMatch>,
    /// A text that the free text, the model, the token's name or the group contains.
    pub keyword: Option<String>,
    /// Further conditions.
    #[serde(skip)]
    pub further: Option<Filter<UsageLog>>,
}

value_free_json!(UserUsageLogFilter);

shows_no_operand!(UserUsageLogFilter {
    kind,
    from,
    before,
    model_name,
    token_name,
    token_id,
    group,
    request_id,
    content,
    keyword,
    further,
});

impl UserUsageLogFilter {
    /// All of the user's logs.
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
        /// Of this model.
        model_name: text TextMatch;
        /// Of the token with this name.
        token_name: text TextMatch;
        /// Of this token.
        token_id: value i64;
        /// Of this group.
        group: text TextMatch;
        /// Of this request.
        request_id: text String;
        /// With this in the free text.
        content: text TextMatch;
        /// With this in the free text, the model, the token's name or the group.
        keyword: text String;
        /// Also with this condition, which the service sets and not the user: it may use columns that
        /// users do not see.
        and: condition Filter<UsageLog>;
    }

    /// The condition on the rows: always of this user only.
    #[must_use]
    pub fn condition(&self, user_id: i64) -> Filter<UsageLog> {
        self.of_user(user_id).condition()
    }

    /// The same conditions on the logs of one user.
    pub(in crate::usage) fn of_user(&self, user_id: i64) -> UsageLogFilter {
        let filter = UsageLogFilter {
            kind: self.kind,
            from: self.from,
            before: self.before,
            user_id: Some(user_id),
            model_name: self.model_name.clone(),
            username: None,
            token_name: self.token_name.clone(),
            token_id: self.token_id,
            channel_id: None,
            group: self.group.clone(),
            request_id: self.request_id.clone(),
            content: self.content.clone(),
            keyword: None,
            further: self.further.clone(),
        };
        match &self.keyword {
            Some(part) => filter.and(users_keyword(part)),
            None => filter,
        }
    }
}
