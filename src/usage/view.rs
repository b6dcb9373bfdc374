//! What is shown of a usage log, and to whom.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ClientIp, LogType, Other, UsageLog};
use crate::id::LogId;
use crate::json::value_free_json;

/// A usage log as an administrator sees it: everything, and the name of the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AdminUsageLog {
    /// The row.
    #[serde(flatten)]
    pub log: UsageLog,
    /// The name that the channel has now; it is looked up when the row is read.
    pub channel_name: Option<String>,
}

impl AdminUsageLog {
    /// The row with the name of its channel.
    #[must_use]
    pub const fn new(log: UsageLog, channel_name: Option<String>) -> Self {
        Self { log, channel_name }
    }
}

/// A usage log as its user sees it: no channel, and of `other` only what [`Other::for_user`] leaves.
///
/// The fields that are missing here cannot reach a user by mistake: this type has no place for them.
///
/// ```
/// use genledger::id::{LogIdGenerator, NodeId};
/// use genledger::usage::{LogType, NewUsageLog, Other, UserUsageLog};
///
/// let ids = LogIdGenerator::system(NodeId::ZERO);
/// let other = Other::from_text(r#"{"error_code":"429","channel_name":"eu"}"#);
/// let log = NewUsageLog::new(LogType::Error, 42)
///     .channel_id(12)
///     .other(other)
///     .into_log(&ids)?;
/// let seen = serde_json::to_value(UserUsageLog::from(log))?;
/// assert_eq!(seen["other"], r#"{"error_code":"429"}"#);
/// assert!(seen.get("channel").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct UserUsageLog {
    /// See [`UsageLog::id`].
    pub id: LogId,
    /// See [`UsageLog::user_id`].
    pub user_id: i64,
    /// See [`UsageLog::created_at`].
    #[serde(with = "crate::time::unix_seconds")]
    pub created_at: DateTime<Utc>,
    /// See [`UsageLog::kind`].
    #[serde(rename = "type")]
    pub kind: LogType,
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
    /// See [`UsageLog::token_id`].
    pub token_id: i64,
    /// See [`UsageLog::group`].
    pub group: String,
    /// See [`UsageLog::ip`].
    pub ip: Option<ClientIp>,
    /// See [`UsageLog::request_id`].
    pub request_id: Option<String>,
    /// The details without what is for administrators.
    pub other: Other,
}

value_free_json!(UserUsageLog);

impl From<UsageLog> for UserUsageLog {
    fn from(log: UsageLog) -> Self {
        // Every field is named, so that a new one is a decision and not an accident.
        let UsageLog {
            id,
            user_id,
            created_at,
            kind,
            content,
            username,
            token_name,
            model_name,
            quota,
            prompt_tokens,
            completion_tokens,
            use_time,
            is_stream,
            channel_id: _,
            token_id,
            group,
            ip,
            request_id,
            other,
        } = log;
        Self {
            id,
            user_id,
            created_at,
            kind,
            content,
            username,
            token_name,
            model_name,
            quota,
            prompt_tokens,
            completion_tokens,
            use_time,
            is_stream,
            token_id,
            group,
            ip,
            request_id,
            other: other.for_user(),
        }
    }
}
