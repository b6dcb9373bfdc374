//! The thread that owns the only connection that writes.

mod alone;
mod exclusive;
mod group;
mod thread;

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use std::{fmt, thread as system};

use genledger_contract::{Error, Result};
use tokio::sync::{Semaphore, oneshot};

use crate::connection::{Blocking, unavailable};
use crate::holder::Holder;
use crate::job::{Job, Mode, Place, Stage, Task, job, once, promise};
use crate::quiet::Quiet;
use crate::readers::Readers;
use crate::transaction::Exclusive;
use thread::Thread;

pub(crate) use exclusive::Step;

/// The most that wait at the thread, twice what one commit takes. Others wait for a place, where
/// nothing stays of those that go away.
const PLACES: usize = 2 * group::MOST;

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterLimits {
    /// How long a call waits for its turn.
    pub acquire: Duration,
    /// How long a transaction may run no statement.
    pub idle: Duration,
    /// The length in bytes from which on the log is shortened in a moment without reads; 0 for never.
    pub log: u64,
}

/// What the thread is told.
pub(crate) enum Message<C> {
    /// A write.
    Job(Box<dyn Job<C>>),
    /// A transaction, which has the thread for itself.
    Begin(Begin<C>),
    /// No more work.
    Close(oneshot::Sender<()>),
}

pub(crate) struct Begin<C> {
    reply: oneshot::Sender<Result<Exclusive<C>>>,
    stage: Stage,
    _place: Place,
}

/// The way to the thread. When the last one is dropped, the thread ends.
pub struct Writer<C> {
    messages: Sender<Message<C>>,
    places: Arc<Semaphore>,
    holder: Holder,
    acquire: Duration,
}

impl<C> fmt::Debug for Writer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}

impl<C: Blocking> Writer<C> {
    /// Starts the thread. `open` opens its connection, and again another one when SQL of the
    /// application ran on it; `close` is called with the connection when the thread ends.
    ///
    /// # Errors
    /// Those of `open`, and [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when there can
    /// be no more threads.
    pub fn start(
        name: &str,
        readers: &Readers<C>,
        limits: WriterLimits,
        open: impl Fn() -> Result<C> + Send + 'static,
        close: impl FnOnce(C) + Send + 'static,
    ) -> Result<Self> {
        let connection = open()?;
        let (messages, queue) = channel();
        let holder = Holder::default();
        let (permits, all) = readers.permits();
        // A read that is held back must still have its turn in time.
        let quiet = Quiet::new(permits, all, limits.log, limits.acquire / 2);
        let thread = Thread::new(
            connection,
            Box::new(open),
            queue,
            holder.clone(),
            quiet,
            limits.idle,
        );
        system::Builder::new()
            .name(name.to_owned())
            .spawn(move || thread.serve(close))
            .map_err(|error| {
                unavailable("the thread that writes cannot be started").with_source(error)
            })?;
        Ok(Self {
            messages,
            places: Arc::new(Semaphore::new(PLACES)),
            holder,
            acquire: limits.acquire,
        })
    }

    /// Runs a write, together with others that wait. It may run again after what it did was undone.
    ///
    /// # Errors
    /// Those of the task and of the commit, and
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when its turn did not come in time.
    pub async fn run<T: Send + 'static>(
        &self,
        task: impl FnMut(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send(Box::new(task), Mode::Steps).await
    }

    /// Runs a write of a single statement, which the database undoes by itself when it fails, together
    /// with others that wait. It may run again after what it did was undone.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_statement<T: Send + 'static>(
        &self,
        task: impl FnMut(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send(Box::new(task), Mode::Statement).await
    }

    /// Runs a write once, in a transaction of its own.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_alone<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send(once(task), Mode::Alone).await
    }

    /// Runs SQL of the application once, in a transaction of its own. What it changed in the
    /// connection itself is gone afterwards.
    ///
    /// # Errors
    /// As [`run`](Self::run), and [`Aborted`](genledger_contract::ErrorKind::Aborted) when the task
    /// ended the transaction.
    pub async fn run_own<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send(once(task), Mode::Own).await
    }

    async fn send<T: Send + 'static>(&self, task: Task<C, T>, mode: Mode) -> Result<T> {
        let (place, left) = self.place().await?;
        let (job, ticket) = job(task, mode, Some(place));
        self.tell(Message::Job(job))?;
        let result = ticket.result(left, || self.holder.timed_out()).await;
        result.unwrap_or_else(|| Err(closed()))
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// Those of the database, and [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when its
    /// turn did not come in time.
    pub async fn begin(&self) -> Result<Exclusive<C>> {
        let (place, left) = self.place().await?;
        let (reply, ticket, stage) = promise();
        self.tell(Message::Begin(Begin {
            reply,
            stage,
            _place: place,
        }))?;
        let begun = ticket.result(left, || self.holder.timed_out()).await;
        begun.unwrap_or_else(|| Err(closed()))
    }

    /// A place at the thread, and what is left of the time to wait.
    async fn place(&self) -> Result<(Place, Duration)> {
        let begun = Instant::now();
        let places = Arc::clone(&self.places);
        let place = tokio::time::timeout(self.acquire, places.acquire_owned())
            .await
            .map_err(|_| self.holder.timed_out())?
            .map_err(|_| closed())?;
        Ok((place, self.acquire.saturating_sub(begun.elapsed())))
    }

    /// Ends the thread after what it was told before.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.tell(Message::Close(done)).is_ok() {
            // An error says that the thread is gone already.
            drop(closed.await);
        }
    }

    fn tell(&self, message: Message<C>) -> Result<()> {
        self.messages.send(message).map_err(|_| closed())
    }
}

fn closed() -> Error {
    unavailable("the store is closed")
}
