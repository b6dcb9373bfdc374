//! The end of a task by a user: cancel, give up.

use chrono::{DateTime, Utc};
use genledger_contract::{Error, Result, SessionExt, Tx};

use super::failing::failed;
use super::held::Held;
use super::orphan::{orphaned, use_end};
use super::step::{Step, change_task};
use crate::generation::account_row::StateChange;
use crate::generation::change::{Expected, checked, overtaken};
use crate::generation::event::{self, TaskEvent};
use crate::generation::{
    AttemptOutcome, Edit, FailureCode, GenerationAttempt, GenerationStatus, GenerationTask,
    SubmitState, TaskStateColumns as _,
};

/// Why a user ends a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Cancelled,
    /// The error of the last attempt stays, if there is one.
    GivenUp,
}

impl Reason {
    const fn code(self) -> FailureCode {
        match self {
            Self::Cancelled => FailureCode::CANCELLED,
            Self::GivenUp => FailureCode::GIVEN_UP,
        }
    }

    const fn allows(self, status: GenerationStatus) -> bool {
        match status {
            GenerationStatus::Retrying => true,
            GenerationStatus::Pending | GenerationStatus::Processing => {
                matches!(self, Self::Cancelled)
            }
            _ => false,
        }
    }
}

/// The task fails; the slot of an open attempt is free, at once if nothing was sent, otherwise when the provider has
/// certainly finished.
pub(super) async fn end<T: GenerationTask>(
    tx: &Tx,
    id: T::Id,
    edit: &Edit,
    reason: Reason,
    now: DateTime<Utc>,
) -> Result<T> {
    let task = tx.find::<T>(&id).await?;
    let code = reason.code();
    let done = |row: &T| {
        let state = row.state();
        let is_failed = state.generation_status == GenerationStatus::Failed;
        let same = state.error_code.as_deref() == Some(code.as_str());
        Expected {
            deleted: false,
            done: is_failed && (same || reason == Reason::GivenUp),
        }
    };
    let task = match checked(task, edit, done)? {
        Ok(task) => task,
        Err(done) => return Ok(done),
    };
    let status = task.state().generation_status;
    if !reason.allows(status) {
        let error = Error::invalid_transition(status, GenerationStatus::Failed);
        return Err(error.with_table(T::TABLE.name));
    }
    let keeps_error = reason == Reason::GivenUp && task.state().error_code.is_some();
    let ended = |step: Step<T>| {
        let mut step = failed(step, now).by(Some(edit));
        if !keeps_error {
            step.task.extend([
                T::ERROR_CODE.set(code.as_str()),
                T::ERROR_MESSAGE.set(None::<String>),
            ]);
        }
        step
    };
    let attempt = match task.state().attempt_id {
        Some(id) => tx.find::<GenerationAttempt>(&id).await?,
        None => None,
    };
    let Some(attempt) = attempt.filter(|attempt| attempt.outcome.is_none()) else {
        let step = ended(Step::keeps());
        let version = T::VERSION.eq(edit.version);
        let changed = change_task(tx, &task, version, step.task, now).await?;
        // A task that waits becomes ready without another version.
        let changed = changed.ok_or_else(|| overtaken(T::TABLE.name))?;
        event::append(tx, TaskEvent::StatusChanged, Some(status), &changed, now).await?;
        return Ok(changed);
    };
    let cancelled = AttemptOutcome::Cancelled;
    let step = if attempt.submit_state == SubmitState::NotSent {
        let end = use_end(&attempt, now);
        Step::ends(cancelled, now).on_account(StateChange::NoResult(end))
    } else {
        let mut step = Step::keeps();
        step.attempt = orphaned(T::MEDIUM, cancelled, now)?;
        step
    };
    let held = Held { attempt, task };
    ended(step).apply(tx, held, now).await
}
