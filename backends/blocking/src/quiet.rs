//! Moments without reads, in which the database can shorten its log.
//!
//! A log cannot be begun anew while there is a read that needs it, so with reads that overlap it would
//! grow for ever. When it is longer than its bound, new reads are held back until those that run have ended, and
//! it is shortened. Writes go on in the meantime.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::connection::Blocking;

/// How long reads are held back at first. It doubles each time that this was not enough.
const FIRST: Duration = Duration::from_secs(1);

type AllPermits = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

/// Makes moments without reads for the thread that writes.
pub(crate) struct Quiet {
    readers: Arc<Semaphore>,
    all: u32,
    /// The bound of the log; 0 for none.
    bound: u64,
    /// After an attempt that failed: what the log must be longer than, or how late it must be, for the
    /// next one.
    put_off: Option<(u64, Instant)>,
    /// How long reads are held back, and the most.
    hold: Duration,
    longest: Duration,
    /// The permits of all reads, which are waited for, and since when.
    waiting: Option<(AllPermits, Instant)>,
}

impl Quiet {
    /// `longest` is how long reads may be held back at most.
    pub(crate) fn new(readers: Arc<Semaphore>, all: u32, bound: u64, longest: Duration) -> Self {
        Self {
            readers,
            all,
            bound,
            put_off: None,
            hold: FIRST.min(longest),
            longest,
            waiting: None,
        }
    }

    /// Whether reads are being held back, so that [`poll`](Self::poll) must be called soon.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Lets reads go on, since the thread will be busy with something else.
    pub(crate) fn give_up(&mut self) {
        self.waiting = None;
    }

    /// Looks at the log, and does what can be done now. Not in a transaction.
    pub(crate) fn poll<C: Blocking>(&mut self, connection: &mut C) {
        let (mut permits, since) = match self.waiting.take() {
            Some(waiting) => waiting,
            None if self.is_due(connection) => {
                // Permits are given in the order in which they are asked for, so that reads that come
                // after this wait behind it.
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
            Poll::Pending if since.elapsed() < self.hold => self.waiting = Some((permits, since)),
            Poll::Pending => {
                self.hold = (self.hold * 2).min(self.longest);
                self.put_off(connection.log_length(), since);
            }
        }
    }

    fn is_due<C: Blocking>(&self, connection: &C) -> bool {
        if self.bound == 0 {
            return false;
        }
        let length = connection.log_length();
        let (longer, later) = match self.put_off {
            Some((longer, later)) => (length > longer, Instant::now() > later),
            None => (true, true),
        };
        length > self.bound && (longer || later)
    }

    fn shorten<C: Blocking>(&mut self, connection: &mut C, since: Instant) {
        let length = connection.log_length();
        if connection.shorten_log() {
            self.put_off = None;
            self.hold = (self.hold / 2).max(FIRST.min(self.longest));
        } else {
            // Another process reads it.
            self.put_off(length, since);
        }
    }

    /// Until the log has grown further, or ten times as long has passed as reads were held back.
    fn put_off(&mut self, length: u64, since: Instant) {
        let longer = length.saturating_add(self.bound / 4);
        let later = Instant::now() + (since.elapsed() * 10).max(FIRST);
        self.put_off = Some((longer, later));
    }
}
