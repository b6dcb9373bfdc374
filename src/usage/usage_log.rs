//! The entity `UsageLog`: its columns and rules.

mod legacy;

use chrono::{DateTime, Utc};
use genledger_contract::{Entity, JsonRecord, New, Violations};

use super::{ClientIp, UsageLogOther, UsageLogType, privacy};
use crate::id::UsageLogId;
use crate::time::unix_seconds;
use crate::validate::{Validate, inside};

pub use legacy::LEGACY_INDEXES;

/// One row of the gateway's usage log.
///
/// # Guarantees
/// - A row never changes after it was written: the library has no update.
/// - The id and `created_at` are fixed together, before the first attempt to write, so that writing
///   a row again is recognised as the same row.
/// - Names are snapshots of the moment of writing; renaming a user or a token does not touch them.
///
/// Rows come from [`NewUsageLog`] or from a store. JSON uses the names of the columns, except
/// `channel` for `channel_id`; moments are unix seconds. Members that are missing or null are empty
/// or 0, except for the id, the user, the time and the kind.
///
/// ```
/// use genledger::id::{UsageLogIdGenerator, NodeId};
/// use genledger::usage::{UsageLogType, NewUsageLog, UsageLog};
///
/// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
/// let log = NewUsageLog::new(UsageLogType::Consume, 42)
///     .model_name("gpt-4o")
///     .tokens(120, 35)
///     .quota(900)
///     .into_log(&ids)?;
/// let json = serde_json::to_value(&log)?;
/// assert_eq!(json["type"], 2);
/// assert_eq!(json["channel"], 0);
/// assert_eq!(serde_json::from_value::<UsageLog>(json)?, log);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Entity, JsonRecord, New)]
#[entity(
    table = "logs",
    key(id),
    append_only,
    index(created_at desc, id desc),
    index(user_id, created_at desc, id desc),
    index(model_name, created_at desc, id desc),
    index(channel_id, created_at desc, id desc),
    index(token_id, created_at desc, id desc),
    index(request_id)
)]
#[non_exhaustive]
pub struct UsageLog {
    /// Primary key, made by the client and sorted by time. Rows of an adopted table may carry
    /// auto-increment numbers.
    #[new(argument)]
    pub id: UsageLogId,
    /// The user who is charged.
    pub user_id: i64,
    /// When it happened, in UTC, to the second.
    #[column(time = "unix_seconds")]
    #[json(with = unix_seconds)]
    #[new(fallback)]
    pub created_at: DateTime<Utc>,
    /// What the row is about.
    #[column(name = "type", filter, default = 0)]
    #[json(name = "type")]
    #[new(first)]
    pub kind: UsageLogType,
    /// Free text for people; masked in an error.
    #[column(filter)]
    #[json(default)]
    pub content: String,
    /// The user's name when the row was written; at most 255 characters.
    #[column(max_chars = 255, filter, default = "")]
    #[json(default)]
    pub username: String,
    /// The token's name when the row was written; at most 255 characters.
    #[column(max_chars = 255, filter, default = "")]
    #[json(default)]
    pub token_name: String,
    /// The model that was asked for; at most 255 characters.
    #[column(max_chars = 255, default = "")]
    #[json(default)]
    pub model_name: String,
    /// Quota units that it cost; 500,000 are 1 USD in the systems that this table comes from.
    #[column(filter, default = 0)]
    #[json(default)]
    pub quota: i64,
    /// Tokens of the prompt; never negative.
    #[column(filter, default = 0, range(0, 9_223_372_036_854_775_807))]
    #[json(default)]
    pub prompt_tokens: i64,
    /// Tokens of the completion; never negative.
    #[column(filter, default = 0, range(0, 9_223_372_036_854_775_807))]
    #[json(default)]
    pub completion_tokens: i64,
    /// How long it took, in whole seconds; never negative.
    #[column(filter, default = 0, range(0, 2_147_483_647))]
    #[json(default)]
    pub use_time: i32,
    /// Whether the answer was streamed.
    #[column(filter, default = false)]
    #[json(default)]
    pub is_stream: bool,
    /// The channel that answered; 0 for none. No user sees it.
    #[column(default = 0)]
    #[json(name = "channel", default)]
    pub channel_id: i64,
    /// The token that was used; 0 for none.
    #[column(default = 0)]
    #[json(default)]
    pub token_id: i64,
    /// The group that was used; at most 255 characters.
    #[column(max_chars = 255, filter, default = "")]
    #[json(default)]
    pub group: String,
    /// The client's address, if the IP policy has passed it.
    #[column(sensitive)]
    pub ip: Option<ClientIp>,
    /// The request that the row belongs to; at most 64 characters. Not unique: retries, errors and
    /// refunds of one request share it.
    #[column(max_chars = 64)]
    pub request_id: Option<String>,
    /// The details: typed keys, and whatever else was written.
    #[json(default)]
    pub other: UsageLogOther,
}

/// | rule | where |
/// |---|---|
/// | `unknown_type` | `type` is [`UsageLogType::Unknown`] |
/// | `unrecognized_code` | `type` has a code that this version does not know |
/// | `out_of_range` | a number of tokens or a duration is negative (`quota` may be), a time is not in the years 1000 to 9999 |
/// | `too_long` | a text has more characters than its column takes |
/// | `nul_character` | a text contains a NUL character |
/// | `not_masked` | the content or `other` of an error contains something that [`mask`](crate::mask::mask()) hides |
/// | `ip_not_allowed` | there is an address that no [`IpPolicy`](super::IpPolicy) has passed |
/// | `not_finite`, `not_json`, `not_an_object`, `wrong_kind`, `duplicate_key` | in `other`, with the path of the key |
impl Validate for UsageLog {
    fn violations(&self) -> Violations {
        let mut found = inside(Violations::of(self), Self::OTHER, self.other.violations());
        found.check(
            self.kind == UsageLogType::Unknown,
            Self::KIND,
            "unknown_type",
            "must not be 0, which stands for all kinds in a filter",
        );
        privacy::check(&mut found, self);
        found
    }
}
