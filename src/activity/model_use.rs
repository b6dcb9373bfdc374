//! A model was used to generate images.

use chrono::{DateTime, Utc};

use super::log::activity;
use super::{BaseInfo, rules};
use crate::contract::{Entity, Json, New, Violations, json::millis};
use crate::id::ActivityId;

/// A model was used to generate images.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "model_use_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc),
    index(belong_user_id, record_time_stamp desc, id desc)
)]
pub struct ModelUseLog {
    /// The id, made by the client.
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

activity!(ModelUseLog, NewModelUseLog, ModelUse, record_time_stamp, needs_user: true);

impl NewModelUseLog {
    fn check(&self, found: &mut Violations) {
        rules::present(found, "belong_user_id", &self.belong_user_id);
    }
}
