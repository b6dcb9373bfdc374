//! A piece of work that waits for its turn on another thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use genledger_contract::{Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// What is to be done on a connection.
pub(crate) type Task<C, T> = Box<dyn FnMut(&mut C) -> Result<T> + Send>;

/// How a job is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// With others, and again when they are undone together: one statement, which the database undoes
    /// by itself when it fails.
    Statement,
    /// The same, for several statements.
    Steps,
    /// Once, in a transaction of its own.
    Alone,
    /// The same, for SQL of the application, which may do anything to the connection.
    Own,
}

impl Mode {
    /// Whether it may share a transaction with others.
    pub(crate) const fn joins(self) -> bool {
        matches!(self, Self::Statement | Self::Steps)
    }
}

/// Whether a job still waits. It starts or is cancelled, never both.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stage(Arc<AtomicU8>);

const WAITING: u8 = 0;
const STARTED: u8 = 1;
const CANCELLED: u8 = 2;

impl Stage {
    fn change(&self, to: u8) -> bool {
        self.0
            .compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Whether the job may start: it was not cancelled.
    pub(crate) fn start(&self) -> bool {
        self.change(STARTED)
    }

    /// Whether the job was cancelled before it started.
    fn cancel(&self) -> bool {
        self.change(CANCELLED)
    }
}

/// A job as the thread sees it.
pub(crate) trait Job<C>: Send {
    /// How it is run.
    fn mode(&self) -> Mode;
    /// Whether the job is to be run: it was not cancelled. Then it cannot be cancelled any more.
    fn start(&self) -> bool;
    /// Runs it, and returns whether it succeeded. One that joins others can be run again, after what
    /// it did was undone; the result is that of the last run.
    fn run(&mut self, connection: &mut C) -> bool;
    /// Sends the result.
    fn finish(self: Box<Self>);
    /// Sends this error, whatever the result was.
    fn fail(self: Box<Self>, error: Error);
}

/// A task that waits. It is gone when it was cancelled, since it holds the rows that it writes.
type Held<C, T> = Arc<Mutex<Option<Task<C, T>>>>;

fn held<C, T>(task: &Held<C, T>) -> MutexGuard<'_, Option<Task<C, T>>> {
    task.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place among those that wait; taken until the thread has finished the job.
pub(crate) type Place = OwnedSemaphorePermit;

struct Typed<C, T> {
    task: Held<C, T>,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
    stage: Stage,
    mode: Mode,
    _place: Option<Place>,
}

impl<C, T: Send> Job<C> for Typed<C, T> {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn start(&self) -> bool {
        self.stage.start()
    }

    fn run(&mut self, connection: &mut C) -> bool {
        let mut task = held(&self.task);
        let Some(task) = task.as_mut() else {
            return false;
        };
        let result = guarded(|| task(connection));
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
    }

    fn finish(self: Box<Self>) {
        if let Some(result) = self.result {
            // An error says that the caller is gone.
            drop(self.reply.send(result));
        }
    }

    fn fail(self: Box<Self>, error: Error) {
        drop(self.reply.send(Err(error)));
    }
}

/// Runs a task whose visitor may panic, which must not end the thread.
pub(crate) fn guarded<T>(task: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(task)).unwrap_or_else(|_| {
        Err(Error::new(
            ErrorKind::Other,
            "the code that was run on the connection panicked",
        ))
    })
}

/// The caller's side of a job. Dropping it cancels a job that has not started.
pub(crate) struct Ticket<T> {
    receiver: oneshot::Receiver<Result<T>>,
    stage: Stage,
    discard: Option<Box<dyn Fn() + Send + Sync>>,
}

/// A job and the caller's side of it.
pub(crate) fn job<C: 'static, T: Send + 'static>(
    task: Task<C, T>,
    mode: Mode,
    place: Option<Place>,
) -> (Box<dyn Job<C>>, Ticket<T>) {
    let (reply, mut ticket, stage) = promise();
    let task = Arc::new(Mutex::new(Some(task)));
    let waiting = Arc::clone(&task);
    ticket.discard = Some(Box::new(move || drop(held(&waiting).take())));
    let job = Typed {
        task,
        result: None,
        reply,
        stage,
        mode,
        _place: place,
    };
    (Box::new(job), ticket)
}

/// A task that is run once.
pub(crate) fn once<C: 'static, T: 'static>(
    task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
) -> Task<C, T> {
    let mut task = Some(task);
    Box::new(move |connection| match task.take() {
        Some(task) => task(connection),
        None => Err(Error::new(
            ErrorKind::Other,
            "work that runs once was run again",
        )),
    })
}

/// A place for a result, and the caller's side of it.
pub(crate) fn promise<T>() -> (oneshot::Sender<Result<T>>, Ticket<T>, Stage) {
    let (reply, receiver) = oneshot::channel();
    let stage = Stage::default();
    let ticket = Ticket {
        receiver,
        stage: stage.clone(),
        discard: None,
    };
    (reply, ticket, stage)
}

impl<T> Ticket<T> {
    /// The result. A job that has not started after `limit` is cancelled, and one that has is waited
    /// for: an error would say that it was not done. `None` when the thread is gone.
    pub(crate) async fn result(
        mut self,
        limit: Duration,
        timed_out: impl FnOnce() -> Error + Send,
    ) -> Option<Result<T>> {
        if limit == Duration::MAX {
            // A timer would wake the thread of the runtime that has them.
            return (&mut self.receiver).await.ok();
        }
        match tokio::time::timeout(limit, &mut self.receiver).await {
            Ok(result) => result.ok(),
            Err(_) if self.cancel() => Some(Err(timed_out())),
            Err(_) => (&mut self.receiver).await.ok(),
        }
    }

    /// Whether the job will never be done. The thread comes to it when those before it are done; the
    /// rows need not wait for that.
    fn cancel(&self) -> bool {
        let cancelled = self.stage.cancel();
        if cancelled && let Some(discard) = &self.discard {
            discard();
        }
        cancelled
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        self.cancel();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Mode, job, once};

    #[test]
    fn a_job_that_is_cancelled_holds_no_rows() {
        let rows = Arc::new(());
        let held = Arc::clone(&rows);
        let task = once(move |(): &mut ()| {
            drop(held);
            Ok(())
        });
        let (waiting, ticket) = job(task, Mode::Steps, None);
        assert_eq!(Arc::strong_count(&rows), 2);
        drop(ticket);
        assert_eq!(Arc::strong_count(&rows), 1);
        assert!(!waiting.start());
    }
}
