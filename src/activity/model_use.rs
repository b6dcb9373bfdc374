//! The entity `ModelUseLog`: its columns and rules.

use chrono::{DateTime, Utc};

use super::{Activity, BaseInfo, rules};
use crate::contract::json::millis;
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// A model was used to generate images.
///
/// ```
/// use genledger::activity::ModelUseLog;
///
/// let json = r#"{"ID":"a-1","UserId":"u-1","IsSuccess":true,"BelongUserId":"u-2",
///     "RecordTimeStamp":1750000000000}"#;
/// let log: ModelUseLog = serde_json::from_str(json)?;
/// assert!(log.is_success && log.belong_user_id == "u-2");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "model_use_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc),
    index(belong_user_id, record_time_stamp desc, id desc)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = ModelUse, time = record_time_stamp, needs_user)]
pub struct ModelUseLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// Whether the use succeeded; generating images may fail.
    #[column(filter)]
    pub is_success: bool,
    /// The user who owns the model.
    #[column(max_chars = 64)]
    pub belong_user_id: String,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

/// Beside the [rules of every log](super#rules):
///
/// | rule | where |
/// |---|---|
/// | `required` | `BelongUserId` is empty |
impl Validate for ModelUseLog {
    fn violations(&self) -> Violations {
        let mut found = rules::common(self);
        rules::present(&mut found, Self::BELONG_USER_ID, &self.belong_user_id);
        found
    }
}
