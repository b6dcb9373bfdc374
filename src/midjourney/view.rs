//! The view of a task for users.

use chrono::{DateTime, Utc};
use genledger_contract::JsonRecord;
use genledger_contract::json::millis;

use super::{
    MidjourneyAction, MidjourneyButton, MidjourneyProgress, MidjourneyProperties,
    MidjourneyRefundState, MidjourneyStatus, MidjourneySubmitCode, MidjourneyTask, MidjourneyTime,
    MidjourneyVideo,
};
use crate::id::{UsageLogId, as_string};

/// A task as its user sees it: no channel, and of the properties only what [`MidjourneyProperties::for_user`] leaves.
/// Administrators see the [`MidjourneyTask`].
///
/// ```
/// use genledger::id::{NodeId, UsageLogIdGenerator};
/// use genledger::midjourney::{MidjourneyAction, MidjourneySubmitCode, NewMidjourneyTask, UserMidjourneyTask};
///
/// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
/// let task = NewMidjourneyTask::new(MidjourneyAction::Imagine, MidjourneySubmitCode::Ok, 42)
///     .mj_id("132")
///     .channel_id(12)
///     .into_task(&ids)?;
/// let seen = serde_json::to_value(UserMidjourneyTask::from(task))?;
/// assert_eq!(seen["mj_id"], "132");
/// assert!(seen.get("channel_id").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, JsonRecord)]
#[non_exhaustive]
pub struct UserMidjourneyTask {
    /// See [`MidjourneyTask::id`].
    #[json(with = as_string)]
    pub id: UsageLogId,
    /// See [`MidjourneyTask::code`].
    pub code: MidjourneySubmitCode,
    /// See [`MidjourneyTask::user_id`].
    pub user_id: i64,
    /// See [`MidjourneyTask::action`].
    pub action: MidjourneyAction,
    /// See [`MidjourneyTask::mj_id`].
    pub mj_id: String,
    /// See [`MidjourneyTask::prompt`].
    pub prompt: String,
    /// See [`MidjourneyTask::prompt_en`].
    pub prompt_en: String,
    /// See [`MidjourneyTask::description`].
    pub description: String,
    /// See [`MidjourneyTask::state`].
    pub state: String,
    /// See [`MidjourneyTask::submit_time`].
    #[json(with = millis)]
    pub submit_time: DateTime<Utc>,
    /// See [`MidjourneyTask::start_time`].
    pub start_time: MidjourneyTime,
    /// See [`MidjourneyTask::finish_time`].
    pub finish_time: MidjourneyTime,
    /// See [`MidjourneyTask::image_url`].
    pub image_url: String,
    /// See [`MidjourneyTask::video_url`].
    pub video_url: String,
    /// See [`MidjourneyTask::video_urls`].
    pub video_urls: Vec<MidjourneyVideo>,
    /// See [`MidjourneyTask::status`].
    pub status: MidjourneyStatus,
    /// See [`MidjourneyTask::progress`].
    pub progress: MidjourneyProgress,
    /// See [`MidjourneyTask::fail_reason`].
    pub fail_reason: String,
    /// See [`MidjourneyTask::quota`].
    pub quota: i64,
    /// See [`MidjourneyTask::buttons`].
    pub buttons: Vec<MidjourneyButton>,
    /// The properties without what is for administrators.
    pub properties: MidjourneyProperties,
    /// See [`MidjourneyTask::refund`].
    pub refund: MidjourneyRefundState,
}

impl From<MidjourneyTask> for UserMidjourneyTask {
    fn from(task: MidjourneyTask) -> Self {
        // Every field is named, so that a new field must be handled here.
        let MidjourneyTask {
            id,
            code,
            user_id,
            action,
            mj_id,
            prompt,
            prompt_en,
            description,
            state,
            submit_time,
            start_time,
            finish_time,
            image_url,
            video_url,
            video_urls,
            status,
            progress,
            fail_reason,
            channel_id: _,
            quota,
            buttons,
            properties,
            refund,
        } = task;
        Self {
            id,
            code,
            user_id,
            action,
            mj_id,
            prompt,
            prompt_en,
            description,
            state,
            submit_time,
            start_time,
            finish_time,
            image_url,
            video_url,
            video_urls,
            status,
            progress,
            fail_reason,
            quota,
            buttons,
            properties: properties.for_user(),
            refund,
        }
    }
}
