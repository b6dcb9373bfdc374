//! The entity `SearchLog`: its columns and rules.

use chrono::{DateTime, Utc};

use super::{Activity, BaseInfo, rules};
use crate::contract::json::millis;
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// Something was searched for, possibly anonymously.
///
/// ```
/// use genledger::activity::SearchLog;
///
/// let json = r#"{"ID":"a-1","KeyWord":"sofa","TemporaryCode":"t-1","ResultCount":12,
///     "RecordTimeStamp":1750000000000}"#;
/// let log: SearchLog = serde_json::from_str(json)?;
/// assert_eq!((log.key_word.as_str(), log.result_count), ("sofa", 12));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "search_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc),
    index(temporary_code, record_time_stamp)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = Search, time = record_time_stamp)]
pub struct SearchLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// The keyword.
    #[column(max_chars = 255, filter)]
    pub key_word: String,
    /// A temporary code that ties the search to the wares which are looked at from its results.
    #[column(max_chars = 64)]
    pub temporary_code: Option<String>,
    /// How many results were shown.
    #[column(filter)]
    pub result_count: i64,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

/// Beside the [rules of every log](super#rules):
///
/// | rule | where |
/// |---|---|
/// | `required` | `KeyWord` is empty |
/// | `negative` | `ResultCount` |
impl Validate for SearchLog {
    fn violations(&self) -> Violations {
        let mut found = rules::common(self);
        rules::present(&mut found, Self::KEY_WORD, &self.key_word);
        rules::not_negative(&mut found, Self::RESULT_COUNT, self.result_count);
        found
    }
}
