//! What a failure does to a task, its attempt and its account.

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::{Result, SessionExt, Tx};

use super::held::Held;
use super::report::Failure;
use super::step::Step;
use crate::generation::account_row::StateChange;
use crate::generation::event::TaskEvent;
use crate::generation::settings::Settings;
use crate::generation::store_time::after;
use crate::generation::{
    AccountEffect, AttemptOutcome, Continuation, Edit, FailureCode, GenerationAttempt,
    GenerationStatus, GenerationTask, MAX_TASK_RETRY_AFTER, MediaEffect, Medium, ProviderAccount,
    RetryState, SubmitState, TaskReady, TaskStateColumns as _, TaskVerdict, UseEnd, Verdict,
};

/// How long a task is polled before it fails.
const fn longest_poll(medium: Medium) -> TimeDelta {
    match medium {
        Medium::Video => TimeDelta::hours(24),
        _ => TimeDelta::hours(1),
    }
}

/// The wait before a task is polled again after a failure of polling.
const POLL_AGAIN: TimeDelta = TimeDelta::seconds(30);

/// The verdict that fits the submit state: a policy cannot park what was never accepted, and what was never sent is not
/// unknown.
fn fitting(verdict: TaskVerdict, state: SubmitState) -> TaskVerdict {
    match (verdict, state) {
        (TaskVerdict::Park { .. } | TaskVerdict::SubmitUnknown, SubmitState::NotSent) => {
            TaskVerdict::Retry
        }
        (TaskVerdict::Park { .. }, SubmitState::Sent) => TaskVerdict::SubmitUnknown,
        (TaskVerdict::SubmitUnknown, SubmitState::Accepted) => {
            TaskVerdict::Park { wait: POLL_AGAIN }
        }
        (verdict, _) => verdict,
    }
}

/// A failure of an attempt, and who has found it.
pub(super) struct Found<'a> {
    pub(super) failure: &'a Failure,
    pub(super) verdict: Verdict,
    /// The submit state by which it was judged.
    pub(super) state: SubmitState,
    /// The outcome of an attempt that ends.
    pub(super) outcome: AttemptOutcome,
    /// The change of a user, if it is one.
    pub(super) edit: Option<&'a Edit>,
}

/// What a failure does, by its verdict.
pub(super) async fn fail<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    held: &Held<T>,
    found: Found<'_>,
    now: DateTime<Utc>,
) -> Result<Step<T>> {
    let attempt = &held.attempt;
    let Found {
        failure,
        verdict,
        state,
        outcome,
        edit,
    } = found;
    let end = UseEnd {
        at: now,
        probe_until: attempt.probe_until_at,
        retry_after: failure.retry_after,
        random: failure.random,
    };
    let message = failure.message.as_deref();
    let ends = || Step::<T>::ends(outcome, now).error(&failure.code, message);
    let (step, has_ended) = match fitting(verdict.task, state) {
        TaskVerdict::Final => (failed(ends(), now), true),
        TaskVerdict::Retry => {
            let state = retry_state(tx, held).await?;
            (continued(ends(), state.retry(&end), attempt, now), true)
        }
        TaskVerdict::Hop { wait } => {
            let state = retry_state(tx, held).await?;
            (continued(ends(), state.hop(wait, &end), attempt, now), true)
        }
        TaskVerdict::SubmitUnknown => {
            let step = unknown().error(&failure.code, message);
            (step, false)
        }
        TaskVerdict::Park { wait } => {
            let requested = failure
                .retry_after
                .unwrap_or_default()
                .min(MAX_TASK_RETRY_AFTER);
            match parked(attempt, wait.max(requested), now)? {
                Parked::Waits(step) => (step.error(&failure.code, message), false),
                Parked::TooLate(step) => (step.attempt_error(&failure.code, message), true),
            }
        }
    };
    // A probe is decided at the end of its attempt, and by what the provider says about the account.
    let concerns = verdict.media != MediaEffect::None || verdict.account != AccountEffect::None;
    if !has_ended && !concerns {
        return Ok(step.by(edit));
    }
    let (cool_downs, account_seq) = (settings.cool_downs, attempt.account_seq);
    let is_probe = has_ended || verdict.media != MediaEffect::None;
    let probe_until = end.probe_until.filter(|_| is_probe);
    let end = UseEnd { probe_until, ..end };
    let step = step.on_account(StateChange::of(move |state| {
        state.after_failure(T::MEDIUM, account_seq, &verdict, &end, &cool_downs)
    }));
    Ok(step.by(edit))
}

/// The retries of the task, and how many its account allows.
async fn retry_state<T: GenerationTask>(tx: &Tx, held: &Held<T>) -> Result<RetryState> {
    let account = match held.attempt.account_id {
        Some(id) => tx.find::<ProviderAccount>(&id).await?,
        None => None,
    };
    let state = held.task.state();
    Ok(RetryState {
        retry_count: state.retry_count,
        hop_count: state.hop_count,
        max_retry_count: account.map_or(0, |account| account.max_retry_count),
    })
}

/// The task fails.
pub(super) fn failed<T: GenerationTask>(step: Step<T>, now: DateTime<Utc>) -> Step<T> {
    let mut step = step.status(GenerationStatus::Failed, TaskReady::No);
    step.task.push(T::FINISHED_AT.set(now));
    step
}

/// The task is retried later, or fails.
fn continued<T: GenerationTask>(
    step: Step<T>,
    continuation: Continuation,
    attempt: &GenerationAttempt,
    now: DateTime<Utc>,
) -> Step<T> {
    let Continuation::At {
        next_retry_at,
        retry_count,
        hop_count,
        avoids_account,
    } = continuation
    else {
        return failed(step, now);
    };
    let mut step = step.status(GenerationStatus::Retrying, TaskReady::Waits);
    step.task.extend([
        T::NEXT_RETRY_AT.set(next_retry_at),
        T::RETRY_COUNT.set(retry_count),
        T::HOP_COUNT.set(hop_count),
    ]);
    if avoids_account {
        step.task.push(T::AVOID_ACCOUNT_ID.set(attempt.account_id));
    }
    step
}

/// The task may have been submitted: a decision is required.
pub(super) fn unknown<T: GenerationTask>() -> Step<T> {
    let mut step = Step::detaches();
    step.attempt
        .push(GenerationAttempt::SUBMIT_STATE.set(SubmitState::Unknown));
    step.task.push(T::READY.set(TaskReady::Undecided));
    step.event = Some(TaskEvent::SubmitUnknown);
    step
}

/// What becomes of a task that is polled.
pub(super) enum Parked<T> {
    /// It is polled again.
    Waits(Step<T>),
    /// The provider has had enough time: it fails, and the attempt ends.
    TooLate(Step<T>),
}

/// The task is polled again after a wait, at once if it is zero, unless the provider has had enough time.
pub(super) fn parked<T: GenerationTask>(
    attempt: &GenerationAttempt,
    wait: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Parked<T>> {
    let started = attempt.started_at.unwrap_or(now);
    if now.signed_duration_since(started) >= longest_poll(T::MEDIUM) {
        let mut step = failed(Step::<T>::ends(AttemptOutcome::LeaseLost, now), now);
        step.task.extend([
            T::ERROR_CODE.set(FailureCode::POLL_TIMEOUT.as_str()),
            T::ERROR_MESSAGE.set(None::<String>),
        ]);
        return Ok(Parked::TooLate(step));
    }
    let step = Step::detaches();
    if wait <= TimeDelta::zero() {
        let step = step.status(GenerationStatus::Retrying, TaskReady::Resume);
        return Ok(Parked::Waits(step));
    }
    let again = after(now, wait)?;
    let mut step = step.status(GenerationStatus::Retrying, TaskReady::WaitsToResume);
    step.task.push(T::NEXT_RETRY_AT.set(again));
    Ok(Parked::Waits(step))
}
