//! The task that claims for the callers that wait, one claim at a time.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::{Error, ErrorKind, Result};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::Shared;
use super::line::Demand;
use crate::generation::leases::Look;
use crate::generation::{
    Claim, Claimed, Empty, GenerationTask, LeasedTask, SplitMix64, with_jitter,
};

/// The bounds of the pause after a claim without a task.
const SHORTEST_PAUSE: TimeDelta = TimeDelta::milliseconds(10);
const LONGEST_PAUSE: TimeDelta = TimeDelta::milliseconds(800);

/// How often the daily resets and the ends of waits are looked for while there are tasks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How often a claim is repeated whose outcome is not known, and the wait, which doubles.
const REPETITIONS: u32 = 5;
const REPEAT_AFTER: Duration = Duration::from_millis(10);

/// Claims until the line is closed, and everything that was not handed out is given back.
pub(super) async fn run<T: GenerationTask>(shared: Arc<Shared<T>>) {
    let (high, low) = Uuid::now_v7().as_u64_pair();
    let mut fetch = Fetch {
        pause: SHORTEST_PAUSE,
        looked: None,
        random: SplitMix64::new(high ^ low),
    };
    loop {
        match shared.line.demand() {
            Demand::HandOut(leased) => hand_out_again(&shared, leased).await,
            Demand::GiveBack(leased) => give_back(&shared, &leased).await,
            Demand::Claim(callers) => fetch.serve(&shared, callers).await,
            Demand::Wait(None) => shared.line.wake.notified().await,
            Demand::Wait(Some(until)) => {
                let left = until.saturating_duration_since(Instant::now());
                let _elapsed = timeout(left, shared.line.wake.notified()).await;
            }
            Demand::End => return,
        }
    }
}

/// Gives a task to the next caller. Its lease has at least two thirds of its length left then.
async fn hand_out_again<T: GenerationTask>(shared: &Arc<Shared<T>>, mut leased: LeasedTask<T>) {
    let length = shared.config.length;
    let extended = async {
        let now = shared.now().await?;
        let left = (leased.lease.expires_at - now).to_std().unwrap_or_default();
        if left * 3 < length * 2 {
            leased.lease = shared.leases.heartbeat(&leased.lease, length).await?;
        }
        Ok::<_, Error>(())
    };
    match extended.await {
        Ok(()) => shared.line.hand_out(leased),
        // It is claimed again, or swept: another one is claimed for the caller.
        Err(error) => tracing::warn!(%error, "a leased task that no caller has is lost"),
    }
}

/// Gives a task back that no caller wants.
async fn give_back<T: GenerationTask>(shared: &Shared<T>, leased: &LeasedTask<T>) {
    if let Err(error) = shared.leases.release(&leased.lease).await {
        tracing::warn!(%error, "a leased task is not given back and expires");
    }
}

/// What the last claims have found.
struct Fetch {
    /// The next pause, without its jitter.
    pause: TimeDelta,
    /// When it was last looked for what is due.
    looked: Option<Instant>,
    random: SplitMix64,
}

impl Fetch {
    /// One claim for the callers that wait, and the pause after it.
    async fn serve<T: GenerationTask>(&mut self, shared: &Arc<Shared<T>>, callers: usize) {
        let n = u32::try_from(callers).unwrap_or(u32::MAX);
        let claim = shared.config.claim(n.min(shared.config.most));
        let _freed = shared.line.take_freed();
        let empty = match self.claim(shared, &claim).await {
            Ok(Claimed::Leased(tasks)) => {
                self.pause = SHORTEST_PAUSE;
                shared.line.claimed(tasks.len());
                for leased in tasks {
                    shared.line.hand_out(leased);
                }
                return;
            }
            Ok(Claimed::Empty(empty)) => empty,
            Err(error) if error.is_retryable() => Empty::Contended,
            Err(error) => {
                shared.line.fail(&error);
                return self.pause(shared, None).await;
            }
        };
        let next = match empty {
            Empty::NoTask { next_due_at } => next_due_at,
            Empty::NoAccount {
                next_available_at, ..
            } => next_available_at,
            Empty::Contended => None,
        };
        self.pause(shared, next).await;
    }

    async fn claim<T: GenerationTask>(
        &mut self,
        shared: &Shared<T>,
        claim: &Claim,
    ) -> Result<Claimed<T>> {
        let looks = self.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
        if !looks {
            let now = shared.now().await?;
            match shared.leases.claim_at(claim, now, Look::AtReady).await {
                Ok(Claimed::Empty(_)) => {}
                Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {}
                found => return found,
            }
        }
        self.looked = Some(Instant::now());
        let mut repetitions = 0;
        loop {
            let now = shared.now().await?;
            match shared.leases.claim_at(claim, now, Look::AtAll).await {
                // The token of the claim finds what it has got.
                Err(error)
                    if error.kind() == ErrorKind::OutcomeUnknown && repetitions < REPETITIONS =>
                {
                    repetitions += 1;
                    sleep(REPEAT_AFTER * (1 << repetitions)).await;
                }
                found => return found,
            }
        }
    }

    /// Waits until a task may be there: at most until `next`, and not longer than the longest pause.
    async fn pause<T: GenerationTask>(
        &mut self,
        shared: &Arc<Shared<T>>,
        next: Option<DateTime<Utc>>,
    ) {
        let mut pause = with_jitter(self.pause, Some(self.random.next_u64()));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        if let Some(next) = next
            && let Ok(now) = shared.now().await
        {
            pause = pause.min((next - now).max(SHORTEST_PAUSE));
        }
        let pause = pause.to_std().unwrap_or_default();
        let end = Instant::now() + pause;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || timeout(left, shared.line.wake.notified()).await.is_err() {
                return;
            }
            if shared.line.take_freed() {
                self.pause = SHORTEST_PAUSE;
                return;
            }
            // Everything but a claim is done at once.
            match shared.line.demand() {
                Demand::HandOut(leased) => hand_out_again(shared, leased).await,
                Demand::GiveBack(leased) => give_back(shared, &leased).await,
                Demand::Claim(_) | Demand::Wait(_) => {}
                Demand::End => return,
            }
        }
    }
}
