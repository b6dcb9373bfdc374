//! What a caller creates: a usage log that has no id yet.

mod rules;

use chrono::{DateTime, SubsecRound, Utc};
use genledger_contract::Result;

use super::{ClientIp, LogType, Other, UsageLog};
use crate::id::{LogId, LogIdGenerator};
use crate::validate::Validate;

/// A usage log that is about to be written.
///
/// Everything but the kind and the user is optional. The rules are those of the fields of
/// [`UsageLog`]; [`validate`](Validate::validate) reports every one that is broken, and
/// [`into_log`](Self::into_log) makes the row, whose id and time never change from then on.
///
/// ```
/// use genledger::id::{LogIdGenerator, NodeId};
/// use genledger::usage::{LogType, NewUsageLog, Other};
///
/// let ids = LogIdGenerator::system(NodeId::ZERO);
/// let log = NewUsageLog::new(LogType::Consume, 42)
///     .username("ada")
///     .token(7, "ci")
///     .model_name("gpt-4o")
///     .tokens(120, 35)
///     .quota(900)
///     .other(Other::new().with(Other::MODEL_RATIO, 1.25))
///     .into_log(&ids)?;
/// assert_eq!(log.prompt_tokens, 120);
///
/// let broken = NewUsageLog::new(LogType::Unknown, 42).tokens(-1, -1);
/// let error = broken.into_log(&ids).unwrap_err();
/// assert_eq!(error.violations().len(), 3);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewUsageLog {
    /// See [`UsageLog::kind`].
    pub kind: LogType,
    /// See [`UsageLog::user_id`].
    pub user_id: i64,
    /// When it happened; the generator's clock when there is none.
    pub created_at: Option<DateTime<Utc>>,
    /// See [`UsageLog::content`].
    pub content: String,
    /// See [`UsageLog::username`].
    pub username: String,
    /// See [`UsageLog::token_name`].
    pub token_name: String,
    /// See [`UsageLog::model_name`].
    pub model_name: String,
    /// See [`UsageLog::quota`].
    pub quota: i64,
    /// See [`UsageLog::prompt_tokens`].
    pub prompt_tokens: i64,
    /// See [`UsageLog::completion_tokens`].
    pub completion_tokens: i64,
    /// See [`UsageLog::use_time`].
    pub use_time: i32,
    /// See [`UsageLog::is_stream`].
    pub is_stream: bool,
    /// See [`UsageLog::channel_id`].
    pub channel_id: i64,
    /// See [`UsageLog::token_id`].
    pub token_id: i64,
    /// See [`UsageLog::group`].
    pub group: String,
    /// See [`UsageLog::ip`].
    pub ip: Option<ClientIp>,
    /// See [`UsageLog::request_id`].
    pub request_id: Option<String>,
    /// See [`UsageLog::other`].
    pub other: Other,
}

impl NewUsageLog {
    /// A log of this kind for this user; numbers are 0 and texts empty.
    #[must_use]
    pub fn new(kind: LogType, user_id: i64) -> Self {
        Self {
            kind,
            user_id,
            created_at: None,
            content: String::new(),
            username: String::new(),
            token_name: String::new(),
            model_name: String::new(),
            quota: 0,
            prompt_tokens: 0,
            completion_tokens: 0,
            use_time: 0,
            is_stream: false,
            channel_id: 0,
            token_id: 0,
            group: String::new(),
            ip: None,
            request_id: None,
            other: Other::new(),
        }
    }

    /// When it happened; kept to the second.
    #[must_use]
    pub const fn created_at(mut self, time: DateTime<Utc>) -> Self {
        self.created_at = Some(time);
        self
    }

    /// Free text for people.
    #[must_use]
    pub fn content(mut self, text: impl Into<String>) -> Self {
        self.content = text.into();
        self
    }

    /// The user's name, at most 255 characters.
    #[must_use]
    pub fn username(mut self, name: impl Into<String>) -> Self {
        self.username = name.into();
        self
    }

    /// The token that was used, and its name of at most 255 characters.
    #[must_use]
    pub fn token(mut self, id: i64, name: impl Into<String>) -> Self {
        self.token_id = id;
        self.token_name = name.into();
        self
    }

    /// The model that was asked for, at most 255 characters.
    #[must_use]
    pub fn model_name(mut self, name: impl Into<String>) -> Self {
        self.model_name = name.into();
        self
    }

    /// Quota units that it cost.
    #[must_use]
    pub const fn quota(mut self, units: i64) -> Self {
        self.quota = units;
        self
    }

    /// Tokens of the prompt and of the completion.
    #[must_use]
    pub const fn tokens(mut self, prompt: i64, completion: i64) -> Self {
        self.prompt_tokens = prompt;
        self.completion_tokens = completion;
        self
    }

    /// How long it took, in whole seconds.
    #[must_use]
    pub const fn use_time(mut self, seconds: i32) -> Self {
        self.use_time = seconds;
        self
    }

    /// Whether the answer was streamed.
    #[must_use]
    pub const fn stream(mut self, is_stream: bool) -> Self {
        self.is_stream = is_stream;
        self
    }

    /// The channel that answered.
    #[must_use]
    pub const fn channel_id(mut self, id: i64) -> Self {
        self.channel_id = id;
        self
    }

    /// The group that was used, at most 255 characters.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.group = name.into();
        self
    }

    /// The client's address, where a policy allows to keep it.
    #[must_use]
    pub fn ip(mut self, address: impl Into<ClientIp>) -> Self {
        self.ip = Some(address.into());
        self
    }

    /// The request that it belongs to, at most 64 characters.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// The details.
    #[must_use]
    pub fn other(mut self, other: Other) -> Self {
        self.other = other;
        self
    }

    /// The row, with a new id.
    ///
    /// Do this once, before the first attempt to write: writing the same row again is then
    /// recognised, while a second id would make a second row.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule, or when the
    /// generator's clock is out of range.
    pub fn into_log(self, ids: &LogIdGenerator) -> Result<UsageLog> {
        self.validate()?;
        let (id, now) = ids.generate_with_time()?;
        let created_at = self.created_at.unwrap_or(now);
        Ok(self.row(id, created_at))
    }

    /// The row with a given id, for replays and imports. Without a time of its own it takes that of
    /// the id.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule.
    pub fn into_log_with_id(self, id: LogId) -> Result<UsageLog> {
        self.validate()?;
        let created_at = self.created_at.unwrap_or_else(|| id.timestamp());
        Ok(self.row(id, created_at))
    }

    fn row(self, id: LogId, created_at: DateTime<Utc>) -> UsageLog {
        UsageLog {
            id,
            user_id: self.user_id,
            // As it is stored, so that what is written is what is read.
            created_at: created_at.trunc_subsecs(0),
            kind: self.kind,
            content: self.content,
            username: self.username,
            token_name: self.token_name,
            model_name: self.model_name,
            quota: self.quota,
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
            use_time: self.use_time,
            is_stream: self.is_stream,
            channel_id: self.channel_id,
            token_id: self.token_id,
            group: self.group,
            ip: self.ip,
            request_id: self.request_id,
            other: self.other,
        }
    }
}
