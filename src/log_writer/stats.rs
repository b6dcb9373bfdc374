//! Counters.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

/// What a [`LogWriter`](super::LogWriter) has done since it was started, and what waits. All counts are logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LogWriterStats {
    /// Accepted, into the queue or directly into the spill.
    pub accepted: u64,
    /// Written to the database, or found there; without those that were replayed.
    pub written: u64,
    /// Written again, once for each log of a group and each repeated attempt.
    pub retried: u64,
    /// Put in the spill.
    pub spilled: u64,
    /// Written from the spill to the database.
    pub replayed: u64,
    /// Refused, since the queue, or the spill as well, was full.
    pub refused: u64,
    /// Refused by the database, or not written in time at the end: returned to the caller or passed to the function
    /// for rejected logs.
    pub rejected: u64,
    /// In the queue or being written now.
    pub queued_rows: u64,
    /// About how many bytes those have.
    pub queued_bytes: u64,
    /// How long the oldest of those has waited.
    pub queue_age: Option<Duration>,
    /// In the spill now.
    pub spill_rows: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) accepted: Counter,
    pub(super) written: Counter,
    pub(super) retried: Counter,
    pub(super) spilled: Counter,
    pub(super) replayed: Counter,
    pub(super) refused: Counter,
    pub(super) rejected: Counter,
    /// Rejected since the time was over.
    pub(super) abandoned: Counter,
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, rows: usize) {
        self.0.fetch_add(count(rows), Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(super) fn abandoned(&self) -> u64 {
        self.abandoned.get()
    }

    pub(super) fn stats(
        &self,
        queued_rows: usize,
        queued_bytes: usize,
        queue_age: Option<Duration>,
        spill_rows: u64,
    ) -> LogWriterStats {
        LogWriterStats {
            accepted: self.accepted.get(),
            written: self.written.get(),
            retried: self.retried.get(),
            spilled: self.spilled.get(),
            replayed: self.replayed.get(),
            refused: self.refused.get(),
            rejected: self.rejected.get(),
            queued_rows: count(queued_rows),
            queued_bytes: count(queued_bytes),
            queue_age,
            spill_rows,
        }
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
