//! The entity `MidjourneyTask`: its columns and rules.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use genledger_contract::entity::Column;
use genledger_contract::json::millis;
use genledger_contract::{Entity, JsonRecord, New, Violation, Violations};

use super::{
    MidjourneyAction, MidjourneyButton, MidjourneyProgress, MidjourneyProperties,
    MidjourneyRefundState, MidjourneyStatus, MidjourneySubmitCode, MidjourneyTime, MidjourneyVideo,
    parts,
};
use crate::id::{UsageLogId, as_string};
use crate::validate::{LEAST_MILLIS, Validate, inside};

/// A task that was submitted to a Midjourney proxy.
///
/// # Guarantees
/// - Its status changes only through [`advance`](super::MidjourneyTasks::advance) and
///   [`time_out`](super::MidjourneyTasks::time_out), each with a guard in the statement that changes it.
/// - A terminal status (`SUCCESS`, `FAILURE`, `CANCEL`) is final, and the progress never decreases.
/// - The terminal status, the finish time and the refund state are written by one statement: a refund is due exactly
///   once, whatever crashes afterwards.
///
/// Tasks come from [`NewMidjourneyTask`] or from a store. JSON uses the names of the columns; the id is a text, since
/// it exceeds the numbers of a browser, and times are unix milliseconds, 0 before they have come.
///
/// `mj_id` is not unique: several rows may refer to one task of upstream, and each is advanced by its own id.
///
/// ```
/// use genledger::id::{NodeId, UsageLogIdGenerator};
/// use genledger::midjourney::{MidjourneyAction, MidjourneySubmitCode, MidjourneyTask, NewMidjourneyTask};
///
/// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
/// let task = NewMidjourneyTask::new(MidjourneyAction::Imagine, MidjourneySubmitCode::Ok, 42)
///     .mj_id("1320098173412546")
///     .prompt("a cat")
///     .quota(5_000)
///     .into_task(&ids)?;
/// let json = serde_json::to_value(&task)?;
/// assert_eq!((&json["action"], &json["status"], &json["progress"]), (&"IMAGINE".into(), &"".into(), &"0%".into()));
/// assert_eq!(serde_json::from_value::<MidjourneyTask>(json)?, task);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Entity, JsonRecord, New)]
#[entity(
    table = "midjourneys",
    key(id),
    index(submit_time desc, id desc),
    index(user_id, submit_time desc, id desc),
    index(mj_id),
    index(status, submit_time, id),
    index(refund, id)
)]
#[non_exhaustive]
pub struct MidjourneyTask {
    /// Primary key, made by the client and sorted by time. Rows of an adopted table may carry
    /// auto-increment numbers.
    #[json(with = as_string)]
    #[new(argument)]
    pub id: UsageLogId,
    /// The reply of upstream to the submission.
    #[column(filter)]
    pub code: MidjourneySubmitCode,
    /// The user who is charged.
    pub user_id: i64,
    /// What the task does.
    #[column(filter)]
    #[new(first)]
    pub action: MidjourneyAction,
    /// The id of the task at upstream, at most 255 characters; empty if upstream did not accept it. Not unique.
    #[column(max_chars = 255, default = "")]
    #[json(default)]
    pub mj_id: String,
    /// The prompt as the user wrote it.
    #[json(default)]
    pub prompt: String,
    /// The prompt in English.
    #[json(default)]
    pub prompt_en: String,
    /// What upstream says about the task.
    #[json(default)]
    pub description: String,
    /// A text of the client that upstream passes through; at most 20 characters.
    #[column(max_chars = 20, default = "")]
    #[json(default)]
    pub state: String,
    /// When it was submitted, in UTC, to the millisecond.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    #[new(fallback)]
    pub submit_time: DateTime<Utc>,
    /// When upstream began with it; 0 before.
    #[column(default = 0)]
    #[json(default)]
    pub start_time: MidjourneyTime,
    /// When it got a terminal status; 0 before.
    #[column(default = 0)]
    #[json(default)]
    pub finish_time: MidjourneyTime,
    /// The address of the image; empty before it exists.
    #[json(default)]
    pub image_url: String,
    /// The address of the video; empty before it exists.
    #[json(default)]
    pub video_url: String,
    /// The videos, a JSON list.
    #[column(json, read_with = parts::videos)]
    #[json(default)]
    pub video_urls: Vec<MidjourneyVideo>,
    /// The status.
    #[column(default = "")]
    #[json(default)]
    pub status: MidjourneyStatus,
    /// How much is done, from `0%` to `100%`.
    #[column(default = "0%")]
    #[json(default)]
    pub progress: MidjourneyProgress,
    /// Why it failed; empty if it did not.
    #[json(default)]
    pub fail_reason: String,
    /// The channel that the task was submitted to; 0 for none. No user sees it.
    #[column(filter, default = 0)]
    #[json(default)]
    pub channel_id: i64,
    /// Quota units that it cost; never negative.
    #[column(filter, default = 0, range(0, 9_223_372_036_854_775_807))]
    #[json(default)]
    pub quota: i64,
    /// The buttons of the result, a JSON list.
    #[column(json, read_with = parts::buttons)]
    #[json(default)]
    pub buttons: Vec<MidjourneyButton>,
    /// Further properties, a JSON object.
    #[column(json, read_with = parts::properties)]
    #[json(default)]
    pub properties: MidjourneyProperties,
    /// Whether the quota is to be given back. A column of this library.
    #[column(default = 0)]
    #[json(default)]
    #[new(argument)]
    pub refund: MidjourneyRefundState,
}

impl MidjourneyTask {
    /// Whether it can still change: its status is not terminal, and if this version does not know it, there is no
    /// finish time.
    #[must_use]
    pub fn is_open(&self) -> bool {
        is_open(&self.status, self.finish_time == MidjourneyTime::NOT_YET)
    }
}

/// Whether a task can still change.
pub(super) const fn is_open(status: &MidjourneyStatus, never_finished: bool) -> bool {
    match status {
        MidjourneyStatus::Unrecognized(_) => never_finished,
        known => !known.is_terminal(),
    }
}

/// | rule | where |
/// |---|---|
/// | `unrecognized_code` | `code`, `action`, `status`, `refund` |
/// | `out_of_range` | `quota` is negative, a time is not in the years 1000 to 9999 |
/// | `too_long`, `nul_character` | a text has more characters than its column takes, or contains a NUL character |
/// | `seconds_not_milliseconds` | a time is before 1973 |
/// | `required` | `mj_id` of an open task is empty, `finish_time` of a terminal one is 0 |
/// | `refused_but_open` | `status` is not terminal although upstream refused the submission |
/// | `finished_but_open` | `finish_time` of an open task is not 0 |
/// | `not_complete` | `progress` of a terminal task is not `100%` |
/// | `refund_not_owed` | `refund` is not `None` for a task that did not fail, was not cancelled, or cost nothing |
/// | `not_json`, `not_an_object`, `wrong_kind`, `duplicate_key` | in `buttons`, `video_urls`, `properties`, with the path of the key |
impl Validate for MidjourneyTask {
    fn violations(&self) -> Violations {
        let mut found = Violations::of(self);
        moments(&mut found, self);
        lifecycle(&mut found, self);
        let buttons = self.buttons.iter().map(Validate::violations);
        let found = inside(found, Self::BUTTONS, listed(Self::BUTTONS, buttons));
        let videos = self.video_urls.iter().map(Validate::violations);
        let found = inside(found, Self::VIDEO_URLS, listed(Self::VIDEO_URLS, videos));
        inside(found, Self::PROPERTIES, self.properties.violations())
    }
}

fn moments(found: &mut Violations, task: &MidjourneyTask) {
    let submit_time = Some(task.submit_time);
    for (path, time) in [
        (Cow::from(MidjourneyTask::SUBMIT_TIME), submit_time),
        (MidjourneyTask::START_TIME.into(), task.start_time.get()),
        (MidjourneyTask::FINISH_TIME.into(), task.finish_time.get()),
    ] {
        found.check(
            time.is_some_and(|time| time.timestamp_millis() < LEAST_MILLIS),
            path,
            "seconds_not_milliseconds",
            "is before 1973: seconds given as milliseconds",
        );
    }
}

fn lifecycle(found: &mut Violations, task: &MidjourneyTask) {
    let is_terminal = task.status.is_terminal();
    let finished = task.finish_time != MidjourneyTime::NOT_YET;
    found.check(
        !is_terminal && task.mj_id.is_empty(),
        MidjourneyTask::MJ_ID,
        "required",
        "is required until the task has a terminal status",
    );
    found.check(
        !is_terminal && task.code.is_refusal(),
        MidjourneyTask::STATUS,
        "refused_but_open",
        "must be terminal, since upstream refused the submission",
    );
    found.check(
        is_terminal && !finished,
        MidjourneyTask::FINISH_TIME,
        "required",
        "is required with a terminal status",
    );
    found.check(
        !is_terminal && finished,
        MidjourneyTask::FINISH_TIME,
        "finished_but_open",
        "must be 0 until the task has a terminal status",
    );
    found.check(
        is_terminal && task.progress != MidjourneyProgress::COMPLETE,
        MidjourneyTask::PROGRESS,
        "not_complete",
        "must be 100% with a terminal status",
    );
    let owed = MidjourneyRefundState::at_end(&task.status, task.quota);
    found.check(
        owed == MidjourneyRefundState::None && task.refund != MidjourneyRefundState::None,
        MidjourneyTask::REFUND,
        "refund_not_owed",
        "must be none unless the task failed or was cancelled, and cost something",
    );
}

/// The violations of the parts of a JSON list, with their positions: `buttons[3].label`.
fn listed<T, A>(
    column: Column<MidjourneyTask, T, A>,
    parts: impl Iterator<Item = Violations>,
) -> Violations {
    let name = column.definition().path();
    let mut found = Violations::new();
    for (index, part) in parts.enumerate() {
        found.extend(part.into_iter().map(|violation| {
            let key = violation.path().strip_prefix(name).unwrap_or_default();
            let path = format!("{name}[{index}]{key}");
            Violation::new(path, violation.rule(), violation.message().to_owned())
        }));
    }
    found
}
