//! Writes the logs of the spill to the database.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use genledger_contract::row::RowBatch;
use genledger_contract::{Entity, ErrorKind, Result, RowOutcome};
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::lane::{ATTEMPTS_ALONE, AnyLane, Write, different, is_temporary};
use super::spill::Spill;

/// How many logs are read from the spill at first, and at most.
const CHUNK: (u32, u32) = (16, 500);

/// The most logs whose errors have no known meaning that are kept until the others are written.
const UNCLEAR: usize = 100;

/// The task that replays, until it is dropped.
#[derive(Debug)]
pub(super) struct Replaying(AbortHandle);

impl Replaying {
    pub(super) fn start(lanes: Vec<Arc<dyn AnyLane>>, interval: Duration) -> Self {
        let replaying = async move {
            loop {
                for lane in &lanes {
                    // A panic ends only this replay.
                    drop(AssertUnwindSafe(lane.replay()).catch_unwind().await);
                }
                sleep(interval).await;
            }
        };
        Self(tokio::spawn(replaying).abort_handle())
    }

    pub(super) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Replaying {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<L: Entity> Write<L> {
    /// Writes what is in the spill to the database, until that fails.
    pub(super) async fn replay(&self) {
        let Some(spill) = self.spill.as_ref().filter(|spill| spill.rows() > 0) else {
            return;
        };
        let replayed = self.replay_all(spill).await;
        if let Err(error) = replayed.and(spill.count().await) {
            tracing::warn!(
                target: "genledger::log_writer",
                table = L::TABLE.name,
                kind = %error.kind(),
                "logs of the spill were not written"
            );
        }
    }

    async fn replay_all(&self, spill: &Spill<L>) -> Result<()> {
        let before = self.successes.load(Ordering::Relaxed);
        let (mut next, mut rows, mut unclear) = (None, CHUNK.0, Vec::new());
        loop {
            let chunk = spill.read(next, rows).await?;
            let groups = self.groups(&chunk.logs)?;
            // The next chunk is smaller if the logs are large.
            rows = match groups.len() {
                0 | 1 => (rows * 2).min(CHUNK.1),
                groups => (rows / u32::try_from(groups).unwrap_or(rows)).max(1),
            };
            for group in groups {
                self.replay_group(spill, group, &mut unclear).await?;
            }
            next = chunk.next;
            if next.is_none() || unclear.len() >= UNCLEAR {
                break;
            }
        }
        for log in unclear {
            self.replay_unclear(spill, &log, before).await?;
        }
        Ok(())
    }

    /// Splits logs of the spill into groups within the limits.
    fn groups<'l>(&self, logs: &'l [L]) -> Result<Vec<&'l [L]>> {
        let batch = RowBatch::of(logs)?;
        let (mut groups, mut first, mut bytes) = (Vec::new(), 0, 0);
        for row in 0..logs.len() {
            bytes += batch.bytes(row, row + 1);
            let rows = row + 1 - first;
            if rows >= self.limits.requests || bytes >= self.limits.bytes || row + 1 == logs.len() {
                groups.push(&logs[first..=row]);
                (first, bytes) = (row + 1, 0);
            }
        }
        Ok(groups)
    }

    /// Writes logs to the database, in halves if one is refused, and removes them from the spill afterwards. If the
    /// process is killed in between, they are found in the database next time. Logs whose error has no known meaning
    /// are added to `unclear`.
    async fn replay_group(&self, spill: &Spill<L>, logs: &[L], unclear: &mut Vec<L>) -> Result<()> {
        let mut parts = vec![logs];
        while let Some(part) = parts.pop() {
            match self.attempt(part).await {
                Ok(outcomes) => self.replayed(spill, part, &outcomes).await?,
                Err(error) if is_temporary(&error) => return Err(error),
                Err(_) if part.len() > 1 => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
                Err(error) if error.kind() == ErrorKind::Other => unclear.push(part[0].clone()),
                Err(error) => {
                    self.reject(&part[0], error);
                    spill.delete(part).await?;
                }
            }
        }
        Ok(())
    }

    /// Removes logs from the spill that were written.
    async fn replayed(&self, spill: &Spill<L>, logs: &[L], outcomes: &[RowOutcome]) -> Result<()> {
        let refused = |outcome: &RowOutcome| *outcome == RowOutcome::Different;
        for (log, _) in logs.iter().zip(outcomes).filter(|one| refused(one.1)) {
            self.reject(log, different::<L>());
        }
        let written = outcomes.iter().filter(|one| !refused(one)).count();
        spill.delete(logs).await?;
        self.counters.replayed.add(written);
        Ok(())
    }

    /// Writes a log whose error has no known meaning. It is taken to be that of the log only if others were written
    /// meanwhile: otherwise it may be that of the database, and the log stays.
    async fn replay_unclear(&self, spill: &Spill<L>, log: &L, before: u64) -> Result<()> {
        let one = std::slice::from_ref(log);
        let mut failed = 0;
        loop {
            let error = match self.attempt(one).await {
                Ok(outcomes) => return self.replayed(spill, one, &outcomes).await,
                Err(error) => error,
            };
            failed += 1;
            let others = self.successes.load(Ordering::Relaxed) > before;
            if error.kind() == ErrorKind::Other && others && failed < ATTEMPTS_ALONE {
                sleep(self.waits.wait(failed)).await;
            } else if is_temporary(&error) || !others {
                return Err(error);
            } else {
                self.reject(log, error);
                return spill.delete(one).await;
            }
        }
    }
}
