//! The pool of connections that read.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use genledger_contract::{Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;

use crate::activity::readable;
use crate::connection::{Blocking, Interrupt, unavailable};
use crate::job::guarded;

/// A pool of connections that are opened when needed.
pub struct Readers<C> {
    open: Arc<dyn Fn() -> Result<C> + Send + Sync>,
    idle: Arc<Mutex<Vec<C>>>,
    permits: Arc<Semaphore>,
    max: u32,
    acquire: Duration,
}

impl<C> fmt::Debug for Readers<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers")
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}

impl<C: Blocking> Readers<C> {
    /// A pool of at max `max` connections; a read waits for one no longer than `acquire`.
    pub fn new(
        max: u32,
        acquire: Duration,
        open: impl Fn() -> Result<C> + Send + Sync + 'static,
    ) -> Self {
        Self {
            open: Arc::new(open),
            idle: Arc::default(),
            permits: Arc::new(Semaphore::new(usize::try_from(max).unwrap_or(usize::MAX))),
            max,
            acquire,
        }
    }

    pub(crate) fn permits(&self) -> (Arc<Semaphore>, u32) {
        (Arc::clone(&self.permits), self.max)
    }

    /// Runs a read on a thread for blocking work. When the future is dropped, the read is interrupted.
    ///
    /// # Errors
    /// Returns the errors of the read, and [`Unavailable`](ErrorKind::Unavailable) when no connection became
    /// free in time or can be opened.
    pub async fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self.acquire().await?;
        self.run_on_thread(permit, task).await
    }

    /// Runs a read of a few rows on the caller's thread, or on another one if a connection has to be opened. It waits for
    /// nothing but pages that are not in memory: readers need no lock.
    ///
    /// # Errors
    /// Returns the errors of [`run`](Self::run).
    pub async fn run_short<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        // Waiting for a permit also lets other tasks of the thread run, in a loop of reads.
        let permit = self.acquire().await?;
        let known = lock(&self.idle).pop();
        let Some(mut connection) = known else {
            return self.run_on_thread(permit, task).await;
        };
        let result = guarded(|| task(&mut connection));
        lock(&self.idle).push(connection);
        drop(permit);
        result
    }

    async fn acquire(&self) -> Result<OwnedSemaphorePermit> {
        let permits = Arc::clone(&self.permits);
        tokio::time::timeout(self.acquire, permits.acquire_owned())
            .await
            .map_err(|_| self.timed_out())?
            .map_err(|_| unavailable("the store is closed"))
    }

    async fn run_on_thread<T: Send + 'static>(
        &self,
        permit: OwnedSemaphorePermit,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let idle = Arc::clone(&self.idle);
        let open = Arc::clone(&self.open);
        let reading = ReadInterrupt::default();
        let running = reading.clone();
        let read = tokio::task::spawn_blocking(move || {
            let permit = permit;
            let known = lock(&idle).pop();
            let mut connection = match known {
                Some(connection) => connection,
                None => open()?,
            };
            let result = if running.begin(connection.interrupt()) {
                guarded(|| task(&mut connection))
            } else {
                Err(unavailable("the caller of the read has dropped it"))
            };
            // Before another read can get the connection.
            running.end();
            lock(&idle).push(connection);
            drop(permit);
            result
        });
        let on_drop = InterruptOnDrop(reading);
        let result = read.await;
        on_drop.0.end();
        result.unwrap_or_else(|error| Err(join_error(error)))
    }

    fn timed_out(&self) -> Error {
        unavailable(format!(
            "timed out waiting for a connection that reads: all {} were in use for {}",
            self.max,
            readable(self.acquire)
        ))
    }

    /// Waits for running reads and closes all connections.
    pub async fn close(&self) {
        // An error means that it was closed before.
        let reads = self.permits.acquire_many(self.max).await;
        self.permits.close();
        drop(reads);
        lock(&self.idle).clear();
    }
}

/// The error of a blocking task that panicked or was not run.
fn join_error(error: JoinError) -> Error {
    let failure = if error.is_panic() {
        Error::new(ErrorKind::Other, "the driver panicked")
    } else {
        unavailable("the runtime is shutting down")
    };
    failure.with_source(error)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Interrupts a read: before it begins, and while it has the connection.
#[derive(Clone, Default)]
struct ReadInterrupt(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    interrupt: Option<Interrupt>,
    cancelled: bool,
}

impl ReadInterrupt {
    /// Begins the read; returns `false` if it was cancelled.
    fn begin(&self, interrupt: Interrupt) -> bool {
        let mut state = lock(&self.0);
        state.interrupt = Some(interrupt);
        !state.cancelled
    }

    fn end(&self) {
        lock(&self.0).interrupt = None;
    }
}

struct InterruptOnDrop(ReadInterrupt);

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        let mut state = lock(&self.0.0);
        state.cancelled = true;
        if let Some(interrupt) = state.interrupt.take() {
            interrupt();
        }
    }
}
