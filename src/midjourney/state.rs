//! The state machine of a task: what a reported change does to a stored row, and the guard that makes it safe.

use chrono::{DateTime, Utc};
use genledger_contract::entity::JsonText;
use genledger_contract::query::{Change, Guard};
use genledger_contract::{CodedEnum, Entity};

use super::progress::StoredProgress;
use super::task::is_open;
use super::{
    MidjourneyChange, MidjourneyOutcome, MidjourneyProgress, MidjourneyRefundState,
    MidjourneyStatus, MidjourneyTask, MidjourneyTime,
};
use crate::id::UsageLogId;

/// The columns of a task that the state machine reads: the same table, described so that a row of another program
/// cannot prevent a task from ending.
#[derive(Clone, Debug, Entity)]
#[entity(table = "midjourneys", key(id), index(mj_id), index(status, submit_time asc, id))]
pub(super) struct StoredTask {
    pub(super) id: UsageLogId,
    pub(super) user_id: Option<i64>,
    #[column(max_chars = 255)]
    pub(super) mj_id: Option<String>,
    pub(super) prompt_en: Option<String>,
    pub(super) description: Option<String>,
    #[column(filter)]
    pub(super) submit_time: Option<i64>,
    pub(super) start_time: Option<i64>,
    finish_time: Option<i64>,
    pub(super) image_url: Option<String>,
    pub(super) video_url: Option<String>,
    pub(super) video_urls: Option<JsonText>,
    #[column(max_chars = 20)]
    pub(super) status: Option<String>,
    #[column(max_chars = 30)]
    progress: Option<String>,
    pub(super) fail_reason: Option<String>,
    pub(super) channel_id: Option<i64>,
    quota: Option<i64>,
    pub(super) buttons: Option<JsonText>,
    pub(super) properties: Option<JsonText>,
}

/// What a reported change does.
pub(super) enum Step {
    /// Nothing.
    None(MidjourneyOutcome),
    /// The row is changed if it satisfies the guard; otherwise another session has changed it, and the step is
    /// computed again.
    Update {
        guard: Guard<MidjourneyTask>,
        changes: Vec<Change<MidjourneyTask>>,
        outcome: MidjourneyOutcome,
    },
}

impl StoredTask {
    pub(super) fn status(&self) -> MidjourneyStatus {
        MidjourneyStatus::from_str_code(self.status.as_deref().unwrap_or_default())
    }

    fn progress(&self) -> MidjourneyProgress {
        let text = self.progress.as_deref().unwrap_or_default();
        MidjourneyProgress::parse(text).unwrap_or_default()
    }

    pub(super) fn is_open(&self) -> bool {
        is_open(&self.status(), self.finish_time.unwrap_or_default() == 0)
    }

    /// The step of a change that is reported at a time.
    pub(super) fn step(&self, change: &MidjourneyChange, now: DateTime<Utc>) -> Step {
        let status = self.status();
        if !self.is_open() {
            return Step::None(MidjourneyOutcome::Final(status));
        }
        match change.reported() {
            Some(terminal) if terminal.is_terminal() => self.end(terminal, change, now),
            reported => self.advance(&status, reported, change),
        }
    }

    fn end(
        &self,
        terminal: &MidjourneyStatus,
        change: &MidjourneyChange,
        now: DateTime<Utc>,
    ) -> Step {
        let quota = self.quota.unwrap_or_default();
        let refund = MidjourneyRefundState::at_end(terminal, quota);
        let finish_time = change.finish_time.or(now.into());
        let mut changes = vec![
            MidjourneyTask::STATUS.set(terminal),
            MidjourneyTask::PROGRESS.set(MidjourneyProgress::COMPLETE),
            MidjourneyTask::FINISH_TIME.set(finish_time),
            MidjourneyTask::REFUND.set(refund),
        ];
        changes.extend(change.contents(self));
        let due = refund == MidjourneyRefundState::Due;
        Step::Update {
            guard: self.unended(),
            changes,
            outcome: MidjourneyOutcome::Ended {
                refund: if due { quota } else { 0 },
            },
        }
    }

    fn advance(
        &self,
        status: &MidjourneyStatus,
        reported: Option<&MidjourneyStatus>,
        change: &MidjourneyChange,
    ) -> Step {
        let progress = self.progress();
        let to = change.progress.unwrap_or(progress);
        let steps_back = reported.is_some_and(|reported| reported.rank() < status.rank());
        if to < progress || (to == progress && steps_back) {
            return Step::None(MidjourneyOutcome::Stale);
        }
        let mut changes = change.contents(self);
        if to > progress {
            changes.push(MidjourneyTask::PROGRESS.set(to));
        }
        // A report of more progress may still have an earlier status.
        if let Some(reported) = reported.filter(|reported| !steps_back && *reported != status) {
            changes.push(MidjourneyTask::STATUS.set(reported));
        }
        if changes.is_empty() {
            return Step::None(MidjourneyOutcome::Unchanged);
        }
        let same_progress = self.progress.as_deref().map(|text| {
            let stored = StoredProgress(text);
            Guard::from(MidjourneyTask::STATUS.eq(status)) & MidjourneyTask::PROGRESS.eq(stored)
        });
        Step::Update {
            guard: same_progress.unwrap_or_else(|| self.unended()),
            changes,
            outcome: MidjourneyOutcome::Applied,
        }
    }

    /// The status is still the one that was read, which was not terminal.
    pub(super) fn unended(&self) -> Guard<MidjourneyTask> {
        let status = self.status();
        let same = Guard::from(MidjourneyTask::STATUS.eq(&status));
        match self.finish_time {
            // Of a status that this version does not know, the finish time decides.
            Some(0) if !status.is_known() => {
                same & MidjourneyTask::FINISH_TIME.eq(MidjourneyTime::NOT_YET)
            }
            _ => same,
        }
    }
}

#[cfg(test)]
mod tests;
