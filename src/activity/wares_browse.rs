//! The entity `WaresBrowseLog`: its columns and rules.

use chrono::{DateTime, Utc};

use super::{Activity, BaseInfo, rules};
use crate::contract::json::millis;
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// A ware was looked at, possibly anonymously.
///
/// ```
/// use genledger::activity::WaresBrowseLog;
///
/// let json = r#"{"ID":"a-1","TemporaryCode":"t-1","RecordTimeStamp":1750000000000}"#;
/// let log: WaresBrowseLog = serde_json::from_str(json)?;
/// assert_eq!(log.base.user_id, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "wares_browse_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc),
    index(temporary_code, record_time_stamp)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = WaresBrowse, time = record_time_stamp)]
pub struct WaresBrowseLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// The temporary code of the search that the look came from.
    #[column(max_chars = 64)]
    pub temporary_code: Option<String>,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

/// The [rules of every log](super#rules), and no others.
impl Validate for WaresBrowseLog {
    fn violations(&self) -> Violations {
        rules::common(self)
    }
}
