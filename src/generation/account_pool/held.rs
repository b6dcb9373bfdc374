//! The verbs of a holder of an account without a task, in their transactions.

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::{Entity as _, Error, ErrorKind, Filter, Result, SessionExt, Tx};

use super::lease::AccountLease;
use crate::generation::account_row::StateChange;
use crate::generation::leases::answer::Answer;
use crate::generation::leases::evidence::Evidence;
use crate::generation::leases::held::is_held;
use crate::generation::leases::orphan::use_end;
use crate::generation::leases::step::{change_attempt, end_alone};
use crate::generation::leases::sweep::{Sweep, lost};
use crate::generation::settings::Settings;
use crate::generation::store_time::after;
use crate::generation::{AttemptOutcome, Failure, GenerationAttempt, SubmitState, UseEnd};

/// The attempt of a lease.
async fn attempt(tx: &Tx, lease: &AccountLease) -> Result<GenerationAttempt> {
    let attempt = tx.find::<GenerationAttempt>(&lease.attempt_id).await?;
    let of_account = |row: &GenerationAttempt| {
        row.task_id.is_none()
            && (row.media, row.account_id) == (lease.medium, Some(lease.account_id))
    };
    attempt.filter(of_account).ok_or_else(|| {
        let message = "no lease of the account has this id";
        Error::new(ErrorKind::NotFound, message).with_table(GenerationAttempt::TABLE.name)
    })
}

/// The error of a lease that does not hold any more.
fn stale(lease: &AccountLease, attempt: &GenerationAttempt) -> Error {
    let error = if attempt.seq == lease.account_seq {
        Error::new(ErrorKind::StaleLease, "the lease has ended")
    } else {
        Error::stale_lease(lease.account_seq, attempt.seq)
    };
    error.with_table(GenerationAttempt::TABLE.name)
}

/// Whether the lease has ended in this way.
fn has_ended(attempt: &GenerationAttempt, lease: &AccountLease, outcome: AttemptOutcome) -> bool {
    attempt.seq == lease.account_seq && attempt.outcome == Some(outcome)
}

/// Extends the lease, and returns when it expires.
pub(super) async fn heartbeat(
    tx: &Tx,
    lease: &AccountLease,
    length: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Answer<DateTime<Utc>>> {
    let attempt = attempt(tx, lease).await?;
    let held = is_held(&attempt, lease.account_seq);
    let Some(current) = attempt.expires_at.filter(|_| held) else {
        return Ok(Answer::refused(stale(lease, &attempt)));
    };
    let expires_at = after(now, length)?;
    if current >= expires_at {
        return Ok(Answer::Done(current));
    }
    let changes = vec![GenerationAttempt::EXPIRES_AT.set(expires_at)];
    change_attempt(tx, &attempt, changes).await?;
    Ok(Answer::Done(expires_at))
}

/// The use succeeded, which is counted.
pub(super) async fn complete(
    tx: &Tx,
    lease: &AccountLease,
    now: DateTime<Utc>,
) -> Result<Answer<()>> {
    let attempt = attempt(tx, lease).await?;
    if has_ended(&attempt, lease, AttemptOutcome::Succeeded) {
        return Ok(Answer::Done(()));
    }
    if !is_held(&attempt, lease.account_seq) {
        let (error, evidence) = (stale(lease, &attempt), Some(Evidence::succeeded()));
        return Ok(Answer::Refused { error, evidence });
    }
    let (outcome, end) = (AttemptOutcome::Succeeded, use_end(&attempt, now));
    end_alone(tx, &attempt, outcome, None, now, StateChange::Success(end)).await?;
    Ok(Answer::Done(()))
}

/// The use failed; the policy decides what happens to the account.
pub(super) async fn fail(
    tx: &Tx,
    settings: &Settings,
    lease: &AccountLease,
    failure: &Failure,
    now: DateTime<Utc>,
) -> Result<Answer<()>> {
    let attempt = attempt(tx, lease).await?;
    let same = attempt.error_code.as_deref() == Some(failure.code.as_str())
        && attempt.error_message == failure.message;
    if same && has_ended(&attempt, lease, AttemptOutcome::Failed) {
        return Ok(Answer::Done(()));
    }
    if !is_held(&attempt, lease.account_seq) {
        let (error, evidence) = (stale(lease, &attempt), Some(Evidence::failed(failure)));
        return Ok(Answer::Refused { error, evidence });
    }
    // Whether something was sent is known to the holder only, and decides nothing about an account.
    let verdict = settings.policy.judge(&failure.code, SubmitState::Sent);
    let end = UseEnd {
        retry_after: failure.retry_after,
        random: failure.random,
        ..use_end(&attempt, now)
    };
    let (medium, seq) = (attempt.media, attempt.account_seq);
    let cool_downs = settings.cool_downs;
    let failed =
        StateChange::of(move |state| state.after_failure(medium, seq, &verdict, &end, &cool_downs));
    let outcome = AttemptOutcome::Failed;
    end_alone(tx, &attempt, outcome, Some(failure), now, failed).await?;
    Ok(Answer::Done(()))
}

/// The account was not used, or nothing is known about it.
pub(super) async fn release(
    tx: &Tx,
    lease: &AccountLease,
    now: DateTime<Utc>,
) -> Result<Answer<()>> {
    let attempt = attempt(tx, lease).await?;
    if has_ended(&attempt, lease, AttemptOutcome::Released) {
        return Ok(Answer::Done(()));
    }
    if !is_held(&attempt, lease.account_seq) {
        return Ok(Answer::refused(stale(lease, &attempt)));
    }
    let (outcome, end) = (AttemptOutcome::Released, use_end(&attempt, now));
    end_alone(tx, &attempt, outcome, None, now, StateChange::NoResult(end)).await?;
    Ok(Answer::Done(()))
}

/// The sweep of leases without tasks, of both kinds of media: their slots are free.
pub(super) struct AccountSweep;

impl Sweep for AccountSweep {
    fn attempts(&self) -> Filter<GenerationAttempt> {
        GenerationAttempt::TASK_ID.is_null()
    }

    async fn rescue(&self, tx: &Tx, attempt: GenerationAttempt, now: DateTime<Utc>) -> Result<()> {
        lost(tx, &attempt, now).await
    }
}
