//! What all sessions and transactions of a store share.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use genledger_contract::Result;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::timeout;

use crate::config::MemoryConfig;
use crate::error;
use crate::tables::Tables;

/// The right to write: one session or transaction has it at a time, until it is dropped.
pub(crate) type WritePermit = OwnedSemaphorePermit;

/// The committed state, and the order in which it is changed.
pub(crate) struct Shared {
    /// What is committed. Locked only to take a snapshot or to change it, never while somebody
    /// else's code runs or anything waits.
    committed: Mutex<Arc<Tables>>,
    /// One permit, handed on in the order of asking.
    writer: Arc<Semaphore>,
    closed: AtomicBool,
    write_wait: Duration,
}

impl Shared {
    pub(crate) fn new(config: MemoryConfig) -> Self {
        Self {
            committed: Mutex::default(),
            writer: Arc::new(Semaphore::new(1)),
            closed: AtomicBool::new(false),
            write_wait: config.write_wait,
        }
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

    /// Changes what is committed, in one step that others see in full or not at all. Only whoever
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
    /// `Unavailable` after the time-out, or when the store is closed.
    pub(crate) async fn writer(&self) -> Result<WritePermit> {
        // Tried first: only somebody who has to wait needs a timer. Nobody is overtaken by that,
        // since a free permit goes to those who wait.
        match Arc::clone(&self.writer).try_acquire_owned() {
            Ok(permit) => return Ok(permit),
            Err(TryAcquireError::Closed) => return Err(error::closed()),
            Err(TryAcquireError::NoPermits) => {}
        }
        match timeout(self.write_wait, Arc::clone(&self.writer).acquire_owned()).await {
            Ok(permit) => permit.map_err(|_| error::closed()),
            Err(_) => Err(error::busy()),
        }
    }

    /// Refuses to begin anything after [`close`](Self::close).
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            Err(error::closed())
        } else {
            Ok(())
        }
    }

    /// Lets the writes that are under way come to their end, and no others begin.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        // A transaction that is kept open for longer is not waited for; it can still commit.
        drop(self.writer().await);
        self.writer.close();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("committed", &self.committed())
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
