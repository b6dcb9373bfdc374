//! What all sessions and transactions of a store share.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use genledger_contract::Result;
use genledger_contract::backend::Events;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::config::MemoryConfig;
use crate::error;
use crate::tables::Tables;
use crate::transaction::State;

/// The right to write: one session or transaction has it at a time, until it is dropped.
pub(crate) type WritePermit = OwnedSemaphorePermit;

/// The committed state, and the order in which it is changed.
pub(crate) struct Shared {
    /// What is committed. Locked only to take a snapshot or to change it, never while someone
    /// else's code runs or anything waits.
    committed: Mutex<Arc<Tables>>,
    /// One permit, handed on in the order of asking.
    writer: Arc<Semaphore>,
    /// The transaction that had the permit last.
    holder: Mutex<Weak<tokio::sync::Mutex<State>>>,
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

    /// What is told of statements.
    pub(crate) const fn events(&self) -> Events {
        self.config.events
    }

    /// What is committed now.
    pub(crate) fn committed(&self) -> Arc<Tables> {
        Arc::clone(
            &self
                .committed
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Changes what is committed, in one step that others see in full or not at all. Only the one who
    /// has the permit may do it.
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

    /// Waits for the right to write.
    ///
    /// # Errors
    /// `Unavailable` after the time-out.
    pub(crate) async fn writer(&self) -> Result<WritePermit> {
        // Tried first: only someone who has to wait needs a timer. No one is overtaken by that,
        // since a free permit goes to those who wait.
        if let Ok(permit) = Arc::clone(&self.writer).try_acquire_owned() {
            return Ok(permit);
        }
        let until = Instant::now() + self.config.acquire_timeout;
        let mut permit = pin!(Arc::clone(&self.writer).acquire_owned());
        loop {
            let idle = self.end_idle().await;
            match timeout_at(idle.min(until), &mut permit).await {
                Ok(Ok(permit)) => return Ok(permit),
                Err(_) if Instant::now() < until => {}
                // The semaphore is never closed.
                Ok(Err(_)) | Err(_) => return Err(self.busy().await),
            }
        }
    }

    /// A transaction has the right to write from now on.
    pub(crate) fn hold(&self, state: Weak<tokio::sync::Mutex<State>>) {
        *self.holder() = state;
    }

    /// Rolls the transaction back that has the right to write, if it ran no statement for too long, and
    /// returns the earliest time at which there may be one to roll back.
    async fn end_idle(&self) -> Instant {
        let limit = self.config.transaction_idle_timeout;
        let state = self.holder().upgrade();
        let Some(state) = state else {
            return Instant::now() + limit;
        };
        state.lock().await.end_idle(limit)
    }

    async fn busy(&self) -> genledger_contract::Error {
        let state = self.holder().upgrade();
        let since = match state {
            Some(state) => state.lock().await.writes_since(),
            None => None,
        };
        error::busy(since.map(|since| since.elapsed()))
    }

    fn holder(&self) -> MutexGuard<'_, Weak<tokio::sync::Mutex<State>>> {
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
