//! The connections that read.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use genledger_contract::{Error, ErrorKind, Result};
use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::connection::{Blocking, Interrupt, unavailable};
use crate::holder::readable;
use crate::job::guarded;

/// A pool of connections that are opened when they are first needed.
pub struct Readers<C> {
    open: Arc<dyn Fn() -> Result<C> + Send + Sync>,
    idle: Arc<Mutex<Vec<C>>>,
    permits: Arc<Semaphore>,
    most: u32,
    acquire: Duration,
}

impl<C> fmt::Debug for Readers<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

impl<C: Blocking> Readers<C> {
    /// At most so many connections, for each of which a read waits no longer than `acquire`.
    pub fn new(
        most: u32,
        acquire: Duration,
        open: impl Fn() -> Result<C> + Send + Sync + 'static,
    ) -> Self {
        Self {
            open: Arc::new(open),
            idle: Arc::default(),
            permits: Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX))),
            most,
            acquire,
        }
    }

    pub(crate) fn permits(&self) -> (Arc<Semaphore>, u32) {
        (Arc::clone(&self.permits), self.most)
    }

    /// Runs a read on a thread for blocking work. When the caller goes away, the read is
    /// interrupted.
    ///
    /// # Errors
    /// Those of the read, and [`Unavailable`](ErrorKind::Unavailable) when no connection became free
    /// in time or can be opened.
    pub async fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permits = Arc::clone(&self.permits);
        let permit = tokio::time::timeout(self.acquire, permits.acquire_owned())
            .await
            .map_err(|_| self.timed_out())?
            .map_err(|_| unavailable("the store is closed"))?;
        let idle = Arc::clone(&self.idle);
        let open = Arc::clone(&self.open);
        let reading = Reading::default();
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
                Err(unavailable("the caller of the read is gone"))
            };
            // Before the connection can be another's.
            running.end();
            lock(&idle).push(connection);
            drop(permit);
            result
        });
        let on_drop = InterruptOnDrop(reading);
        let result = read.await;
        on_drop.0.end();
        result.unwrap_or_else(|error| Err(stopped(error)))
    }

    fn timed_out(&self) -> Error {
        unavailable(format!(
            "timed out waiting for a connection that reads: all {} were in use for {}",
            self.most,
            readable(self.acquire)
        ))
    }

    /// Waits for the reads that are under way and closes all connections.
    pub async fn close(&self) {
        // An error says that it was closed before.
        let reads = self.permits.acquire_many(self.most).await;
        self.permits.close();
        drop(reads);
        lock(&self.idle).clear();
    }
}

/// A thread for blocking work did not do it.
fn stopped(error: JoinError) -> Error {
    let stopped = if error.is_panic() {
        Error::new(ErrorKind::Other, "the driver panicked")
    } else {
        unavailable("the runtime is shutting down")
    };
    stopped.with_source(error)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a read can be interrupted: before it begins, and as long as it has the connection.
#[derive(Clone, Default)]
struct Reading(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    interrupt: Option<Interrupt>,
    given_up: bool,
}

impl Reading {
    /// Notes that the read begins, unless its caller has gone away.
    fn begin(&self, interrupt: Interrupt) -> bool {
        let mut state = lock(&self.0);
        state.interrupt = Some(interrupt);
        !state.given_up
    }

    fn end(&self) {
        lock(&self.0).interrupt = None;
    }
}

struct InterruptOnDrop(Reading);

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        let mut state = lock(&self.0.0);
        state.given_up = true;
        if let Some(interrupt) = state.interrupt.take() {
            interrupt();
        }
    }
}
