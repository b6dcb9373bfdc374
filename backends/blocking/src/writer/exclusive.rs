//! The caller's side of an open transaction.

use std::fmt;
use std::sync::Arc;

use genledger_contract::Result;

use super::idle::IdleLease;
use super::lease::Lease;
use crate::connection::Blocking;
use crate::job::Mode;

/// Exclusive use of the writer by a transaction. Dropping it rolls back.
pub struct Exclusive<C: Blocking>(Arc<IdleLease<C>>);

impl<C: Blocking> fmt::Debug for Exclusive<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exclusive")
            .field("timed_out", &self.0.timed_out())
            .finish_non_exhaustive()
    }
}

impl<C: Blocking> Exclusive<C> {
    pub(crate) const fn new(lease: Arc<IdleLease<C>>) -> Self {
        Self(lease)
    }

    /// Runs a short statement on the caller's thread. The transaction holds the write lock, so the statement waits for
    /// nothing but pages that are not in memory.
    ///
    /// # Errors
    /// Returns the errors of [`run`](Self::run).
    pub async fn run_short<T>(&self, task: impl FnOnce(&mut C) -> Result<T> + Send) -> Result<T> {
        // Otherwise a loop of statements would never let other tasks of its thread run.
        tokio::task::coop::consume_budget().await;
        let mut lease = self.0.take()?;
        let result = lease.run(Mode::Alone, task);
        self.0.put(lease);
        result
    }

    /// Runs a statement on the writer thread.
    ///
    /// # Errors
    /// Returns the errors of the task, and [`Aborted`](genledger_contract::ErrorKind::Aborted) when the transaction has
    /// ended.
    pub async fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run_on_thread(Mode::Alone, task).await
    }

    /// Runs SQL of the application on the writer thread. It is detected if that ends the transaction.
    ///
    /// # Errors
    /// Returns the errors of [`run`](Self::run), and [`Aborted`](genledger_contract::ErrorKind::Aborted) when the task
    /// ended the transaction.
    pub async fn run_own<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run_on_thread(Mode::Own, task).await
    }

    async fn run_on_thread<T: Send + 'static>(
        &self,
        mode: Mode,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let idle = Arc::clone(&self.0);
        let work = move |mut lease: Lease<C>| {
            let result = lease.run(mode, task);
            idle.put(lease);
            result
        };
        self.0.take()?.run_on_thread(work).await
    }

    /// Commits, on the writer thread.
    ///
    /// # Errors
    /// Returns the errors of the commit, and [`Aborted`](genledger_contract::ErrorKind::Aborted) when the transaction
    /// has ended.
    pub async fn commit(&self) -> Result<()> {
        self.0.take()?.commit().await
    }

    /// Rolls back, on the writer thread.
    ///
    /// # Errors
    /// Returns the errors of the rollback.
    pub async fn roll_back(&self) -> Result<()> {
        match self.0.take() {
            Ok(lease) => lease.roll_back().await,
            // It was rolled back before.
            Err(_) if self.0.timed_out().is_some() => Ok(()),
            Err(error) => Err(error),
        }
    }
}
