//! Ends a transaction that runs no statement, since it blocks all other writes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use genledger_contract::{Error, ErrorKind, Result};

use super::lease::Lease;
use crate::activity::readable;
use crate::connection::Blocking;

/// The lease of a transaction between its statements, where the thread can end it.
pub(crate) struct IdleLease<C: Blocking>(Mutex<State<C>>);

struct State<C: Blocking> {
    /// None while a statement runs, and when the transaction has ended.
    lease: Option<Lease<C>>,
    since: Instant,
    /// How long the transaction ran no statement, set when it was rolled back because of that.
    timed_out: Option<Duration>,
}

impl<C: Blocking> IdleLease<C> {
    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lease for a statement, or for the end of the transaction.
    pub(crate) fn take(&self) -> Result<Lease<C>> {
        let mut state = self.state();
        let timed_out = state.timed_out;
        state.lease.take().ok_or_else(|| ended(timed_out))
    }

    /// Puts the lease back after a statement.
    pub(crate) fn put(&self, lease: Lease<C>) {
        let mut state = self.state();
        state.lease = Some(lease);
        state.since = Instant::now();
    }

    /// How long the transaction ran no statement, if it was rolled back because of that.
    pub(crate) fn timed_out(&self) -> Option<Duration> {
        self.state().timed_out
    }

    /// Ends the transaction if it has been idle for the limit. Returns the time until the next check.
    fn check(&self, limit: Duration) -> Duration {
        let mut state = self.state();
        let left = limit.saturating_sub(state.since.elapsed());
        if state.lease.is_none() {
            // It cannot be idle for the limit before then.
            return limit;
        }
        if left.is_zero() {
            tracing::warn!(idle = ?limit, "a transaction ran no statement and is rolled back");
            state.timed_out = Some(limit);
            state.lease = None;
            return limit;
        }
        left
    }
}

fn ended(timed_out: Option<Duration>) -> Error {
    match timed_out {
        Some(time) => Error::new(
            ErrorKind::Aborted,
            format!(
                "the transaction ran no statement for {} and was rolled back, since it \
                 blocked all other writes",
                readable(time)
            ),
        ),
        None => Error::new(ErrorKind::Aborted, "the transaction has ended"),
    }
}

/// The transaction that began last, for the thread, which wakes up at least once in the time that a transaction may be
/// idle. So a caller need not wake it up to have its transaction watched.
pub(crate) struct IdleWatch<C: Blocking> {
    last: Mutex<Weak<IdleLease<C>>>,
    limit: Duration,
}

impl<C: Blocking> IdleWatch<C> {
    pub(super) const fn new(limit: Duration) -> Self {
        Self {
            last: Mutex::new(Weak::new()),
            limit,
        }
    }

    fn last(&self) -> MutexGuard<'_, Weak<IdleLease<C>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a transaction that has begun.
    pub(super) fn watch(&self, lease: Lease<C>) -> Arc<IdleLease<C>> {
        let lease = Arc::new(IdleLease(Mutex::new(State {
            lease: Some(lease),
            since: Instant::now(),
            timed_out: None,
        })));
        *self.last() = Arc::downgrade(&lease);
        lease
    }

    /// Ends the transaction that began last if it has been idle for too long. Returns the time until the next check.
    pub(super) fn check(&self) -> Duration {
        let last = self.last().upgrade();
        last.map_or(self.limit, |lease| lease.check(self.limit))
    }
}
