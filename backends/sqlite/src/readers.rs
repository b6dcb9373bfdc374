//! The connections that read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use genledger_contract::Result;
use rusqlite::InterruptHandle;
use tokio::sync::Semaphore;

use crate::connection::{OpenOptions, SqliteConnection};
use crate::error::{stopped, unavailable};
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
            permits: Arc::new(Semaphore::new(options.config.readers)),
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
            let answer = if running.begin(connection.raw.get_interrupt_handle()) {
                guarded(|| task(&mut connection))
            } else {
                Err(unavailable("nobody waits for the read any more"))
            };
            // Before the connection can be another's.
            running.end();
            lock(&idle).push(connection);
            drop(permit);
            answer
        });
        let on_drop = InterruptOnDrop(interrupt);
        let answer = read.await;
        on_drop.0.end();
        answer.unwrap_or_else(|error| Err(stopped(error)))
    }

    /// Waits for the reads that are under way and closes all connections.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(self.options.config.readers).unwrap_or(u32::MAX);
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

/// How a read can be interrupted: before it begins, and as long as it has the connection.
#[derive(Clone, Default)]
struct Interrupt(Arc<Mutex<Reading>>);

#[derive(Default)]
struct Reading {
    handle: Option<InterruptHandle>,
    given_up: bool,
}

impl Interrupt {
    /// Notes that the read begins, unless its caller has gone away.
    fn begin(&self, handle: InterruptHandle) -> bool {
        let mut reading = lock(&self.0);
        reading.handle = Some(handle);
        !reading.given_up
    }

    fn end(&self) {
        lock(&self.0).handle = None;
    }
}

struct InterruptOnDrop(Interrupt);

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        let mut reading = lock(&self.0.0);
        reading.given_up = true;
        if let Some(handle) = reading.handle.take() {
            handle.interrupt();
        }
    }
}
