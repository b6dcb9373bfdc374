//! Verbs of a holder that end its lease: complete, fail, unknown, release.

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::{Result, SessionExt, Tx};

use super::evidence::Evidence;
use super::failing::{self, Found, Parked, parked};
use super::held::{
    Answer, Held, is_current, is_detached, live, not_after, not_started, rows, stale, today,
    works_on,
};
use super::lease::Lease;
use super::orphan::{self, is_orphan, use_end};
use super::report::{Failure, GenerationResult};
use super::settings::Settings;
use super::step::Step;
use crate::generation::{
    AccountState, AttemptOutcome, Edit, FailureCode, GenerationAttempt, GenerationStatus,
    GenerationTask, SubmitState, TaskReady, TaskStateColumns as _,
};

/// Nothing happens to an account whose attempt continues.
type Unchanged = fn(&AccountState) -> AccountState;

/// A lost lease that reports the end at the provider: the slot of an attempt with an outcome is free now.
async fn refuse<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    held: &Held<T>,
    evidence: Evidence,
    now: DateTime<Utc>,
) -> Result<Answer<T>> {
    if is_orphan(&held.attempt) {
        orphan::end(tx, &held.attempt, now).await?;
    }
    let evidence = Some(evidence);
    Ok(Answer::Refused {
        error: stale(lease, held),
        evidence,
    })
}

/// The task has its result, which is counted.
pub(super) async fn complete<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    result: &GenerationResult,
    now: DateTime<Utc>,
) -> Result<Answer<T>> {
    let (attempt, task) = rows::<T>(tx, lease).await?;
    if attempt.outcome == Some(AttemptOutcome::Succeeded) {
        let mut is_repeated = has_result(&attempt, task.as_ref(), result);
        if !is_repeated && attempt.result.is_none() {
            // The task was read after the attempt: if it was generated again in between, the attempt has its result now.
            let now = tx.find::<GenerationAttempt>(&attempt.id).await?;
            is_repeated = now.is_some_and(|now| has_result(&now, None::<&T>, result));
        }
        if is_repeated {
            return Ok(Answer::Done(today(task)?));
        }
    }
    let held = Held {
        task: live(task)?,
        attempt,
    };
    if !is_current(&held.attempt, lease) {
        return refuse(tx, lease, &held, Evidence::completed(result), now).await;
    }
    check_sent::<T>(&held.attempt, SubmitState::Accepted)?;
    works_on(tx, &held, TaskReady::No).await?;
    completed(tx, &held, result, None, now)
        .await
        .map(Answer::Done)
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
pub(super) async fn completed<T: GenerationTask>(
    tx: &Tx,
    held: &Held<T>,
    result: &GenerationResult,
    edit: Option<&Edit>,
    now: DateTime<Utc>,
) -> Result<T> {
    let mut step = Step::ends(AttemptOutcome::Succeeded, now)
        .status(GenerationStatus::Completed, TaskReady::No);
    let took = held
        .task
        .state()
        .started_at
        .map_or(TimeDelta::zero(), |started| now - started);
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
    let counted = |state: &AccountState| state.after_success(T::MEDIUM, &end);
    step.by(edit).apply(tx, held, now, Some(counted)).await
}

/// The attempt failed; the policy decides what happens.
pub(super) async fn fail<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    lease: &Lease<T::Id>,
    failure: &Failure,
    now: DateTime<Utc>,
) -> Result<Answer<T>> {
    let (attempt, task) = rows::<T>(tx, lease).await?;
    let has_ended = attempt.seq == lease.seq
        && matches!(
            attempt.outcome,
            Some(AttemptOutcome::Failed | AttemptOutcome::LeaseLost)
        );
    if (has_ended || is_detached(&attempt, lease)) && has_failure(&attempt, failure) {
        return Ok(Answer::Done(today(task)?));
    }
    let held = Held {
        task: live(task)?,
        attempt,
    };
    if !is_current(&held.attempt, lease) {
        return refuse(tx, lease, &held, Evidence::failed(failure), now).await;
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
    failing::fail(tx, settings, &held, found, now)
        .await
        .map(Answer::Done)
}

fn has_failure(attempt: &GenerationAttempt, failure: &Failure) -> bool {
    attempt.error_code.as_deref() == Some(failure.code.as_str())
        && attempt.error_message == failure.message
}

/// It is not known whether the provider has accepted the task.
pub(super) async fn unknown<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    now: DateTime<Utc>,
) -> Result<Answer<T>> {
    let (attempt, task) = rows::<T>(tx, lease).await?;
    if is_detached(&attempt, lease) && attempt.submit_state == SubmitState::Unknown {
        return Ok(Answer::Done(today(task)?));
    }
    let held = Held {
        task: live(task)?,
        attempt,
    };
    if !is_current(&held.attempt, lease) {
        return Ok(Answer::refused(stale(lease, &held)));
    }
    match held.attempt.submit_state {
        SubmitState::Sent => {}
        SubmitState::NotSent => return Err(not_started()),
        _ => return Err(not_after::<T>(&held.attempt, SubmitState::Unknown)),
    }
    works_on(tx, &held, TaskReady::No).await?;
    let step = failing::unknown::<T>();
    step.apply(tx, &held, now, None::<Unchanged>)
        .await
        .map(Answer::Done)
}

/// The holder gives the task back.
pub(super) async fn release<T: GenerationTask>(
    tx: &Tx,
    lease: &Lease<T::Id>,
    now: DateTime<Utc>,
) -> Result<Answer<T>> {
    let (attempt, task) = rows::<T>(tx, lease).await?;
    let released = attempt.seq == lease.seq && attempt.outcome == Some(AttemptOutcome::Released);
    if released || is_detached(&attempt, lease) {
        return Ok(Answer::Done(today(task)?));
    }
    let held = Held {
        task: live(task)?,
        attempt,
    };
    if !is_current(&held.attempt, lease) {
        return Ok(Answer::refused(stale(lease, &held)));
    }
    works_on(tx, &held, TaskReady::No).await?;
    match held.attempt.submit_state {
        SubmitState::NotSent => {
            let end = use_end(&held.attempt, now);
            Step::ends(AttemptOutcome::Released, now)
                .status(GenerationStatus::Retrying, TaskReady::Fresh)
                .apply(
                    tx,
                    &held,
                    now,
                    Some(|state: &AccountState| state.after_no_result(T::MEDIUM, &end)),
                )
                .await
        }
        SubmitState::Sent => {
            let step = failing::unknown::<T>();
            step.apply(tx, &held, now, None::<Unchanged>).await
        }
        SubmitState::Accepted => put_aside(tx, &held, now).await,
        _ => return Err(not_after::<T>(&held.attempt, SubmitState::NotSent)),
    }
    .map(Answer::Done)
}

/// The provider works on the task, and its holder does not: it can be resumed at once.
pub(super) async fn put_aside<T: GenerationTask>(
    tx: &Tx,
    held: &Held<T>,
    now: DateTime<Utc>,
) -> Result<T> {
    match parked::<T>(&held.attempt, TimeDelta::zero(), now)? {
        Parked::Waits(step) => step.apply(tx, held, now, None::<Unchanged>).await,
        Parked::TooLate(step) => {
            let end = use_end(&held.attempt, now);
            let step = step.attempt_error(&FailureCode::POLL_TIMEOUT, None);
            step.apply(
                tx,
                held,
                now,
                Some(|state: &AccountState| state.after_no_result(T::MEDIUM, &end)),
            )
            .await
        }
    }
}
