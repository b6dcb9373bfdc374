//! Expired leases: their tasks are rescued, and their slots released.

use std::marker::PhantomData;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use genledger_contract::store::StoreClock;
use genledger_contract::{Error, Filter, Query, Result, SessionExt, Tx};

use super::failing::{self, Found};
use super::finish::put_aside;
use super::held::Held;
use super::orphan::{self, is_orphan, orphaned, use_end};
use super::report::Failure;
use super::step::{change_attempt, end_alone};
use crate::generation::account_row::StateChange;
use crate::generation::settings::Settings;
use crate::generation::{
    AttemptOutcome, ErrorClass, FailureCode, GenerationAttempt, GenerationStatus, GenerationTask,
    SubmitState, TaskReady,
};
use crate::store_or_tx::StoreOrTx;

/// The most attempts of one round.
const ROUND: u32 = 100;

/// The result of a round of the sweep.
///
/// ```
/// use genledger::generation::{GenerationLeases, ImageTask};
///
/// /// The loop that one process of a service runs, or several; `sleep` is that of its runtime.
/// async fn sweep(leases: &GenerationLeases<ImageTask>, sleep: impl AsyncFn()) {
///     loop {
///         match leases.sweep().await {
///             Ok(swept) => {
///                 for error in &swept.errors {
///                     eprintln!("an attempt stays as it is: {error}");
///                 }
///                 if swept.more {
///                     continue;
///                 }
///             }
///             Err(error) => eprintln!("{error}"),
///         }
///         sleep().await;
///     }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Swept {
    /// How many attempts had lost their lease, and were rescued.
    pub rescued: usize,
    /// How many attempts had an outcome already, and released their slot.
    pub released: usize,
    /// Whether more may have expired.
    pub more: bool,
    /// The errors of attempts that stay as they are. They do not keep the others waiting.
    pub errors: Vec<Error>,
}

/// How long after its end a lease is swept: longer than the clock of the store may be misread.
fn grace(error: Duration) -> TimeDelta {
    let grace = Duration::from_secs(5).max(error.saturating_mul(4));
    TimeDelta::from_std(grace).unwrap_or(TimeDelta::MAX)
}

/// Which attempts are swept, and how.
pub(in crate::generation) trait Sweep: Sync {
    /// Which attempts.
    fn attempts(&self) -> Filter<GenerationAttempt>;

    /// Rescues an open attempt that has lost its lease.
    fn rescue(
        &self,
        tx: &Tx,
        attempt: GenerationAttempt,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// One round.
pub(in crate::generation) async fn round(
    store: &StoreOrTx,
    sweep: &impl Sweep,
    clock: &StoreClock,
) -> Result<Swept> {
    let now = clock.now().trunc_subsecs(3);
    let mut swept = Swept::default();
    let Some(limit) = now.checked_sub_signed(grace(clock.error())) else {
        return Ok(swept);
    };
    let expired = GenerationAttempt::EXPIRES_AT.le(limit) & sweep.attempts();
    let query = Query::matching(expired)
        .order_by([
            GenerationAttempt::EXPIRES_AT.asc(),
            GenerationAttempt::ID.asc(),
        ])
        .page_size(ROUND);
    let mut query = query;
    loop {
        let page = store
            .session()
            .page_lenient::<GenerationAttempt>(&query)
            .await?;
        for attempt in page.items {
            let attempt = match attempt {
                Ok(attempt) => attempt,
                Err(unreadable) => {
                    swept.errors.push(unreadable.error);
                    continue;
                }
            };
            let attempt = &attempt;
            let rescue = |tx| async move { rescue(&tx, sweep, attempt, limit, now).await };
            match store.transaction(rescue).await {
                Ok(Rescue::Rescued) => swept.rescued += 1,
                Ok(Rescue::Released) => swept.released += 1,
                Ok(Rescue::Overtaken) => {}
                Err(error) => swept.errors.push(error),
            }
        }
        swept.more = page.next.is_some();
        match page.next {
            // What cannot be swept comes first again and again: it does not keep the others waiting.
            Some(next) if swept.rescued + swept.released == 0 => query = query.after(next),
            _ => return Ok(swept),
        }
    }
}

enum Rescue {
    Rescued,
    Released,
    /// Its holder, or another sweep, was faster.
    Overtaken,
}

/// Rescues an attempt, if it is still as it was read.
async fn rescue(
    tx: &Tx,
    sweep: &impl Sweep,
    read: &GenerationAttempt,
    limit: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Rescue> {
    let Some(attempt) = tx.find::<GenerationAttempt>(&read.id).await? else {
        return Ok(Rescue::Overtaken);
    };
    let same = (attempt.seq, attempt.submit_state, attempt.outcome)
        == (read.seq, read.submit_state, read.outcome);
    if !same
        || attempt
            .expires_at
            .is_none_or(|expires_at| expires_at > limit)
    {
        return Ok(Rescue::Overtaken);
    }
    if is_orphan(&attempt) {
        orphan::end(tx, &attempt, now).await?;
        return Ok(Rescue::Released);
    }
    sweep.rescue(tx, attempt, now).await?;
    Ok(Rescue::Rescued)
}

/// The sweep of the attempts of one kind of media: their tasks are rescued.
pub(super) struct TaskSweep<'a, T> {
    settings: &'a Settings,
    marker: PhantomData<fn() -> T>,
}

impl<'a, T> TaskSweep<'a, T> {
    pub(super) const fn new(settings: &'a Settings) -> Self {
        let marker = PhantomData;
        Self { settings, marker }
    }
}

impl<T: GenerationTask> Sweep for TaskSweep<'_, T> {
    fn attempts(&self) -> Filter<GenerationAttempt> {
        GenerationAttempt::MEDIA.eq(T::MEDIUM)
    }

    async fn rescue(&self, tx: &Tx, attempt: GenerationAttempt, now: DateTime<Utc>) -> Result<()> {
        let task = match attempt.task_id {
            Some(id) => tx.find::<T>(&T::Id::from(id)).await?,
            None => None,
        };
        let is_own = |task: &T| {
            let state = task.state();
            state.attempt_id == Some(attempt.id)
                && state.generation_status == GenerationStatus::Processing
                && state.ready == TaskReady::No
                && !task.stamps().is_deleted
        };
        match task.filter(is_own) {
            Some(task) => rescue_task(tx, self.settings, Held { attempt, task }, now).await,
            None => abandon(tx, &attempt, now).await,
        }
    }
}

async fn rescue_task<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    held: Held<T>,
    now: DateTime<Utc>,
) -> Result<()> {
    let step = match held.attempt.submit_state {
        SubmitState::NotSent => {
            let failure = Failure::new(FailureCode::LEASE_LOST);
            let state = SubmitState::NotSent;
            let found = Found {
                failure: &failure,
                verdict: settings.policy.verdict(ErrorClass::Timeout, state),
                state,
                outcome: AttemptOutcome::LeaseLost,
                edit: None,
            };
            failing::fail(tx, settings, &held, found, now).await?
        }
        SubmitState::Sent => failing::unknown(),
        SubmitState::Accepted => put_aside(&held.attempt, now)?,
        SubmitState::Unknown | SubmitState::Unrecognized(_) => {
            return Err(Error::corrupt(
                "an attempt in this submit state has no lease",
            ));
        }
    };
    step.apply(tx, held, now).await.map(drop)
}

/// Ends an attempt without a task, or whose task something else has changed: the task stays as it is. Where the provider
/// may work on it, the slot is released later.
async fn abandon(tx: &Tx, attempt: &GenerationAttempt, now: DateTime<Utc>) -> Result<()> {
    if attempt.submit_state != SubmitState::NotSent {
        let changes = orphaned(attempt.media, AttemptOutcome::LeaseLost, now)?;
        return change_attempt(tx, attempt, changes).await;
    }
    lost(tx, attempt, now).await
}

/// Ends an attempt whose lease was lost and whose account nothing works on: its slot is free.
pub(in crate::generation) async fn lost(
    tx: &Tx,
    attempt: &GenerationAttempt,
    now: DateTime<Utc>,
) -> Result<()> {
    let (lost, end) = (AttemptOutcome::LeaseLost, use_end(attempt, now));
    end_alone(tx, attempt, lost, None, now, StateChange::NoResult(end)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grace_is_longer_than_the_clock_may_be_misread() {
        for (error, millis) in [
            (0, 5_000),
            (1_250, 5_000),
            (1_251, 5_004),
            (60_000, 240_000),
        ] {
            assert_eq!(
                grace(Duration::from_millis(error)),
                TimeDelta::milliseconds(millis)
            );
        }
    }
}
