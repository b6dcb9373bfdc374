//! Which of their own logs users list.

use chrono::{DateTime, Utc};
use genledger_contract::{Filter, TextMatch};

use super::{UsageLogFilter, setters};
use crate::shows_no_operand::shows_no_operand;
use crate::usage::{LogType, UsageLog};

/// Which of their own logs users list: the conditions of [`UsageLogFilter`] without the user's name
/// and the channel, which users neither choose nor see.
///
/// `Debug` shows which conditions are set, and not what they compare with.
///
/// ```
/// use genledger::usage::{LogType, UserUsageLogFilter};
///
/// let refunds = UserUsageLogFilter::new().kind(LogType::Refund).token_name("ci");
/// # let _ = refunds;
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserUsageLogFilter {
    /// The kind; none, or [`LogType::Unknown`], for all kinds.
    pub kind: Option<LogType>,
    /// Not before this time.
    pub from: Option<DateTime<Utc>>,
    /// Not after this time, which is included.
    pub until: Option<DateTime<Utc>>,
    /// The model.
    pub model_name: Option<TextMatch>,
    /// The token's name at the time of writing.
    pub token_name: Option<TextMatch>,
    /// The group that was used.
    pub group: Option<TextMatch>,
    /// The request.
    pub request_id: Option<String>,
    /// The free text.
    pub content: Option<TextMatch>,
}

shows_no_operand!(UserUsageLogFilter {
    kind,
    from,
    until,
    model_name,
    token_name,
    group,
    request_id,
    content,
});

impl UserUsageLogFilter {
    /// All of the user's logs.
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
        /// Of this model.
        model_name: text TextMatch;
        /// Of the token with this name.
        token_name: text TextMatch;
        /// Of this group.
        group: text TextMatch;
        /// Of this request.
        request_id: text String;
        /// With this in the free text.
        content: text TextMatch;
    }

    /// The condition on the rows: always of this user only.
    #[must_use]
    pub fn condition(&self, user_id: i64) -> Filter<UsageLog> {
        let all = UsageLogFilter {
            kind: self.kind,
            from: self.from,
            until: self.until,
            user_id: Some(user_id),
            model_name: self.model_name.clone(),
            username: None,
            token_name: self.token_name.clone(),
            token_id: None,
            channel_id: None,
            group: self.group.clone(),
            request_id: self.request_id.clone(),
            content: self.content.clone(),
        };
        all.condition()
    }
}
