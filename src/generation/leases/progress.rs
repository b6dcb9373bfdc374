//! Verbs of a holder that do not end the attempt: start, submitted, heartbeat.

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::{Error, Result, Tx, Violations};

use super::evidence::Evidence;
use super::held::{
    Rows, foreign_write, is_current, is_detached, not_after, not_started, stale, works_on,
};
use super::lease::Lease;
use super::plan::{Plan, Refusal, Reply};
use super::step::Step;
use crate::generation::store_time::after;
use crate::generation::{
    GenerationAttempt, GenerationStatus, GenerationTask, SubmitState, TaskReady,
    TaskStateColumns as _,
};

/// The most characters of an id of the provider.
const MAX_REMOTE_ID: usize = 100;

/// Records that the request is sent now.
pub(super) async fn start<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    rows: Rows<T>,
    now: DateTime<Utc>,
) -> Result<Plan<T>> {
    if is_current(&rows.attempt, lease) && rows.attempt.submit_state == SubmitState::Sent {
        return rows.done();
    }
    let held = rows.live()?;
    if !is_current(&held.attempt, lease) {
        return Ok(Refusal::new(stale(lease, &held)).into());
    }
    if held.attempt.submit_state != SubmitState::NotSent {
        return Err(not_after::<T>(&held.attempt, SubmitState::Sent));
    }
    works_on(tx, &held, TaskReady::No).await?;
    let mut step = Step::keeps();
    step.event = None;
    step.attempt.extend([
        GenerationAttempt::SUBMIT_STATE.set(SubmitState::Sent),
        GenerationAttempt::SUBMITTED_AT.set(now),
    ]);
    Ok(held.write(step))
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
    rows: Rows<T>,
    remote_task_id: &str,
) -> Result<Plan<T>> {
    let is_accepted = rows.attempt.submit_state == SubmitState::Accepted;
    if is_accepted && rows.attempt.remote_task_id.as_deref() == Some(remote_task_id) {
        return rows.done();
    }
    let held = rows.live()?;
    let attempt = &held.attempt;
    if is_detached(attempt, lease) && attempt.submit_state == SubmitState::Unknown {
        works_on(tx, &held, TaskReady::Undecided).await?;
        return Ok(held.write(found(remote_task_id)));
    }
    let refused = |error| {
        let evidence = Evidence::submitted(remote_task_id);
        Ok(Refusal::new(error).with_evidence(evidence).into())
    };
    if !is_current(attempt, lease) {
        return refused(stale(lease, &held));
    }
    match attempt.submit_state {
        SubmitState::Sent => {}
        SubmitState::NotSent => return Err(not_started()),
        SubmitState::Accepted => return refused(foreign_write::<T>()),
        _ => return Err(not_after::<T>(attempt, SubmitState::Accepted)),
    }
    works_on(tx, &held, TaskReady::No).await?;
    let mut step = accepted::<T>(remote_task_id);
    step.event = None;
    Ok(held.write(step))
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
pub(super) fn found<T: GenerationTask>(remote_task_id: &str) -> Step<T> {
    accepted(remote_task_id).status(GenerationStatus::Retrying, TaskReady::Resume)
}

/// Extends the lease.
pub(super) async fn heartbeat<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    rows: Rows<T>,
    length: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Plan<T>> {
    let held = rows.live()?;
    let current = held
        .attempt
        .expires_at
        .filter(|_| is_current(&held.attempt, lease));
    let Some(current) = current else {
        return Ok(Refusal::new(stale(lease, &held)).into());
    };
    let expires_at = after(now, length)?;
    if current >= expires_at {
        return Ok(Plan::Done(Reply {
            task: held.task,
            expires_at: Some(current),
        }));
    }
    works_on(tx, &held, TaskReady::No).await?;
    let mut step = Step::keeps();
    step.event = None;
    step.attempt
        .push(GenerationAttempt::EXPIRES_AT.set(expires_at));
    Ok(Plan::Write {
        held,
        step,
        expires_at: Some(expires_at),
    })
}
