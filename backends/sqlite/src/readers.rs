//! The connections that read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use genledger_contract::Result;
use rusqlite::InterruptHandle;
use tokio::sync::Semaphore;

use crate::connection::{OpenOptions, SqliteConnection};
use crate::error::unavailable;
use crate::job::{Task, guarded};

/// A pool of connections that are opened when they are needed first.
#[derive(Debug)]
pub(crate) struct Readers {
    options: OpenOptions,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
    permits: Arc<Semaphore>,
    patience: Duration,
}

impl Readers {
    pub(crate) fn new(options: OpenOptions) -> Self {
        Self {
            idle: Arc::default(),
            permits: Arc::new(Semaphore::new(options.config.readers.max(1))),
            patience: options.config.acquire_timeout,
            options,
        }
    }

    /// Runs a read on a thread for blocking work. When the caller goes away, the read is
    /// interrupted.
    pub(crate) async fn run<T: Send + 'static>(&self, task: Task<T>) -> Result<T> {
        let permits = Arc::clone(&self.permits);
        let permit = tokio::time::timeout(self.patience, permits.acquire_owned())
            .await
            .map_err(|_| unavailable("all connections were reading all the time"))?
            .map_err(|_| unavailable("the store is closed"))?;
        let idle = Arc::clone(&self.idle);
        let options = self.options.clone();
        let interrupt = Interrupt::default();
        let running = interrupt.clone();
        let read = tokio::task::spawn_blocking(move || {
            let permit = permit;
            let known = lock(&idle).pop();
            let mut connection = match known {
                Some(connection) => connection,
                None => SqliteConnection::reader(&options)?,
            };
            running.set(Some(connection.raw.get_interrupt_handle()));
            let answer = guarded(|| task(&mut connection));
            // Before the connection can be another's.
            running.set(None);
            lock(&idle).push(connection);
            drop(permit);
            answer
        });
        let on_drop = InterruptOnDrop(interrupt);
        let answer = read.await;
        on_drop.0.set(None);
        answer.unwrap_or_else(|error| Err(unavailable("the runtime is closing").with_source(error)))
    }

    /// Waits for the reads that are under way and closes all connections.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(self.options.config.readers.max(1)).unwrap_or(u32::MAX);
        // An error says that it was closed before.
        let reads = self.permits.acquire_many(all).await;
        self.permits.close();
        drop(reads);
        lock(&self.idle).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The handle that interrupts a read, as long as the read has the connection.
#[derive(Clone, Default)]
struct Interrupt(Arc<Mutex<Option<InterruptHandle>>>);

impl Interrupt {
    fn set(&self, handle: Option<InterruptHandle>) {
        *lock(&self.0) = handle;
    }
}

struct InterruptOnDrop(Interrupt);

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        if let Some(handle) = lock(&self.0.0).take() {
            handle.interrupt();
        }
    }
}
