//! The entity `ModelOperateLog`: its columns and rules.

use chrono::{DateTime, Utc};

use super::{Activity, BaseInfo, ModelOperation, rules};
use crate::contract::json::millis;
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// A model was trained, published, listed or moved.
///
/// ```
/// use genledger::activity::{ModelOperateLog, ModelOperation};
///
/// let json = r#"{"ID":"a-1","UserId":"u-1","OperateType":4,"RecordTimeStamp":1750000000000}"#;
/// let log: ModelOperateLog = serde_json::from_str(json)?;
/// assert_eq!(log.operate_type, ModelOperation::PublishToModelPlaza);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "model_operate_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = ModelOperate, time = record_time_stamp, needs_user)]
pub struct ModelOperateLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// What was done.
    #[column(filter)]
    pub operate_type: ModelOperation,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

/// The [rules of every log](super#rules), and no others.
impl Validate for ModelOperateLog {
    fn violations(&self) -> Violations {
        rules::common(self)
    }
}
