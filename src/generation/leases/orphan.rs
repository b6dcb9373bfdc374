//! Attempts that have an outcome while the provider may still work on them: their slots are released later.

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::query::Changes;
use genledger_contract::{Entity, Result, SessionExt, Tx};

use crate::generation::account_row::{self, Slot, StateChange};
use crate::generation::change::overtaken;
use crate::generation::store_time::after;
use crate::generation::{AttemptOutcome, GenerationAttempt, Medium, UseEnd};

/// How long the provider may work on a task after the library has given it up.
fn longest_work(medium: Medium) -> TimeDelta {
    TimeDelta::minutes(if medium == Medium::Video { 30 } else { 10 })
}

/// The changes of an attempt that gets an outcome and keeps its slot for now.
pub(super) fn orphaned(
    medium: Medium,
    outcome: AttemptOutcome,
    now: DateTime<Utc>,
) -> Result<Changes<GenerationAttempt>> {
    let expires_at = after(now, longest_work(medium))?;
    Ok(vec![
        GenerationAttempt::OUTCOME.set(outcome),
        GenerationAttempt::EXPIRES_AT.set(expires_at),
    ])
}

/// Whether the attempt has an outcome and keeps its slot.
pub(super) const fn is_orphan(attempt: &GenerationAttempt) -> bool {
    attempt.outcome.is_some() && attempt.ended_at.is_none()
}

/// Releases the slot of an attempt that has an outcome already. It is not counted as a success.
pub(super) async fn end(tx: &Tx, attempt: &GenerationAttempt, now: DateTime<Utc>) -> Result<()> {
    let still = GenerationAttempt::OUTCOME.is_not_null() & GenerationAttempt::ENDED_AT.is_null();
    let changes = [
        GenerationAttempt::ENDED_AT.set(now),
        GenerationAttempt::EXPIRES_AT.set(None::<DateTime<Utc>>),
    ];
    if !tx
        .update_if::<GenerationAttempt>(&attempt.id, still, changes)
        .await?
    {
        return Err(overtaken(GenerationAttempt::TABLE.name));
    }
    let Some(account) = attempt.account_id else {
        return Ok(());
    };
    let use_end = use_end(attempt, now);
    let medium = attempt.media;
    let change = StateChange::NoResult(use_end);
    account_row::change(tx, account, medium, Slot::Released, now, change).await
}

/// The end of the use that an attempt is.
pub(in crate::generation) const fn use_end(
    attempt: &GenerationAttempt,
    now: DateTime<Utc>,
) -> UseEnd {
    UseEnd {
        probe_until: attempt.probe_until_at,
        ..UseEnd::at(now)
    }
}
