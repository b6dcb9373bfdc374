//! The rows of a lease, and whether it still holds.

use genledger_contract::{Entity, Error, ErrorKind, Result, SessionExt, Tx};

use super::evidence::Evidence;
use super::lease::Lease;
pub(super) use crate::generation::change::overtaken;
use crate::generation::{
    GenerationAttempt, GenerationStatus, GenerationTask, SubmitState, TaskReady,
};

/// An attempt and its task, as they were read.
pub(super) struct Held<T> {
    pub(super) attempt: GenerationAttempt,
    pub(super) task: T,
}

/// The answer of a verb of a holder. A refusal is not an error of the transaction: what the verb did nevertheless is
/// committed.
pub(super) enum Answer<R> {
    Done(R),
    Refused {
        error: Error,
        /// What the verb reported, which is kept.
        evidence: Option<Evidence>,
    },
}

impl<R> Answer<R> {
    pub(super) const fn refused(error: Error) -> Self {
        let evidence = None;
        Self::Refused { error, evidence }
    }
}

/// The rows of a lease; the task also if it is deleted, and `None` if it is gone.
pub(super) async fn rows<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
) -> Result<(GenerationAttempt, Option<T>)> {
    let attempt = tx.find::<GenerationAttempt>(&lease.attempt_id).await?;
    let of_task = |row: &GenerationAttempt| {
        row.media == T::MEDIUM && row.task_id == Some(lease.task_id.into())
    };
    let attempt = attempt.filter(of_task).ok_or_else(|| {
        let message = "no attempt of the task has this id";
        Error::new(ErrorKind::NotFound, message).with_table(GenerationAttempt::TABLE.name)
    })?;
    let task = tx.find::<T>(&lease.task_id).await?;
    Ok((attempt, task))
}

/// The task, which must not be deleted.
pub(super) fn live<T: GenerationTask>(task: Option<T>) -> Result<T> {
    task.filter(|task| !task.stamps().is_deleted)
        .ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "no task has this id").with_table(T::TABLE.name)
        })
}

/// The task as it is today, for a repeated verb.
pub(super) fn today<T: GenerationTask>(task: Option<T>) -> Result<T> {
    task.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "no task has this id").with_table(T::TABLE.name)
    })
}

/// Whether the attempt is open and the lease its latest one.
pub(super) fn is_current<I>(attempt: &GenerationAttempt, lease: &Lease<I>) -> bool {
    attempt.outcome.is_none() && attempt.seq == lease.seq && attempt.expires_at.is_some()
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
