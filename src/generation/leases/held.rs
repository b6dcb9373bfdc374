//! The rows of a lease, and whether it still holds.

use genledger_contract::{Entity, Error, ErrorKind, Result, SessionExt, Tx};

use super::lease::Lease;
use crate::generation::change::overtaken;
use crate::generation::{
    GenerationAttempt, GenerationStatus, GenerationTask, SubmitState, TaskReady,
};

/// An attempt and its task, as they were read.
pub(super) struct Held<T> {
    pub(super) attempt: GenerationAttempt,
    pub(super) task: T,
}

/// The rows of a lease.
pub(super) struct Rows<T> {
    pub(super) attempt: GenerationAttempt,
    /// The task, also if it is deleted; `None` if it is gone.
    pub(super) task: Option<T>,
}

impl<T: GenerationTask> Rows<T> {
    /// The rows that were found; the attempt must be one of the task.
    pub(super) fn of(
        lease: &Lease<T::Id>,
        attempt: Option<GenerationAttempt>,
        task: Option<T>,
    ) -> Result<Self> {
        let of_task = |row: &GenerationAttempt| {
            row.media == T::MEDIUM && row.task_id == Some(lease.task_id.into())
        };
        let attempt = attempt.filter(of_task).ok_or_else(|| {
            let message = "no attempt of the task has this id";
            Error::new(ErrorKind::NotFound, message).with_table(GenerationAttempt::TABLE.name)
        })?;
        Ok(Self { attempt, task })
    }

    /// The rows of a task that is not deleted.
    pub(super) fn live(self) -> Result<Held<T>> {
        Ok(Held {
            task: live(self.task)?,
            attempt: self.attempt,
        })
    }
}

/// The task, which must not be deleted.
fn live<T: GenerationTask>(task: Option<T>) -> Result<T> {
    task.filter(|task| !task.stamps().is_deleted)
        .ok_or_else(not_found::<T>)
}

/// The error of a task that is gone or deleted.
pub(super) fn not_found<T: GenerationTask>() -> Error {
    Error::new(ErrorKind::NotFound, "no task has this id").with_table(T::TABLE.name)
}

/// Whether the attempt is open and the lease its latest one.
pub(super) fn is_current<I>(attempt: &GenerationAttempt, lease: &Lease<I>) -> bool {
    is_held(attempt, lease.seq)
}

/// Whether the attempt is open, and this the fencing number of its latest lease.
pub(in crate::generation) fn is_held(attempt: &GenerationAttempt, seq: i64) -> bool {
    attempt.outcome.is_none() && attempt.seq == seq && attempt.expires_at.is_some()
}

/// Whether the lease was given up or lost, and the attempt has not been resumed since.
pub(super) fn is_detached<I>(attempt: &GenerationAttempt, lease: &Lease<I>) -> bool {
    attempt.outcome.is_none()
        && attempt.expires_at.is_none()
        && lease.seq.checked_add(1) == Some(attempt.seq)
}

/// Checks that the task is the one of the open attempt, and is as the library has left it.
pub(super) async fn works_on<T: GenerationTask>(
    tx: &Tx,
    held: &Held<T>,
    ready: TaskReady,
) -> Result<()> {
    let (attempt, state) = (&held.attempt, held.task.state());
    let is_processing = state.generation_status == GenerationStatus::Processing;
    if is_processing && state.ready == ready && state.attempt_id == Some(attempt.id) {
        return Ok(());
    }
    // The task was read after the attempt: another verb may have ended both in between. Numbers and outcomes never
    // become what they were, so an attempt that is unchanged proves that none has.
    let now = tx.find::<GenerationAttempt>(&attempt.id).await?;
    let of = |row: &GenerationAttempt| (row.seq, row.outcome, row.submit_state);
    if now.as_ref().map(of) == Some(of(attempt)) {
        Err(foreign_write::<T>())
    } else {
        Err(overtaken(GenerationAttempt::TABLE.name))
    }
}

/// The error when something else than this library has changed the task of an open attempt.
pub(super) fn foreign_write<T: GenerationTask>() -> Error {
    Error::version_conflict().with_table(T::TABLE.name)
}

/// The error of a lease that does not hold any more.
pub(super) fn stale<T: GenerationTask>(lease: &Lease<T::Id>, held: &Held<T>) -> Error {
    let current = held.task.state().lease_seq.max(held.attempt.seq);
    let error = if current == lease.seq {
        Error::new(ErrorKind::StaleLease, "the attempt of the lease has ended")
    } else {
        Error::stale_lease(lease.seq, current)
    };
    error.with_table(T::TABLE.name)
}

/// The error of a report about an attempt that has not begun to submit.
pub(super) fn not_started() -> Error {
    let message = "the attempt was not started: start it before anything is sent";
    genledger_contract::Violation::new("submit_state", "not_started", message).into()
}

/// The error of a submit state that cannot follow the one of the attempt.
pub(super) fn not_after<T: GenerationTask>(
    attempt: &GenerationAttempt,
    next: SubmitState,
) -> Error {
    Error::invalid_transition(attempt.submit_state, next).with_table(T::TABLE.name)
}
