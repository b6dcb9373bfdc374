//! The logs of one kind on their way to the database.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use genledger_contract::row::RowBatch;
use genledger_contract::session::RetryPolicy;
use genledger_contract::{Entity, Error, ErrorKind, Result, RowOutcome};

use super::lane_settings::{LaneSettings, OnRejected, RejectedLog, WhenFull};
use super::spill::Spill;
use super::stats::Counters;
use super::{AppendLogs, Appended};
use crate::group_commit::{GroupCommit, GroupLimits, GroupWork};

/// How often a log is written by itself before an error without a known meaning is taken to be the log's.
pub(super) const ATTEMPTS_ALONE: u32 = 3;

/// A lane of any type.
#[async_trait]
pub(super) trait AnyLane: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    async fn flush(&self);
    async fn shut_down(&self, limit: Duration);
    fn unfinished(&self) -> (usize, Option<Duration>);
    fn spill_rows(&self) -> u64;
    /// Writes what is in the spill to the database, until that fails.
    async fn replay(&self);
}

/// The logs of one type.
pub(super) struct Lane<L: Entity> {
    group: GroupCommit<Write<L>>,
    when_full: WhenFull,
}

impl<L: Entity> Lane<L> {
    pub(super) async fn start(
        logs: Arc<dyn AppendLogs<Log = L>>,
        settings: &LaneSettings,
    ) -> Result<Self> {
        if !L::TABLE.append_only {
            let message = format!("the table {} is not append-only", L::TABLE.name);
            return Err(Error::invalid(message));
        }
        let spill = match &settings.spill {
            Some(store) => Some(Spill::open(Arc::clone(store)).await?),
            None => None,
        };
        let write = Write {
            logs,
            spill,
            failing_since: Mutex::new(None),
            successes: AtomicU64::new(0),
            limits: settings.groups,
            counters: Arc::clone(&settings.counters),
            on_rejected: Arc::clone(&settings.on_rejected),
            waits: settings.waits,
            attempt_timeout: settings.attempt_timeout,
            spill_after: settings.spill_after,
        };
        Ok(Self {
            group: GroupCommit::start(write, settings.groups, settings.budget.clone())?,
            when_full: settings.when_full,
        })
    }

    pub(super) async fn enqueue(&self, log: L) -> Result<()> {
        let Some(room) = self.room(&log).await? else {
            return self.spill_now(&log).await.map(drop);
        };
        self.group.add(log, room)?;
        self.write().counters.accepted.add(1);
        Ok(())
    }

    pub(super) async fn append_durable(&self, log: L) -> Result<Appended> {
        let Some(room) = self.room(&log).await? else {
            return self.spill_now(&log).await;
        };
        let reply = self.group.submit(log, room)?;
        self.write().counters.accepted.add(1);
        reply.await
    }

    /// Checks a log and finds room for it; `None` if it is to go to the spill.
    async fn room(&self, log: &L) -> Result<Option<crate::group_commit::Room>> {
        self.write().logs.check(log)?;
        let bytes = RowBatch::bytes_of(log)?;
        if self.when_full == WhenFull::Wait {
            return self.group.room(bytes).await.map(Some);
        }
        let room = self.group.room_now(bytes)?;
        if room.is_none() && self.when_full == WhenFull::Refuse {
            self.write().counters.refused.add(1);
            return Err(Error::new(ErrorKind::Unavailable, "the queue is full"));
        }
        Ok(room)
    }

    async fn spill_now(&self, log: &L) -> Result<Appended> {
        let write = self.write();
        let spilled = write.spill(std::slice::from_ref(log)).await;
        let spilled = spilled.and_then(|mut replies| replies.pop().unwrap_or_else(|| Err(none())));
        match &spilled {
            Ok(_) => write.counters.accepted.add(1),
            Err(_) => write.counters.refused.add(1),
        }
        spilled
    }

    fn write(&self) -> &Write<L> {
        self.group.work()
    }
}

#[async_trait]
impl<L: Entity> AnyLane for Lane<L> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    async fn flush(&self) {
        self.group.flush().await;
    }

    async fn shut_down(&self, limit: Duration) {
        self.group.shut_down(limit).await;
    }

    fn unfinished(&self) -> (usize, Option<Duration>) {
        self.group.unfinished()
    }

    fn spill_rows(&self) -> u64 {
        self.write().spill_rows()
    }

    async fn replay(&self) {
        self.write().replay().await;
    }
}

/// Writes groups of logs.
pub(super) struct Write<L: Entity> {
    pub(super) logs: Arc<dyn AppendLogs<Log = L>>,
    pub(super) spill: Option<Spill<L>>,
    /// When the first attempt began of those that failed since the last one that did not.
    failing_since: Mutex<Option<Instant>>,
    /// The number of attempts that did not fail.
    pub(super) successes: AtomicU64,
    /// The most logs and bytes that are written at once.
    pub(super) limits: GroupLimits,
    pub(super) counters: Arc<Counters>,
    on_rejected: OnRejected,
    pub(super) waits: RetryPolicy,
    attempt_timeout: Duration,
    spill_after: Duration,
}

#[async_trait]
impl<L: Entity> GroupWork for Write<L> {
    type Request = L;
    type Reply = Appended;

    async fn run(&self, logs: &[L]) -> Result<Vec<Result<Appended>>> {
        let (mut failed, mut unclear) = (0, 0);
        loop {
            // While there are logs in the spill, writing those shows when the database is back.
            if self.is_away()
                && self.spill_rows() > 0
                && let Ok(replies) = self.spill(logs).await
            {
                return Ok(replies);
            }
            let error = match self.attempt(logs).await {
                Ok(outcomes) => {
                    let replies = replies::<L>(&outcomes, None);
                    let written = replies.iter().filter(|one| one.is_ok()).count();
                    self.counters.written.add(written);
                    self.counters.rejected.add(replies.len() - written);
                    return Ok(replies);
                }
                Err(error) => error,
            };
            failed += 1;
            unclear += u32::from(error.kind() == ErrorKind::Other);
            let is_unclear = is_unclear(&error, logs) && unclear < ATTEMPTS_ALONE;
            if !(is_temporary(&error) || is_unclear) {
                if logs.len() == 1 {
                    self.counters.rejected.add(1);
                }
                return Err(error);
            }
            if self.is_away()
                && let Ok(replies) = self.spill(logs).await
            {
                return Ok(replies);
            }
            tokio::time::sleep(self.waits.wait(failed)).await;
            self.counters.retried.add(logs.len());
        }
    }

    async fn give_up(&self, logs: &[L]) -> Vec<Result<Appended>> {
        let mut all = Vec::with_capacity(logs.len());
        // In parts, so that a spill that is almost full still takes what has room.
        let mut parts = vec![logs];
        while let Some(part) = parts.pop() {
            if let Ok(replies) = self.spill(part).await {
                all.extend(replies);
            } else if part.len() > 1 {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
            } else {
                break;
            }
        }
        let lost = logs.len() - all.len();
        self.counters.rejected.add(lost);
        self.counters.abandoned.add(lost);
        let error = || {
            let message = "the log writer was shut down before the log could be written";
            Err(Error::new(ErrorKind::OutcomeUnknown, message).with_table(L::TABLE.name))
        };
        all.extend((0..lost).map(|_| error()));
        all
    }

    fn failed(&self, log: L, error: Error) {
        let rejected = RejectedLog {
            table: L::TABLE.name,
            error,
            log: Box::new(log),
        };
        let called = catch_unwind(AssertUnwindSafe(|| (self.on_rejected)(rejected)));
        if called.is_err() {
            tracing::error!(
                target: "genledger::log_writer",
                table = L::TABLE.name,
                "the function for rejected logs panicked"
            );
        }
    }
}

impl<L: Entity> Write<L> {
    /// Writes logs to the database, once.
    pub(super) async fn attempt(&self, logs: &[L]) -> Result<Vec<RowOutcome>> {
        let begun = Instant::now();
        // The verbs of an application may panic because of one log.
        let attempt = AssertUnwindSafe(self.logs.append_logs(logs)).catch_unwind();
        let outcome = match tokio::time::timeout(self.attempt_timeout, attempt).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Error::new(ErrorKind::Other, "writing logs panicked")),
            Err(_) => {
                let message = "writing logs took too long";
                Err(Error::new(ErrorKind::OutcomeUnknown, message))
            }
        };
        if outcome.is_ok() {
            self.successes.fetch_add(1, Ordering::Relaxed);
        }
        let mut failing = self.failing_since();
        match &outcome {
            Err(error) if is_temporary(error) => {
                failing.get_or_insert(begun);
                tracing::warn!(
                    target: "genledger::log_writer",
                    table = L::TABLE.name,
                    rows = logs.len(),
                    kind = %error.kind(),
                    "logs were not written"
                );
            }
            _ => *failing = None,
        }
        drop(failing);
        outcome
    }

    /// Whether the database has been away for so long that logs go to the spill.
    fn is_away(&self) -> bool {
        let since = *self.failing_since();
        since.is_some_and(|since| since.elapsed() >= self.spill_after)
    }

    fn failing_since(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        let since = self.failing_since.lock();
        since.unwrap_or_else(PoisonError::into_inner)
    }

    fn spill_rows(&self) -> u64 {
        self.spill.as_ref().map_or(0, Spill::rows)
    }

    async fn spill(&self, logs: &[L]) -> Result<Vec<Result<Appended>>> {
        let spill = self.spill.as_ref().ok_or_else(none)?;
        let outcomes = spill.write(logs).await?;
        let replies = replies::<L>(&outcomes, Some(Appended::Spilled));
        let spilled = replies.iter().filter(|one| one.is_ok()).count();
        self.counters.spilled.add(spilled);
        self.counters.rejected.add(replies.len() - spilled);
        Ok(replies)
    }

    /// Returns a log of the spill that the database refuses.
    pub(super) fn reject(&self, log: &L, error: Error) {
        self.counters.rejected.add(1);
        self.failed(log.clone(), error);
    }
}

/// What the callers get; `spilled` if the logs are in the spill.
fn replies<L: Entity>(outcomes: &[RowOutcome], spilled: Option<Appended>) -> Vec<Result<Appended>> {
    let reply = |outcome: &RowOutcome| match outcome {
        RowOutcome::New => Ok(spilled.unwrap_or(Appended::New)),
        RowOutcome::Present => Ok(spilled.unwrap_or(Appended::Present)),
        RowOutcome::Different => Err(different::<L>()),
    };
    outcomes.iter().map(reply).collect()
}

/// Whether an error is not that of a log: writing it again later may succeed.
pub(super) fn is_temporary(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unavailable
            | ErrorKind::OutcomeUnknown
            | ErrorKind::SerializationFailure
            | ErrorKind::Timeout
            // Of the account, the schema or the server, and not of a log.
            | ErrorKind::Denied
            | ErrorKind::Schema
            | ErrorKind::Unsupported
    )
}

/// Whether it is unclear if an error is that of the log.
fn is_unclear<L>(error: &Error, logs: &[L]) -> bool {
    error.kind() == ErrorKind::Other && logs.len() == 1
}

/// The error of a log whose key another log has.
pub(super) fn different<L: Entity>() -> Error {
    Error::unique_violation().with_table(L::TABLE.name)
}

fn none() -> Error {
    Error::new(ErrorKind::Unavailable, "there is no spill")
}
