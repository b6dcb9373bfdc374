//! The thread that owns the only connection that writes.

mod exclusive;
mod group;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use genledger_contract::Result;
use tokio::sync::{Semaphore, oneshot};

use crate::connection::{OpenOptions, SqliteConnection};
use crate::error::unavailable;
use crate::job::{Job, Place, Stage, Task, job, promise};

pub(crate) use exclusive::Step;

/// The most that wait at the thread, twice what one commit takes. Others wait for a place, where
/// nothing stays of those that go away.
const PLACES: usize = 2 * group::MOST;

/// What the thread is told.
enum Message {
    /// A write, to be committed with others.
    Job(Box<dyn Job>),
    /// A transaction, which has the thread for itself.
    Begin(Begin),
    /// No more work.
    Close(oneshot::Sender<()>),
}

struct Begin {
    reply: oneshot::Sender<Result<Sender<Step>>>,
    stage: Stage,
    _place: Place,
}

/// The way to the thread. When the last one is dropped, the thread ends.
#[derive(Debug)]
pub(crate) struct Writer {
    messages: Sender<Message>,
    places: Arc<Semaphore>,
    patience: Duration,
}

impl Writer {
    /// Starts the thread. `keep` is held until the connection is closed.
    pub(crate) fn start<K: Send + 'static>(options: &OpenOptions, keep: K) -> Result<Self> {
        let connection = SqliteConnection::writer(options)?;
        let (messages, queue) = channel();
        thread::Builder::new()
            .name("genledger-sqlite".to_owned())
            .spawn(move || {
                serve(connection, &queue);
                drop(keep);
            })
            .map_err(|error| unavailable("the writer cannot be started").with_source(error))?;
        Ok(Self {
            messages,
            places: Arc::new(Semaphore::new(PLACES)),
            patience: options.config.acquire_timeout,
        })
    }

    /// Runs a write, together with others that wait. It needs a savepoint unless it is a single
    /// statement, which SQLite undoes by itself.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        task: Task<T>,
        needs_savepoint: bool,
    ) -> Result<T> {
        let (place, patience) = self.place().await?;
        let (job, ticket) = job(task, needs_savepoint, Some(place));
        self.send(Message::Job(job))?;
        ticket.answer(patience).await
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&self) -> Result<Sender<Step>> {
        let (place, patience) = self.place().await?;
        let (reply, ticket, stage) = promise();
        self.send(Message::Begin(Begin {
            reply,
            stage,
            _place: place,
        }))?;
        ticket.answer(patience).await
    }

    /// A place at the thread, and what is left of the patience.
    async fn place(&self) -> Result<(Place, Duration)> {
        let begun = Instant::now();
        let places = Arc::clone(&self.places);
        let place = tokio::time::timeout(self.patience, places.acquire_owned())
            .await
            .map_err(|_| unavailable("others were writing all the time"))?
            .map_err(|_| unavailable("the store is closed"))?;
        Ok((place, self.patience.saturating_sub(begun.elapsed())))
    }

    /// Ends the thread after what it was told before.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.send(Message::Close(done)).is_ok() {
            // An error says that the thread is gone already.
            drop(closed.await);
        }
    }

    fn send(&self, message: Message) -> Result<()> {
        self.messages
            .send(message)
            .map_err(|_| unavailable("the store is closed"))
    }
}

fn serve(mut connection: SqliteConnection, queue: &Receiver<Message>) {
    let mut next = None;
    let mut done = None;
    while let Some(message) = next.take().or_else(|| queue.recv().ok()) {
        match message {
            Message::Job(first) => {
                let (jobs, other) = waiting(first, queue);
                group::run(&mut connection, jobs);
                next = other;
            }
            Message::Begin(begin) => exclusive::run(&mut connection, begin),
            Message::Close(closed) => {
                done = Some(closed);
                break;
            }
        }
    }
    // Statistics for the planner, as SQLite advises; without them everything works as well.
    drop(
        connection
            .raw
            .execute_batch("PRAGMA analysis_limit = 400; PRAGMA optimize"),
    );
    drop(connection);
    if let Some(done) = done {
        let _ = done.send(());
    }
}

/// The job, the jobs that wait behind it, and the first message that is something else.
fn waiting(first: Box<dyn Job>, queue: &Receiver<Message>) -> (Vec<Box<dyn Job>>, Option<Message>) {
    let mut jobs = vec![first];
    while jobs.len() < group::MOST {
        match queue.try_recv() {
            Ok(Message::Job(job)) => jobs.push(job),
            Ok(other) => return (jobs, Some(other)),
            Err(_) => break,
        }
    }
    (jobs, None)
}
