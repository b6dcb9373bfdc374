//! A model was trained, published, listed or moved.

use chrono::{DateTime, Utc};

use super::log::activity;
use super::{BaseInfo, ModelOperation, rules};
use crate::contract::{Entity, Json, New, Violations, json::millis};
use crate::id::ActivityId;

/// A model was trained, published, listed or moved.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "model_operate_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc)
)]
pub struct ModelOperateLog {
    /// The id, made by the client.
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

activity!(ModelOperateLog, NewModelOperateLog, ModelOperate, record_time_stamp, needs_user: true);

impl NewModelOperateLog {
    fn check(&self, found: &mut Violations) {
        rules::known(found, "operate_type", &self.operate_type);
    }
}
