//! Writes the logs of the spill to the database.

use std::sync::Arc;
use std::time::Duration;

use genledger_contract::{Entity, Result, RowOutcome};
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::lane::{AnyLane, Write, different, is_temporary};
use super::spill::Spill;

/// The most logs that are read from the spill at a time.
const CHUNK: u32 = 500;

/// The task that replays, until it is dropped.
#[derive(Debug)]
pub(super) struct Replaying(AbortHandle);

impl Replaying {
    pub(super) fn start(lanes: Vec<Arc<dyn AnyLane>>, interval: Duration) -> Self {
        let replaying = async move {
            loop {
                for lane in &lanes {
                    lane.replay().await;
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
        if let Some(spill) = &self.spill
            && spill.rows() > 0
            && let Err(error) = self.replay_all(spill).await
        {
            tracing::warn!(
                target: "genledger::log_writer",
                table = L::TABLE.name,
                kind = %error.kind(),
                "logs of the spill were not written"
            );
        }
    }

    async fn replay_all(&self, spill: &Spill<L>) -> Result<()> {
        let mut next = None;
        loop {
            let chunk = spill.read(next, CHUNK).await?;
            self.replay_chunk(spill, &chunk.logs).await?;
            next = chunk.next;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    /// Writes logs to the database, in halves if one is refused, and removes them from the spill afterwards. If the
    /// process is killed in between, they are found in the database next time.
    async fn replay_chunk(&self, spill: &Spill<L>, logs: &[L]) -> Result<()> {
        let mut parts = vec![logs];
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            match self.attempt(part).await {
                Ok(outcomes) => {
                    let refused = |outcome: &RowOutcome| *outcome == RowOutcome::Different;
                    for (log, _) in part.iter().zip(&outcomes).filter(|one| refused(one.1)) {
                        self.reject(log, different::<L>());
                    }
                    let written = outcomes.iter().filter(|one| !refused(one)).count();
                    spill.delete(part).await?;
                    self.counters.replayed.add(written);
                }
                Err(error) if is_temporary(&error) => return Err(error),
                Err(error) if part.len() == 1 => {
                    self.reject(&part[0], error);
                    spill.delete(part).await?;
                }
                Err(_) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(())
    }
}
