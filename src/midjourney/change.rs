//! `MidjourneyChange`, a report about a task, and what became of it.

use genledger_contract::entity::{Column, Json, JsonText};
use genledger_contract::query::Change;
use genledger_contract::row::has_escaped_nul;
use genledger_contract::{JsonRecord, Result, Violation};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::state::StoredTask;
use super::{
    MidjourneyButton, MidjourneyProgress, MidjourneyProperties, MidjourneyStatus, MidjourneyTask,
    MidjourneyTime, MidjourneyVideo,
};
use crate::contract::CodedEnum;
use crate::setters::setters;

/// What upstream, or an operator, reports about a task. What is absent, empty or 0 changes nothing.
///
/// In JSON the members have the names that Midjourney proxies use, so that the reply to a poll is one; others are
/// ignored. NUL characters, which not every database stores, are left out of texts, and JSON that contains them is
/// not stored, so that they do not prevent a task from ending.
///
/// ```
/// use genledger::midjourney::{MidjourneyChange, MidjourneyStatus};
///
/// let reply = r#"{"id":"1320098173412546","status":"IN_PROGRESS","progress":"46%","startTime":1748779200000,
///     "imageUrl":"https://cdn.example/46.webp","failReason":null}"#;
/// let change: MidjourneyChange = serde_json::from_str(reply)?;
/// assert_eq!(change.progress.map(|progress| progress.get()), Some(46));
///
/// let cancelled = MidjourneyChange::new().status(MidjourneyStatus::Cancel).fail_reason("cancelled by the user");
/// # let _ = cancelled;
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonRecord)]
#[non_exhaustive]
pub struct MidjourneyChange {
    /// The status.
    pub status: Option<MidjourneyStatus>,
    /// The progress. A terminal status is 100 %, whatever is given here.
    pub progress: Option<MidjourneyProgress>,
    /// The prompt in English.
    #[json(name = "promptEn", default)]
    pub prompt_en: String,
    /// What upstream says about the task.
    #[json(default)]
    pub description: String,
    /// When upstream began with it.
    #[json(name = "startTime", default)]
    pub start_time: MidjourneyTime,
    /// When it ended; only stored with a terminal status.
    #[json(name = "finishTime", default)]
    pub finish_time: MidjourneyTime,
    /// The address of the image.
    #[json(name = "imageUrl", default)]
    pub image_url: String,
    /// The address of the video.
    #[json(name = "videoUrl", default)]
    pub video_url: String,
    /// The videos.
    #[json(name = "videoUrls", default)]
    pub video_urls: Vec<MidjourneyVideo>,
    /// Why it failed.
    #[json(name = "failReason", default)]
    pub fail_reason: String,
    /// The buttons of the result.
    #[json(default)]
    pub buttons: Vec<MidjourneyButton>,
    /// Further properties.
    #[json(default)]
    pub properties: MidjourneyProperties,
}

impl MidjourneyChange {
    /// Nothing changes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The task failed, for this reason.
    #[must_use]
    pub fn failure(reason: impl Into<String>) -> Self {
        Self {
            status: Some(MidjourneyStatus::Failure),
            fail_reason: reason.into(),
            ..Self::default()
        }
    }

    setters! {
        /// The status.
        status: text MidjourneyStatus;
        /// The progress.
        progress: value MidjourneyProgress;
    }

    /// Why it failed.
    #[must_use]
    pub fn fail_reason(mut self, reason: impl Into<String>) -> Self {
        self.fail_reason = reason.into();
        self
    }

    /// The address of the image.
    #[must_use]
    pub fn image_url(mut self, url: impl Into<String>) -> Self {
        self.image_url = url.into();
        self
    }

    /// The status, if one was reported; the empty word is none.
    pub(super) fn reported(&self) -> Option<&MidjourneyStatus> {
        let status = self.status.as_ref();
        status.filter(|status| **status != MidjourneyStatus::Submitting)
    }

    /// A status that this version does not know cannot be stored.
    pub(super) fn check(&self) -> Result<()> {
        if self
            .status
            .as_ref()
            .is_some_and(|status| !status.is_known())
        {
            let message =
                "holds a code that this version does not know; it cannot be newly written";
            return Err(Violation::new("status", "unrecognized_code", message).into());
        }
        Ok(())
    }

    /// The changes of the columns that are not part of the state machine, where the task differs.
    pub(super) fn contents(&self, stored: &StoredTask) -> Vec<Change<MidjourneyTask>> {
        let texts = [
            text(
                MidjourneyTask::PROMPT_EN,
                &self.prompt_en,
                stored.prompt_en.as_deref(),
            ),
            text(
                MidjourneyTask::DESCRIPTION,
                &self.description,
                stored.description.as_deref(),
            ),
            text(
                MidjourneyTask::IMAGE_URL,
                &self.image_url,
                stored.image_url.as_deref(),
            ),
            text(
                MidjourneyTask::VIDEO_URL,
                &self.video_url,
                stored.video_url.as_deref(),
            ),
            text(
                MidjourneyTask::FAIL_REASON,
                &self.fail_reason,
                stored.fail_reason.as_deref(),
            ),
        ];
        let start = self.start_time;
        let begun = start != MidjourneyTime::NOT_YET && stored.start_time != Some(start.millis());
        let start_time = begun.then(|| MidjourneyTask::START_TIME.set(start));
        let parts = [
            part(
                MidjourneyTask::VIDEO_URLS,
                &self.video_urls,
                stored.video_urls.as_ref(),
            ),
            part(
                MidjourneyTask::BUTTONS,
                &self.buttons,
                stored.buttons.as_ref(),
            ),
            part(
                MidjourneyTask::PROPERTIES,
                &self.properties,
                stored.properties.as_ref(),
            ),
        ];
        let changes = texts.into_iter().chain([start_time]).chain(parts);
        changes.flatten().collect()
    }
}

fn text<A>(
    column: Column<MidjourneyTask, String, A>,
    reported: &str,
    stored: Option<&str>,
) -> Option<Change<MidjourneyTask>> {
    let reported = reported.replace('\0', "");
    let is_new = !reported.is_empty() && stored != Some(reported.as_str());
    is_new.then(|| column.set(reported))
}

fn part<T, A>(
    column: Column<MidjourneyTask, Json<T>, A>,
    reported: &T,
    stored: Option<&JsonText>,
) -> Option<Change<MidjourneyTask>>
where
    T: Clone + Default + PartialEq + Serialize + DeserializeOwned,
{
    let json = serde_json::to_string(reported).ok()?;
    let is_new = *reported != T::default()
        && !has_escaped_nul(&json)
        && stored.map(JsonText::as_str) != Some(json.as_str());
    is_new.then(|| column.set(Json(reported.clone())))
}

/// What became of a reported change.
///
/// ```
/// use genledger::midjourney::MidjourneyOutcome;
///
/// fn is_over(outcome: &MidjourneyOutcome) -> bool {
///     matches!(outcome, MidjourneyOutcome::Ended { .. } | MidjourneyOutcome::Final(_))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MidjourneyOutcome {
    /// It was stored, and the task is still open.
    Applied,
    /// It was stored, and the task has a terminal status from now on.
    Ended {
        /// The quota that is due to the user from now on; 0 if there is none.
        refund: i64,
    },
    /// The task has all of it already.
    Unchanged,
    /// The task is further than the report: nothing was stored.
    Stale,
    /// The task has this terminal status already: nothing was stored.
    Final(MidjourneyStatus),
}
