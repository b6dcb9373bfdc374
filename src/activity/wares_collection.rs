//! The entity `WaresCollectionLog`: its columns and rules.

use chrono::{DateTime, Utc};

use super::{Activity, BaseInfo, rules};
use crate::contract::json::millis;
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// A ware was put among the favourites.
///
/// ```
/// use genledger::activity::WaresCollectionLog;
///
/// let json = r#"{"ID":"a-1","UserId":"u-1","StoreId":"s-1","RecordTimeStamp":1750000000000}"#;
/// let log: WaresCollectionLog = serde_json::from_str(json)?;
/// assert_eq!(log.store_id, "s-1");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "wares_collection_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc),
    index(store_id, record_time_stamp desc, id desc)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = WaresCollection, time = record_time_stamp, needs_user)]
pub struct WaresCollectionLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// The store that sells the ware.
    #[column(max_chars = 64)]
    pub store_id: String,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

/// Beside the [rules of every log](super#rules):
///
/// | rule | where |
/// |---|---|
/// | `required` | `StoreId` is empty |
impl Validate for WaresCollectionLog {
    fn violations(&self) -> Violations {
        let mut found = rules::common(self);
        rules::present(&mut found, Self::STORE_ID, &self.store_id);
        found
    }
}
