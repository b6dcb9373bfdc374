//! Converts a `NewMidjourneyTask` into a row. The struct is derived from `MidjourneyTask`, in `task.rs`, which also
//! has the columns and the rules.

use chrono::{DateTime, Utc};
use genledger_contract::{Result, Violations};

use super::{
    MidjourneyProgress, MidjourneyRefundState, MidjourneyTask, MidjourneyTime, NewMidjourneyTask,
};
use crate::id::{UsageLogId, UsageLogIdGenerator};
use crate::validate::Validate;

impl NewMidjourneyTask {
    /// The row, with a new id. A row without a submit time gets that of the generator's clock.
    ///
    /// A task that upstream refused, or that is finished already, has a terminal status: its progress is then 100 %,
    /// its finish time that of the submission unless there is one, and its quota is owed to the user if it failed.
    ///
    /// Do this once, before the first attempt to write: writing the same row again is then
    /// recognised, while a second id would make a second row.
    ///
    /// ```
    /// use genledger::id::{NodeId, UsageLogIdGenerator};
    /// use genledger::midjourney::{
    ///     MidjourneyAction, MidjourneyRefundState, MidjourneyStatus, MidjourneySubmitCode, NewMidjourneyTask,
    /// };
    ///
    /// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
    /// let refused = NewMidjourneyTask::new(MidjourneyAction::Imagine, MidjourneySubmitCode::BannedWord, 42)
    ///     .status(MidjourneyStatus::Failure)
    ///     .fail_reason("a banned word");
    /// let task = refused.clone().into_task(&ids)?;
    /// assert_eq!((task.progress.get(), task.refund), (100, MidjourneyRefundState::None));
    ///
    /// let charged = refused.quota(5_000).into_task(&ids)?;
    /// assert_eq!(charged.refund, MidjourneyRefundState::Due);
    ///
    /// let open = NewMidjourneyTask::new(MidjourneyAction::Imagine, MidjourneySubmitCode::BannedWord, 42);
    /// let error = open.into_task(&ids).unwrap_err();
    /// let rules: Vec<_> = error.violations().iter().map(|one| one.rule()).collect();
    /// assert_eq!(rules, ["required", "refused_but_open"]);
    /// # Ok::<(), genledger::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule, or when the
    /// generator's clock is out of range.
    pub fn into_task(self, ids: &UsageLogIdGenerator) -> Result<MidjourneyTask> {
        let (id, now) = ids.generate_with_time()?;
        self.checked(id, now)
    }

    /// The row with a given id, for replays and imports. Without a submit time it gets that of the id.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule.
    pub fn into_task_with_id(self, id: UsageLogId) -> Result<MidjourneyTask> {
        self.checked(id, id.timestamp())
    }

    fn checked(self, id: UsageLogId, now: DateTime<Utc>) -> Result<MidjourneyTask> {
        let task = self.ended(id, now);
        task.validate()?;
        Ok(task)
    }

    /// The row; a terminal status is completed with what belongs to it.
    fn ended(self, id: UsageLogId, now: DateTime<Utc>) -> MidjourneyTask {
        let refund = MidjourneyRefundState::at_end(&self.status, self.quota);
        let mut task = self.into_entity(id, now, refund);
        if task.status.is_terminal() {
            task.progress = MidjourneyProgress::COMPLETE;
            task.finish_time = task.finish_time.or(MidjourneyTime::from(task.submit_time));
        }
        task
    }
}

/// The rules are those of the [`MidjourneyTask`] that it becomes.
impl Validate for NewMidjourneyTask {
    fn violations(&self) -> Violations {
        let id = UsageLogId::new(0);
        self.clone().ended(id, id.timestamp()).violations()
    }
}
