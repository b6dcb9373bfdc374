//! Verbs of a holder that do not end the attempt: start, submitted, heartbeat.

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::{Error, Result, Tx, Violations};

use super::answer::Answer;
use super::evidence::Evidence;
use super::held::{
    Held, foreign_write, is_current, is_detached, live, not_after, not_started, rows, stale,
    works_on,
};
use super::lease::Lease;
use super::step::{Step, change_attempt, extend};
use crate::generation::store_time::after;
use crate::generation::{
    AccountState, Edit, GenerationAttempt, GenerationStatus, GenerationTask, SubmitState,
    TaskReady, TaskStateColumns as _,
};

/// The most characters of an id of the provider.
const MAX_REMOTE_ID: usize = 100;

/// A change of an account that changes nothing.
type Unchanged = fn(&AccountState) -> AccountState;

/// Records that the request is sent now.
pub(super) async fn start<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    now: DateTime<Utc>,
) -> Result<Answer<()>> {
    let (attempt, task) = rows::<T>(tx, lease).await?;
    if is_current(&attempt, lease) && attempt.submit_state == SubmitState::Sent {
        return Ok(Answer::Done(()));
    }
    let held = Held {
        task: live(task)?,
        attempt,
    };
    if !is_current(&held.attempt, lease) {
        return Ok(Answer::refused(stale(lease, &held)));
    }
    if held.attempt.submit_state != SubmitState::NotSent {
        return Err(not_after::<T>(&held.attempt, SubmitState::Sent));
    }
    works_on(tx, &held, TaskReady::No).await?;
    let changes = vec![
        GenerationAttempt::SUBMIT_STATE.set(SubmitState::Sent),
        GenerationAttempt::SUBMITTED_AT.set(now),
    ];
    change_attempt(tx, &held.attempt, changes).await?;
    Ok(Answer::Done(()))
}

/// The rules of an id of the provider.
pub(super) fn check_remote_id(id: &str) -> Result<()> {
    let mut found = Violations::new();
    let path = "remote_task_id";
    found.check(id.is_empty(), path, "required", "must not be empty");
    let long = id.chars().nth(MAX_REMOTE_ID).is_some();
    found.check(
        long,
        path,
        "too_long",
        "must not be longer than 100 characters",
    );
    found.check(
        id.contains('\0'),
        path,
        "nul_character",
        "must not contain a NUL character",
    );
    found.into_result().map_err(Error::from)
}

/// Records that the provider has accepted the task.
pub(super) async fn submitted<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    remote_task_id: &str,
    now: DateTime<Utc>,
) -> Result<Answer<()>> {
    let (attempt, task) = rows::<T>(tx, lease).await?;
    let is_accepted = attempt.submit_state == SubmitState::Accepted;
    if is_accepted && attempt.remote_task_id.as_deref() == Some(remote_task_id) {
        return Ok(Answer::Done(()));
    }
    let held = Held {
        task: live(task)?,
        attempt,
    };
    let attempt = &held.attempt;
    if is_detached(attempt, lease) && attempt.submit_state == SubmitState::Unknown {
        works_on(tx, &held, TaskReady::Undecided).await?;
        found(tx, &held, remote_task_id, None, now).await?;
        return Ok(Answer::Done(()));
    }
    let evidence = Some(Evidence::submitted(remote_task_id));
    if !is_current(attempt, lease) {
        let error = stale(lease, &held);
        return Ok(Answer::Refused { error, evidence });
    }
    match attempt.submit_state {
        SubmitState::Sent => {}
        SubmitState::NotSent => return Err(not_started()),
        SubmitState::Accepted => {
            let error = foreign_write::<T>();
            return Ok(Answer::Refused { error, evidence });
        }
        _ => return Err(not_after::<T>(attempt, SubmitState::Accepted)),
    }
    works_on(tx, &held, TaskReady::No).await?;
    let mut step = accepted::<T>(remote_task_id);
    step.event = None;
    step.apply(tx, &held, now, None::<Unchanged>).await?;
    Ok(Answer::Done(()))
}

/// The provider has the task under an id: without the end of a lease.
fn accepted<T: GenerationTask>(remote_task_id: &str) -> Step<T> {
    let mut step = Step::keeps();
    step.attempt.extend([
        GenerationAttempt::SUBMIT_STATE.set(SubmitState::Accepted),
        GenerationAttempt::REMOTE_TASK_ID.set(remote_task_id),
    ]);
    step.task.push(T::REMOTE_TASK_ID.set(remote_task_id));
    step
}

/// A task whose submission was unknown is found at the provider: it is polled again.
pub(super) async fn found<T: GenerationTask>(
    tx: &Tx,
    held: &Held<T>,
    remote_task_id: &str,
    edit: Option<&Edit>,
    now: DateTime<Utc>,
) -> Result<T> {
    accepted::<T>(remote_task_id)
        .status(GenerationStatus::Retrying, TaskReady::Resume)
        .by(edit)
        .apply(tx, held, now, None::<Unchanged>)
        .await
}

/// Extends the lease, and returns when it expires.
pub(super) async fn heartbeat<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    length: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Answer<DateTime<Utc>>> {
    let (attempt, task) = rows::<T>(tx, lease).await?;
    let held = Held {
        task: live(task)?,
        attempt,
    };
    let current = held
        .attempt
        .expires_at
        .filter(|_| is_current(&held.attempt, lease));
    let Some(current) = current else {
        return Ok(Answer::refused(stale(lease, &held)));
    };
    let expires_at = after(now, length)?;
    if current >= expires_at {
        return Ok(Answer::Done(current));
    }
    works_on(tx, &held, TaskReady::No).await?;
    extend(tx, &held.attempt, expires_at).await?;
    Ok(Answer::Done(expires_at))
}
