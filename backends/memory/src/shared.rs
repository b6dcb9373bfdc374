//! What all sessions and transactions of a store share.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use genledger_contract::Result;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::config::MemoryConfig;
use crate::error;
use crate::tables::Tables;

/// The right to write: one session or transaction has it at a time, until it is dropped.
pub(crate) type WritePermit = OwnedSemaphorePermit;

/// The committed state, and the order in which it is changed.
pub(crate) struct Shared {
    /// What is committed. Locked only to take a snapshot or to change it, never while someone
    /// else's code runs or anything waits.
    committed: Mutex<Arc<Tables>>,
    /// One permit, handed on in the order of asking.
    writer: Arc<Semaphore>,
    write_wait: Duration,
}

impl Shared {
    pub(crate) fn new(config: MemoryConfig) -> Self {
        Self {
            committed: Mutex::default(),
            writer: Arc::new(Semaphore::new(1)),
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
        match timeout(self.write_wait, Arc::clone(&self.writer).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            // The semaphore is never closed.
            Ok(Err(_)) | Err(_) => Err(error::busy()),
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("committed", &self.committed())
            .finish_non_exhaustive()
    }
}
