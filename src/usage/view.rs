//! The views of a usage log, for administrators and for users.

use chrono::{DateTime, Utc};
use genledger_contract::JsonRecord;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::privacy::mask_error;
use super::{ClientIp, UsageLog, UsageLogOther, UsageLogType};
use crate::id::{UsageLogId, as_string};
use crate::time::unix_seconds;

/// A usage log as an administrator sees it: everything, and the name of the channel.
///
/// In JSON it has the members of the row and `channel_name`; the id is a text, since it exceeds the
/// numbers of a browser.
///
/// ```
/// use genledger::id::UsageLogId;
/// use genledger::usage::{AdminUsageLog, UsageLogType, NewUsageLog};
///
/// let log = NewUsageLog::new(UsageLogType::Consume, 42)
///     .channel_id(12)
///     .into_log_with_id(UsageLogId::new(247_302_400_118_784_000))?;
/// let seen = serde_json::to_value(AdminUsageLog::new(log, Some("eu-west".into()))).unwrap();
/// assert_eq!(seen["id"], "247302400118784000");
/// assert_eq!(seen["channel_name"], "eu-west");
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdminUsageLog {
    /// The row.
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

impl Serialize for AdminUsageLog {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = serializer.serialize_struct("AdminUsageLog", UsageLog::MEMBERS + 1)?;
        let mut members = IdAsString {
            inner,
            id: self.log.id,
        };
        self.log.write_members(&mut members)?;
        members.serialize_field("channel_name", &self.channel_name)?;
        members.end()
    }
}

/// Writes the member `id` as text, and all others as they are.
struct IdAsString<S> {
    inner: S,
    id: UsageLogId,
}

impl<S: SerializeStruct> SerializeStruct for IdAsString<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        if name == "id" {
            self.inner.serialize_field(name, &self.id.to_string())
        } else {
            self.inner.serialize_field(name, value)
        }
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.inner.end()
    }
}

impl<'de> Deserialize<'de> for AdminUsageLog {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(JsonRecord)]
        struct Members {
            #[embed]
            log: UsageLog,
            channel_name: Option<String>,
        }

        let Members { log, channel_name } = Members::deserialize(deserializer)?;
        Ok(Self { log, channel_name })
    }
}

/// A usage log as its user sees it: no channel, of `other` only what [`UsageLogOther::for_user`] leaves, and the texts of
/// an error masked, also if another system wrote it.
///
/// In JSON the id is a text, since it exceeds the numbers of a browser. The fields that are missing here cannot reach a user by mistake: this type does not have them.
///
/// ```
/// use genledger::id::{UsageLogIdGenerator, NodeId};
/// use genledger::usage::{UsageLogType, NewUsageLog, UsageLogOther, UserUsageLog};
///
/// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
/// let other = UsageLogOther::from_text(r#"{"error_code":"429","channel_name":"eu"}"#);
/// let log = NewUsageLog::new(UsageLogType::Error, 42)
///     .channel_id(12)
///     .other(other)
///     .into_log(&ids)?;
/// let seen = serde_json::to_value(UserUsageLog::from(log))?;
/// assert_eq!(seen["other"], r#"{"error_code":"429"}"#);
/// assert!(seen.get("channel").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, JsonRecord)]
#[non_exhaustive]
pub struct UserUsageLog {
    /// See [`UsageLog::id`].
    #[json(with = as_string)]
    pub id: UsageLogId,
    /// See [`UsageLog::user_id`].
    pub user_id: i64,
    /// See [`UsageLog::created_at`].
    #[json(with = unix_seconds)]
    pub created_at: DateTime<Utc>,
    /// See [`UsageLog::kind`].
    #[json(name = "type")]
    pub kind: UsageLogType,
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
    pub other: UsageLogOther,
}

impl From<UsageLog> for UserUsageLog {
    fn from(log: UsageLog) -> Self {
        // Every field is named, so that a new field must be handled here.
        let UsageLog {
            id,
            user_id,
            created_at,
            kind,
            mut content,
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
        let mut other = other.for_user();
        // An error that another system wrote.
        mask_error(kind, &mut content, &mut other);
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
            other,
        }
    }
}
