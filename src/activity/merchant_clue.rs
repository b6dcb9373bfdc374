//! The entity `MerchantClueLog`: its columns and rules.

use chrono::{DateTime, Utc};

use super::{Activity, BaseInfo, rules};
use crate::Redacted;
use crate::contract::json::millis;
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// A merchant left a phone number to be called.
///
/// ```
/// use genledger::activity::MerchantClueLog;
///
/// let json = r#"{"ID":"a-1","PhoneNumber":"+49 30 901820","RecordTimeStamp":1750000000000}"#;
/// let log: MerchantClueLog = serde_json::from_str(json)?;
/// assert_eq!(log.phone_number.expose(), "+49 30 901820");
/// assert!(!format!("{log:?}").contains("901820"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "merchant_clue_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = MerchantClue, time = record_time_stamp)]
pub struct MerchantClueLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// The phone number: personal data, hidden in `Debug` and logs.
    #[column(max_chars = 32, sensitive)]
    pub phone_number: Redacted,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

/// Beside the [rules of every log](super#rules):
///
/// | rule | where |
/// |---|---|
/// | `required` | `PhoneNumber` is empty |
impl Validate for MerchantClueLog {
    fn violations(&self) -> Violations {
        let mut found = rules::common(self);
        rules::present(&mut found, Self::PHONE_NUMBER, self.phone_number.expose());
        found
    }
}
