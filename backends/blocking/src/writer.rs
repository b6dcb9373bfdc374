//! The thread that owns the only connection that writes.

mod alone;
mod connection;
mod exclusive;
mod group;
mod idle;
mod lease;
mod queue;
mod thread;

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use std::{fmt, thread as system};

use genledger_contract::{Error, Result};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, oneshot};

use crate::activity::WriterActivity;
use crate::connection::{Blocking, unavailable};
use crate::job::{Mode, QueueSlot, Task, job, once};
use crate::log_shortener::LogShortener;
use crate::readers::Readers;
use connection::WriterConnection;
use idle::IdleWatch;
use lease::Lease;
use queue::Message;
use thread::WriterThread;

pub use exclusive::Exclusive;

/// The connection, which the thread locks for each group of writes, and each transaction until its end; none when the
/// store is closed. The lock is fair: it is given in the order of requests.
type Lock<C> = Arc<Mutex<Option<WriterConnection<C>>>>;

/// The slots of the queue, twice the writes of one commit. Further calls wait for a slot, where one that is
/// dropped leaves nothing in the queue.
const QUEUE_SLOTS: usize = 2 * group::MAX_WRITES;

/// The bounds of a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterLimits {
    /// How long a call waits for the writer.
    pub acquire: Duration,
    /// How long a transaction may run no statement.
    pub idle: Duration,
    /// The length in bytes from which on the log is shortened in a pause of reads; 0 for never.
    pub log: u64,
}

/// The handle of the writer thread. When the last one is dropped, the thread ends.
pub struct Writer<C: Blocking> {
    lock: Lock<C>,
    idle: Arc<IdleWatch<C>>,
    messages: Sender<Message<C>>,
    slots: Arc<Semaphore>,
    activity: WriterActivity,
    acquire: Duration,
}

impl<C: Blocking> fmt::Debug for Writer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("activity", &self.activity)
            .finish_non_exhaustive()
    }
}

impl<C: Blocking> Writer<C> {
    /// Starts the thread. `open` opens its connection, and again another one when SQL of the
    /// application ran on it; `close` is called with the connection when the thread ends.
    ///
    /// # Errors
    /// Returns the errors of `open`, and [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when no
    /// thread can be started.
    pub fn start(
        name: &str,
        readers: &Readers<C>,
        limits: WriterLimits,
        open: impl Fn() -> Result<C> + Send + 'static,
        close: impl FnOnce(C) + Send + 'static,
    ) -> Result<Self> {
        let connection = open()?;
        let activity = WriterActivity::default();
        let (permits, all) = readers.permits();
        // A read that is delayed must still get a connection in time.
        let log_shortener = LogShortener::new(permits, all, limits.log, limits.acquire / 2);
        let connection =
            WriterConnection::new(connection, Box::new(open), activity.clone(), log_shortener);
        let lock = Arc::new(Mutex::new(Some(connection)));
        let idle = Arc::new(IdleWatch::new(limits.idle));
        let (messages, queue) = channel();
        let thread = WriterThread::new(
            Arc::clone(&lock),
            Arc::clone(&idle),
            (messages.clone(), queue),
        );
        system::Builder::new()
            .name(name.to_owned())
            .spawn(move || thread.serve(close))
            .map_err(|error| {
                unavailable("the thread that writes cannot be started").with_source(error)
            })?;
        Ok(Self {
            lock,
            idle,
            messages,
            slots: Arc::new(Semaphore::new(QUEUE_SLOTS)),
            activity,
            acquire: limits.acquire,
        })
    }

    /// Runs a write, together with others that wait. It may run again after it was rolled back.
    ///
    /// # Errors
    /// Returns the errors of the task and of the commit, and
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when it did not start in time.
    pub async fn run<T: Send + 'static>(
        &self,
        task: impl FnMut(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send(Box::new(task), Mode::Steps).await
    }

    /// Runs a write of a single statement, which the database undoes by itself when it fails, together
    /// with others that wait. It may run again after it was rolled back.
    ///
    /// # Errors
    /// Returns the errors of [`run`](Self::run).
    pub async fn run_statement<T: Send + 'static>(
        &self,
        task: impl FnMut(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send(Box::new(task), Mode::Statement).await
    }

    /// Runs a write once, in its own transaction.
    ///
    /// # Errors
    /// Returns the errors of [`run`](Self::run).
    pub async fn run_alone<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send(once(task), Mode::Alone).await
    }

    /// Runs SQL of the application once, in its own transaction. The connection is replaced
    /// afterwards, so that changes of its state are discarded.
    ///
    /// # Errors
    /// Returns the errors of [`run`](Self::run), and [`Aborted`](genledger_contract::ErrorKind::Aborted) when the task
    /// ended the transaction.
    pub async fn run_own<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send(once(task), Mode::Own).await
    }

    async fn send<T: Send + 'static>(&self, task: Task<C, T>, mode: Mode) -> Result<T> {
        let (slot, left) = self.acquire_slot().await?;
        let (job, ticket) = job(task, mode, slot);
        self.enqueue(Message::Write(job))?;
        let result = ticket.result(left, || self.activity.timed_out()).await;
        result.unwrap_or_else(|| Err(closed()))
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// Returns the errors of the database, and
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when it did not begin in time.
    pub async fn begin(&self) -> Result<Exclusive<C>> {
        let locked = Arc::clone(&self.lock).lock_owned();
        let guard = tokio::time::timeout(self.acquire, locked)
            .await
            .map_err(|_| self.activity.timed_out())?;
        let held = OwnedMutexGuard::try_map(guard, Option::as_mut).map_err(|_| closed())?;
        let lease = Lease::begin(held, &self.messages).await?;
        Ok(Exclusive::new(self.idle.watch(lease)))
    }

    /// A slot of the queue, and the rest of the time to wait.
    async fn acquire_slot(&self) -> Result<(QueueSlot, Duration)> {
        let begun = Instant::now();
        let slots = Arc::clone(&self.slots);
        let slot = tokio::time::timeout(self.acquire, slots.acquire_owned())
            .await
            .map_err(|_| self.activity.timed_out())?
            .map_err(|_| closed())?;
        Ok((slot, self.acquire.saturating_sub(begun.elapsed())))
    }

    /// Ends the thread after the writes that it received before, and after an open transaction.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.enqueue(Message::Close(Some(done))).is_ok() {
            // An error means that the thread has ended already.
            drop(closed.await);
        }
    }

    fn enqueue(&self, message: Message<C>) -> Result<()> {
        self.messages.send(message).map_err(|_| closed())
    }
}

fn closed() -> Error {
    unavailable("the store is closed")
}

impl<C: Blocking> Drop for Writer<C> {
    fn drop(&mut self) {
        // An error means that the store was closed.
        drop(self.messages.send(Message::Close(None)));
    }
}
