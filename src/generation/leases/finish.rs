//! Verbs of a holder that end its lease: complete, fail, unknown, release.

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::{Result, SessionExt, Tx};

use super::evidence::Evidence;
use super::failing::{self, Found, Parked, parked};
use super::held::{Held, Rows, is_current, is_detached, not_after, not_started, stale, works_on};
use super::lease::Lease;
use super::orphan::use_end;
use super::plan::{Plan, Refusal};
use super::report::{Failure, GenerationResult};
use super::step::Step;
use crate::generation::account_row::StateChange;
use crate::generation::settings::Settings;
use crate::generation::{
    AttemptOutcome, FailureCode, GenerationAttempt, GenerationStatus, GenerationTask, SubmitState,
    TaskReady, TaskStateColumns as _,
};

/// A lost lease that reports the end at the provider.
fn refused<T: GenerationTask>(lease: &Lease<T::Id>, held: &Held<T>, evidence: Evidence) -> Plan<T> {
    Refusal::new(stale(lease, held))
        .with_evidence(evidence)
        .freeing(&held.attempt)
        .into()
}

/// The task has its result, which is counted.
pub(super) async fn complete<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    rows: Rows<T>,
    result: &GenerationResult,
    now: DateTime<Utc>,
) -> Result<Plan<T>> {
    let attempt = &rows.attempt;
    if attempt.outcome == Some(AttemptOutcome::Succeeded) {
        let mut is_repeated = has_result(attempt, rows.task.as_ref(), result);
        if !is_repeated && attempt.result.is_none() {
            // The task was read after the attempt: if it was generated again in between, the attempt has its result now.
            let now = tx.find::<GenerationAttempt>(&attempt.id).await?;
            is_repeated = now.is_some_and(|now| has_result(&now, None::<&T>, result));
        }
        if is_repeated {
            return rows.done();
        }
    }
    let held = rows.live()?;
    if !is_current(&held.attempt, lease) {
        return Ok(refused(lease, &held, Evidence::completed(result)));
    }
    check_sent::<T>(&held.attempt, SubmitState::Accepted)?;
    works_on(tx, &held, TaskReady::No).await?;
    let step = completed(&held, result, now);
    Ok(held.write(step))
}

/// Whether the result of an attempt that succeeded is this one: that of the task, or what it was before the task was
/// generated again.
fn has_result<T: GenerationTask>(
    attempt: &GenerationAttempt,
    task: Option<&T>,
    result: &GenerationResult,
) -> bool {
    if let Some(kept) = &attempt.result {
        return *kept == GenerationResult::kept(&result.urls, &result.local_paths);
    }
    task.is_some_and(|task| {
        task.state().attempt_id == Some(attempt.id)
            && (task.urls(), task.local_paths()) == (&result.urls, &result.local_paths)
    })
}

/// The attempt was sent, and its end can be reported.
fn check_sent<T: GenerationTask>(attempt: &GenerationAttempt, next: SubmitState) -> Result<()> {
    match attempt.submit_state {
        SubmitState::Sent | SubmitState::Accepted => Ok(()),
        SubmitState::NotSent => Err(not_started()),
        SubmitState::Unknown | SubmitState::Unrecognized(_) => Err(not_after::<T>(attempt, next)),
    }
}

/// Writes a result: the slot is free, and the account counts a success on the day of the commit.
pub(super) fn completed<T: GenerationTask>(
    held: &Held<T>,
    result: &GenerationResult,
    now: DateTime<Utc>,
) -> Step<T> {
    let mut step = Step::ends(AttemptOutcome::Succeeded, now)
        .status(GenerationStatus::Completed, TaskReady::No);
    let started = held.task.state().started_at;
    let took = started.map_or(TimeDelta::zero(), |started| now - started);
    let seconds = i32::try_from(took.num_seconds().max(0)).unwrap_or(i32::MAX);
    step.task.extend([
        T::URLS.set(&result.urls),
        T::LOCAL_PATHS.set(&result.local_paths),
        T::GENERATION_TIME.set(seconds),
        T::ERROR_CODE.set(None::<String>),
        T::ERROR_MESSAGE.set(None::<String>),
        T::FINISHED_AT.set(now),
    ]);
    let end = use_end(&held.attempt, now);
    step.on_account(StateChange::Success(end))
}

/// The attempt failed; the policy decides what happens.
pub(super) async fn fail<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    lease: &Lease<T::Id>,
    rows: Rows<T>,
    failure: &Failure,
    now: DateTime<Utc>,
) -> Result<Plan<T>> {
    let attempt = &rows.attempt;
    let has_ended = attempt.seq == lease.seq
        && matches!(
            attempt.outcome,
            Some(AttemptOutcome::Failed | AttemptOutcome::LeaseLost)
        );
    if (has_ended || is_detached(attempt, lease)) && has_failure(attempt, failure) {
        return rows.done();
    }
    let held = rows.live()?;
    if !is_current(&held.attempt, lease) {
        return Ok(refused(lease, &held, Evidence::failed(failure)));
    }
    works_on(tx, &held, TaskReady::No).await?;
    let state = held.attempt.submit_state;
    let found = Found {
        failure,
        verdict: settings.policy.judge(&failure.code, state),
        state,
        outcome: AttemptOutcome::Failed,
        edit: None,
    };
    let step = failing::fail(tx, settings, &held, found, now).await?;
    Ok(held.write(step))
}

fn has_failure(attempt: &GenerationAttempt, failure: &Failure) -> bool {
    attempt.error_code.as_deref() == Some(failure.code.as_str())
        && attempt.error_message == failure.message
}

/// It is not known whether the provider has accepted the task.
pub(super) async fn unknown<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    rows: Rows<T>,
) -> Result<Plan<T>> {
    if is_detached(&rows.attempt, lease) && rows.attempt.submit_state == SubmitState::Unknown {
        return rows.done();
    }
    let held = rows.live()?;
    if !is_current(&held.attempt, lease) {
        return Ok(Refusal::new(stale(lease, &held)).into());
    }
    match held.attempt.submit_state {
        SubmitState::Sent => {}
        SubmitState::NotSent => return Err(not_started()),
        _ => return Err(not_after::<T>(&held.attempt, SubmitState::Unknown)),
    }
    works_on(tx, &held, TaskReady::No).await?;
    Ok(held.write(failing::unknown()))
}

/// The holder gives the task back.
pub(super) async fn release<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    rows: Rows<T>,
    now: DateTime<Utc>,
) -> Result<Plan<T>> {
    let attempt = &rows.attempt;
    let released = attempt.seq == lease.seq && attempt.outcome == Some(AttemptOutcome::Released);
    if released || is_detached(attempt, lease) {
        return rows.done();
    }
    let held = rows.live()?;
    if !is_current(&held.attempt, lease) {
        return Ok(Refusal::new(stale(lease, &held)).into());
    }
    works_on(tx, &held, TaskReady::No).await?;
    let step = match held.attempt.submit_state {
        SubmitState::NotSent => given_back(&held.attempt, now),
        SubmitState::Sent => failing::unknown(),
        SubmitState::Accepted => put_aside(&held.attempt, now)?,
        _ => return Err(not_after::<T>(&held.attempt, SubmitState::NotSent)),
    };
    Ok(held.write(step))
}

/// The task was not sent, and can be claimed again at once.
pub(super) fn given_back<T: GenerationTask>(
    attempt: &GenerationAttempt,
    now: DateTime<Utc>,
) -> Step<T> {
    let end = use_end(attempt, now);
    Step::ends(AttemptOutcome::Released, now)
        .status(GenerationStatus::Retrying, TaskReady::Fresh)
        .on_account(StateChange::NoResult(end))
}

/// The provider works on the task, and its holder does not: it can be resumed at once.
pub(super) fn put_aside<T: GenerationTask>(
    attempt: &GenerationAttempt,
    now: DateTime<Utc>,
) -> Result<Step<T>> {
    Ok(match parked::<T>(attempt, TimeDelta::zero(), now)? {
        Parked::Waits(step) => step,
        Parked::TooLate(step) => {
            let end = use_end(attempt, now);
            step.attempt_error(&FailureCode::POLL_TIMEOUT, None)
                .on_account(StateChange::NoResult(end))
        }
    })
}
