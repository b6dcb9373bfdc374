//! A change of an attempt, its task and its account, in one transaction.

use chrono::{DateTime, Utc};
use genledger_contract::query::{Changes, Guard};
use genledger_contract::{Entity, Result, SessionExt, Tx};

use super::account_row::{self, Slot, same};
use super::held::{Held, foreign_write, overtaken};
use crate::generation::event::{self, TaskEvent};
use crate::generation::{
    AccountState, AttemptOutcome, Edit, FailureCode, GenerationAttempt, GenerationStatus,
    GenerationTask, StampsColumns as _, TaskReady, TaskStateColumns as _,
};

/// The changes of a verb.
pub(super) struct Step<T> {
    pub(super) attempt: Changes<GenerationAttempt>,
    pub(super) task: Changes<T>,
    pub(super) slot: Slot,
    pub(super) event: Option<TaskEvent>,
    /// The version of the task, for a change by a user.
    version: Option<i64>,
}

impl<T: GenerationTask> Step<T> {
    /// The attempt ends, and its slot is free.
    pub(super) fn ends(outcome: AttemptOutcome, now: DateTime<Utc>) -> Self {
        let attempt = vec![
            GenerationAttempt::OUTCOME.set(outcome),
            GenerationAttempt::ENDED_AT.set(now),
            GenerationAttempt::EXPIRES_AT.set(None::<DateTime<Utc>>),
        ];
        Self::of(attempt, Slot::Released)
    }

    /// The lease ends, and the attempt stays open: the provider works on the task.
    pub(super) fn detaches() -> Self {
        let attempt = vec![
            GenerationAttempt::SEQ.plus(1),
            GenerationAttempt::EXPIRES_AT.set(None::<DateTime<Utc>>),
        ];
        let mut step = Self::of(attempt, Slot::Kept);
        step.task.push(T::LEASE_SEQ.plus(1));
        step
    }

    /// The attempt and its lease continue.
    pub(super) const fn keeps() -> Self {
        Self::of(Vec::new(), Slot::Kept)
    }

    const fn of(attempt: Changes<GenerationAttempt>, slot: Slot) -> Self {
        Self {
            attempt,
            task: Vec::new(),
            slot,
            event: Some(TaskEvent::StatusChanged),
            version: None,
        }
    }

    /// A user makes the change: the task must have the version.
    pub(super) fn by(mut self, edit: Option<&Edit>) -> Self {
        if let Some(edit) = edit {
            self.version = Some(edit.version);
            self.task.push(T::UPDATE_BY.set(edit.by.clone()));
        }
        self
    }

    /// The next status of the task.
    pub(super) fn status(mut self, status: GenerationStatus, ready: TaskReady) -> Self {
        self.task
            .extend([T::GENERATION_STATUS.set(status), T::READY.set(ready)]);
        self
    }

    /// The error, of the attempt and of the task.
    pub(super) fn error(self, code: &FailureCode, message: Option<&str>) -> Self {
        let mut step = self.attempt_error(code, message);
        step.task.extend([
            T::ERROR_CODE.set(code.as_str()),
            T::ERROR_MESSAGE.set(message.map(str::to_owned)),
        ]);
        step
    }

    /// The error, of the attempt only.
    pub(super) fn attempt_error(mut self, code: &FailureCode, message: Option<&str>) -> Self {
        self.attempt.extend([
            GenerationAttempt::ERROR_CODE.set(code.as_str()),
            GenerationAttempt::ERROR_MESSAGE.set(message.map(str::to_owned)),
        ]);
        self
    }

    /// Applies the changes if the rows are as they were read, and returns the task as it is afterwards. The task must
    /// be that of the attempt and have the status and readiness that were read.
    pub(super) async fn apply(
        self,
        tx: &Tx,
        held: &Held<T>,
        now: DateTime<Utc>,
        account: Option<impl FnOnce(&AccountState) -> AccountState>,
    ) -> Result<T> {
        let attempt = &held.attempt;
        change_attempt(tx, attempt, self.attempt).await?;
        let mut guard: Guard<T> = T::ATTEMPT_ID.eq(attempt.id);
        if let Some(version) = self.version {
            guard = guard & T::VERSION.eq(version);
        }
        let task = change_task(tx, &held.task, guard, self.task, now).await?;
        let task = task.ok_or_else(|| match self.version {
            // Changed since it was read, or only ready by now: which of the two is found out by reading it again.
            Some(_) => overtaken(T::TABLE.name),
            None => foreign_write::<T>(),
        })?;
        if let Some(id) = attempt.account_id {
            match account {
                Some(change) => {
                    account_row::change(tx, id, T::MEDIUM, self.slot, now, change).await?;
                }
                None if self.slot == Slot::Released => {
                    account_row::change(tx, id, T::MEDIUM, self.slot, now, |state| *state).await?;
                }
                None => {}
            }
        }
        if let Some(what) = self.event {
            let from = Some(held.task.state().generation_status);
            event::append(tx, what, from, &task, now).await?;
        }
        Ok(task)
    }
}

/// Changes the attempt if it is open and has the fencing number, the submit state and the end of the lease that were
/// read: a heartbeat that came between must not be lost to a sweep.
pub(super) async fn change_attempt(
    tx: &Tx,
    attempt: &GenerationAttempt,
    changes: Changes<GenerationAttempt>,
) -> Result<()> {
    let unchanged = GenerationAttempt::SEQ.eq(attempt.seq)
        & GenerationAttempt::OUTCOME.is_null()
        & GenerationAttempt::SUBMIT_STATE.eq(attempt.submit_state)
        & same(GenerationAttempt::EXPIRES_AT, attempt.expires_at);
    if tx
        .update_if::<GenerationAttempt>(&attempt.id, unchanged, changes)
        .await?
    {
        Ok(())
    } else {
        Err(overtaken(GenerationAttempt::TABLE.name))
    }
}

/// Changes the task if it has the status and readiness that were read and satisfies a guard; `None` if not.
pub(super) async fn change_task<T: GenerationTask>(
    tx: &Tx,
    task: &T,
    guard: Guard<T>,
    changes: Changes<T>,
    now: DateTime<Utc>,
) -> Result<Option<T>> {
    let state = task.state();
    let unchanged = T::GENERATION_STATUS.eq(state.generation_status)
        & T::READY.eq(state.ready)
        & T::IS_DELETED.eq(false)
        & guard;
    let changes = changes.into_iter().chain([T::UPDATE_TIME.set(now)]);
    tx.update_returning::<T>(&task.id(), unchanged, changes)
        .await
}
