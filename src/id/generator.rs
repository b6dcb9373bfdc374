//! The generator of usage-log ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::Result;

use super::usage_log_id::{MAX_MILLIS, SEQUENCE_BITS, millis, out_of_range};
use super::{NodeId, UsageLogId};
use crate::time::{Clock, SystemClock};

/// The least ticks that each node has left: shared by the whole process, since two generators of
/// one node with counters of their own would make the same ids.
static NEXT: [AtomicI64; 1 << NodeId::BITS] = [const { AtomicI64::new(0) }; 1 << NodeId::BITS];

/// Makes ids that increase and are never the same twice, shared by all threads of a process
/// without a lock.
///
/// All generators of a node in a process share one counter, so a process may have one generator
/// or one for each request. Two *processes* need two [nodes](NodeId).
///
/// Ids follow the clock. Two things let them run ahead of it:
/// - more than 4096 ids in one millisecond borrow from the next: sustained, a generator makes
///   4,096,000 ids a second, and a burst of *n* ids runs ahead by at most *n* / 4096 milliseconds;
/// - a clock that goes back: ids continue from the last one, at 4096 to the millisecond, without
///   waiting. They run ahead by the difference until the clock has caught up.
///
/// [`run_ahead`](Self::run_ahead) returns how far. A process knows only the ids that it made itself: where
/// the clock may have gone back while no process ran, start with
/// [`resume_after`](Self::resume_after). Tests whose clocks show different times can use different
/// nodes, so that one does not run ahead because of another.
///
/// ```
/// use std::sync::Arc;
/// use genledger::id::{UsageLogIdGenerator, NodeId};
/// use genledger::time::ManualClock;
///
/// let clock = Arc::new(ManualClock::at_unix_seconds(1_750_000_000));
/// let ids = UsageLogIdGenerator::new(NodeId::new(1)?, clock.clone());
/// let first = ids.generate()?;
/// clock.advance(chrono::TimeDelta::hours(-1));
/// assert!(ids.generate()? > first);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Debug)]
pub struct UsageLogIdGenerator {
    node: NodeId,
    clock: Arc<dyn Clock>,
    /// The earliest milliseconds and sequence of the next id of the node, as one number that counts
    /// up: a full sequence carries over into the milliseconds.
    next: &'static AtomicI64,
    /// The least ticks of the ids of this generator. Not shared: a `last` out of range would leave the
    /// node of the whole process without ids.
    least: i64,
}

impl UsageLogIdGenerator {
    /// A generator of a node, which the process has for itself.
    #[must_use]
    pub fn new(node: NodeId, clock: Arc<dyn Clock>) -> Self {
        Self::counting(node, clock, &NEXT[usize::from(node.get())])
    }

    const fn counting(node: NodeId, clock: Arc<dyn Clock>, next: &'static AtomicI64) -> Self {
        Self {
            node,
            clock,
            next,
            least: 0,
        }
    }

    /// A generator that follows the system's clock.
    #[must_use]
    pub fn system(node: NodeId) -> Self {
        Self::new(node, Arc::new(SystemClock))
    }

    /// Makes only ids whose time and sequence come after those of `last`, the greatest id that is
    /// stored.
    #[must_use]
    pub fn resume_after(mut self, last: UsageLogId) -> Self {
        let after = ticks_of(last).saturating_add(1);
        self.least = self.least.max(after);
        self
    }

    /// The next id.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when the clock or the next id is before
    /// 2024 or after 2093-09-06.
    pub fn generate(&self) -> Result<UsageLogId> {
        self.generate_with_time().map(|(id, _)| id)
    }

    /// The next id, and the clock's time at which it was made. The time is that of the clock,
    /// even if the id is ahead of it.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn generate_with_time(&self) -> Result<(UsageLogId, DateTime<Utc>)> {
        let now = self.clock.now();
        let earliest = (millis(now, 0)? << SEQUENCE_BITS).max(self.least);
        // Only the number itself is shared, so no other memory needs to be ordered with it.
        let step = |next: i64| {
            let ticks = next.max(earliest);
            (ticks >> SEQUENCE_BITS <= MAX_MILLIS).then_some(ticks + 1)
        };
        let before = self
            .next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step)
            .map_err(|_| out_of_range())?;
        let ticks = before.max(earliest);
        let sequence = ticks & ((1 << SEQUENCE_BITS) - 1);
        let id = UsageLogId::compose(ticks >> SEQUENCE_BITS, self.node, sequence);
        Ok((id, now))
    }

    /// How far the next id would be ahead of the clock, in whole milliseconds; zero when it is not.
    #[must_use]
    pub fn run_ahead(&self) -> TimeDelta {
        let next = self.next.load(Ordering::Relaxed).max(self.least) >> SEQUENCE_BITS;
        let now = millis(self.clock.now(), 0).unwrap_or(next);
        TimeDelta::milliseconds(next.saturating_sub(now).max(0))
    }

    /// The node.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }
}

/// Milliseconds and sequence of an id as one number.
fn ticks_of(id: UsageLogId) -> i64 {
    millis(id.timestamp(), 0).map_or(0, |millis| {
        millis << SEQUENCE_BITS | i64::from(id.sequence())
    })
}

#[cfg(test)]
mod tests;
