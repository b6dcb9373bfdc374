//! The state that all sessions and transactions of a store share.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use genledger_contract::Result;
use genledger_contract::backend::Events;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::config::MemoryConfig;
use crate::error;
use crate::tables::Tables;
use crate::transaction::state::{TransactionState, WritePermit};

/// The committed tables, and the write permit.
pub(crate) struct Shared {
    /// The committed tables. Locked only to take a snapshot or to change them, never while a visitor runs or
    /// across an `await`.
    committed: Mutex<Arc<Tables>>,
    /// One permit, granted in the order of requests.
    writer: Arc<Semaphore>,
    /// The transaction that held the permit last.
    holder: Mutex<Weak<tokio::sync::Mutex<TransactionState>>>,
    config: MemoryConfig,
}

impl Shared {
    pub(crate) fn new(config: MemoryConfig) -> Self {
        Self {
            committed: Mutex::default(),
            writer: Arc::new(Semaphore::new(1)),
            holder: Mutex::default(),
            config,
        }
    }

    /// The events of statements.
    pub(crate) const fn events(&self) -> Events {
        self.config.events
    }

    /// A snapshot of the committed tables.
    pub(crate) fn committed(&self) -> Arc<Tables> {
        Arc::clone(
            &self
                .committed
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Changes the committed tables in one atomic step. Requires the write permit.
    pub(crate) fn change<T>(
        &self,
        _permit: &WritePermit,
        change: impl FnOnce(&mut Arc<Tables>) -> T,
    ) -> T {
        change(
            &mut self
                .committed
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Waits for the write permit.
    ///
    /// # Errors
    /// Returns `Unavailable` after the timeout.
    pub(crate) async fn writer(&self) -> Result<WritePermit> {
        // Tried first, so that only a wait needs a timer. This overtakes no waiting write, since a free
        // permit is granted to those first.
        if let Ok(permit) = Arc::clone(&self.writer).try_acquire_owned() {
            return Ok(permit);
        }
        let until = Instant::now() + self.config.acquire_timeout;
        let mut permit = pin!(Arc::clone(&self.writer).acquire_owned());
        loop {
            let idle = self.end_idle();
            match timeout_at(idle.min(until), &mut permit).await {
                Ok(Ok(permit)) => return Ok(permit),
                Err(_) if Instant::now() < until => {}
                // The semaphore is never closed.
                Ok(Err(_)) | Err(_) => return Err(self.busy()),
            }
        }
    }

    /// Sets the transaction that holds the write permit.
    pub(crate) fn set_holder(&self, state: Weak<tokio::sync::Mutex<TransactionState>>) {
        *self.holder() = state;
    }

    /// Rolls back the transaction that holds the write permit, if it was idle for too long, and returns the
    /// earliest time at which there may be one to roll back.
    ///
    /// A transaction whose state is locked executes a statement, or waits for the permit itself: the last one that held
    /// it may be the one that waits here.
    fn end_idle(&self) -> Instant {
        let limit = self.config.transaction_idle_timeout;
        let state = self.holder().upgrade();
        match state.as_deref().map(tokio::sync::Mutex::try_lock) {
            Some(Ok(mut state)) => state.end_idle(limit),
            Some(Err(_)) | None => Instant::now() + limit,
        }
    }

    fn busy(&self) -> genledger_contract::Error {
        let state = self.holder().upgrade();
        let state = state.as_deref().map(tokio::sync::Mutex::try_lock);
        let since = state.and_then(|state| state.ok()?.writes_since());
        error::busy(since.map(|since| since.elapsed()))
    }

    fn holder(&self) -> MutexGuard<'_, Weak<tokio::sync::Mutex<TransactionState>>> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("committed", &self.committed())
            .finish_non_exhaustive()
    }
}
