//! Pauses reads so that the database can shorten its log (the write-ahead log of SQLite).
//!
//! A log cannot be restarted while a read needs it, so with overlapping reads it would grow without bound.
//! When it exceeds its bound, new reads are delayed until the running ones have ended, and it is shortened.
//! Writes continue in the meantime.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::connection::Blocking;

/// The first limit of the delay of reads. It doubles each time that it was not enough.
const FIRST_DELAY: Duration = Duration::from_secs(1);

type AllPermits = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

/// Pauses reads for the writer thread, to shorten the log.
pub(crate) struct LogShortener {
    readers: Arc<Semaphore>,
    all: u32,
    /// The bound of the log; 0 for none.
    bound: u64,
    /// After an attempt that failed: the length or the time that must be exceeded before the next one.
    postponed: Option<(u64, Instant)>,
    /// The current and the greatest limit of the delay of reads.
    delay: Duration,
    max_delay: Duration,
    /// The pending permits of all reads, and since when they are waited for.
    waiting: Option<(AllPermits, Instant)>,
}

impl LogShortener {
    /// `max_delay` is the greatest delay of reads.
    pub(crate) fn new(readers: Arc<Semaphore>, all: u32, bound: u64, max_delay: Duration) -> Self {
        Self {
            readers,
            all,
            bound,
            postponed: None,
            delay: FIRST_DELAY.min(max_delay),
            max_delay,
            waiting: None,
        }
    }

    /// Whether reads are being delayed, so that [`poll`](Self::poll) must be called soon.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Lets reads continue, since the thread will be busy with other work.
    pub(crate) fn release_reads(&mut self) {
        self.waiting = None;
    }

    /// Checks the log, and shortens it if possible now. Not in a transaction.
    pub(crate) fn poll<C: Blocking>(&mut self, connection: &mut C) {
        let (mut permits, since) = match self.waiting.take() {
            Some(waiting) => waiting,
            None if self.is_due(connection) => {
                // The semaphore is fair, so reads that start after this wait behind it.
                let readers = Arc::clone(&self.readers);
                let permits: AllPermits = Box::pin(readers.acquire_many_owned(self.all));
                (permits, Instant::now())
            }
            None => return,
        };
        match permits
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(Ok(_permits)) => self.shorten(connection, since),
            // The store is being closed.
            Poll::Ready(Err(_)) => {}
            Poll::Pending if since.elapsed() < self.delay => self.waiting = Some((permits, since)),
            Poll::Pending => {
                self.delay = (self.delay * 2).min(self.max_delay);
                self.postpone(connection.log_length(), since);
            }
        }
    }

    /// Whether the log is too long, and not postponed.
    pub(crate) fn is_due<C: Blocking>(&self, connection: &C) -> bool {
        if self.bound == 0 {
            return false;
        }
        let length = connection.log_length();
        let (longer, later) = match self.postponed {
            Some((longer, later)) => (length > longer, Instant::now() > later),
            None => (true, true),
        };
        length > self.bound && (longer || later)
    }

    fn shorten<C: Blocking>(&mut self, connection: &mut C, since: Instant) {
        let length = connection.log_length();
        if connection.shorten_log() {
            self.postponed = None;
            self.delay = (self.delay / 2).max(FIRST_DELAY.min(self.max_delay));
        } else {
            // Another process reads it.
            self.postpone(length, since);
        }
    }

    /// Postpones the next attempt until the log has grown further, or ten times the delay of the reads has passed.
    fn postpone(&mut self, length: u64, since: Instant) {
        let longer = length.saturating_add(self.bound / 4);
        let later = Instant::now() + (since.elapsed() * 10).max(FIRST_DELAY);
        self.postponed = Some((longer, later));
    }
}
