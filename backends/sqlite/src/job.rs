//! A piece of work that waits for its turn on another thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use genledger_contract::{Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::connection::SqliteConnection;
use crate::error::unavailable;

/// What is to be done on a connection.
pub(crate) type Task<T> = Box<dyn FnOnce(&mut SqliteConnection) -> Result<T> + Send>;

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

    /// Whether the job may start: nobody has cancelled it.
    pub(crate) fn start(&self) -> bool {
        self.change(STARTED)
    }

    /// Whether the job was cancelled before it started.
    fn cancel(&self) -> bool {
        self.change(CANCELLED)
    }
}

/// A job as the thread sees it.
pub(crate) trait Job: Send {
    /// Whether the job is to be run: its caller is still there.
    fn start(&self) -> bool;
    /// Whether a failure leaves something behind that must be undone.
    fn needs_savepoint(&self) -> bool;
    /// Does it, and answers whether it succeeded.
    fn run(&mut self, connection: &mut SqliteConnection) -> bool;
    /// Sends the answer.
    fn answer(self: Box<Self>);
    /// Sends this error instead of the answer; one that failed by itself keeps its own.
    fn fail(self: Box<Self>, error: Error);
}

/// A task, which is gone when it was started or cancelled: it holds the rows that it writes.
type Held<T> = Arc<Mutex<Option<Task<T>>>>;

fn held<T>(task: &Held<T>) -> MutexGuard<'_, Option<Task<T>>> {
    task.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place among those that wait; taken for as long as the thread has not done with it.
pub(crate) type Place = OwnedSemaphorePermit;

struct Typed<T> {
    task: Held<T>,
    answer: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
    stage: Stage,
    needs_savepoint: bool,
    _place: Option<Place>,
}

impl<T: Send> Job for Typed<T> {
    fn needs_savepoint(&self) -> bool {
        self.needs_savepoint
    }

    fn start(&self) -> bool {
        self.stage.start()
    }

    fn run(&mut self, connection: &mut SqliteConnection) -> bool {
        let Some(task) = held(&self.task).take() else {
            return false;
        };
        let answer = guarded(|| task(connection));
        let succeeded = answer.is_ok();
        self.answer = Some(answer);
        succeeded
    }

    fn answer(self: Box<Self>) {
        if let Some(answer) = self.answer {
            // A caller that is gone does not want to know.
            drop(self.reply.send(answer));
        }
    }

    fn fail(self: Box<Self>, error: Error) {
        let error = match self.answer {
            Some(Err(own)) => own,
            _ => error,
        };
        drop(self.reply.send(Err(error)));
    }
}

/// Runs a task whose visitor may panic, which must not end the thread.
pub(crate) fn guarded<T>(task: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(task)).unwrap_or_else(|_| {
        Err(Error::new(
            ErrorKind::Other,
            "the code that takes rows panicked",
        ))
    })
}

/// The caller's side of a job. Dropping it cancels a job that has not started.
pub(crate) struct Ticket<T> {
    receiver: oneshot::Receiver<Result<T>>,
    stage: Stage,
    task: Option<Held<T>>,
}

/// A job and the caller's side of it.
pub(crate) fn job<T: Send + 'static>(
    task: Task<T>,
    needs_savepoint: bool,
    place: Option<Place>,
) -> (Box<dyn Job>, Ticket<T>) {
    let (reply, mut ticket, stage) = promise();
    let task = Arc::new(Mutex::new(Some(task)));
    ticket.task = Some(Arc::clone(&task));
    let job = Typed {
        task,
        answer: None,
        reply,
        stage,
        needs_savepoint,
        _place: place,
    };
    (Box::new(job), ticket)
}

/// A place for an answer, and the caller's side of it.
pub(crate) fn promise<T>() -> (oneshot::Sender<Result<T>>, Ticket<T>, Stage) {
    let (reply, receiver) = oneshot::channel();
    let stage = Stage::default();
    let ticket = Ticket {
        receiver,
        stage: stage.clone(),
        task: None,
    };
    (reply, ticket, stage)
}

impl<T> Ticket<T> {
    /// The answer. A job that has not started after `patience` is cancelled.
    pub(crate) async fn answer(mut self, patience: Duration) -> Result<T> {
        let answer = match tokio::time::timeout(patience, &mut self.receiver).await {
            Ok(answer) => answer,
            Err(_) if self.cancel() => {
                return Err(unavailable("others were writing all the time"));
            }
            Err(_) => (&mut self.receiver).await,
        };
        answer.unwrap_or_else(|_| Err(unavailable("the store is closed")))
    }

    /// Whether the job will never be done. The thread comes to it when those before it are done; the
    /// rows need not wait for that.
    fn cancel(&self) -> bool {
        let cancelled = self.stage.cancel();
        if cancelled && let Some(task) = &self.task {
            drop(held(task).take());
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

    use super::{Task, job};

    #[test]
    fn a_job_that_is_cancelled_holds_no_rows() {
        let rows = Arc::new(());
        let held = Arc::clone(&rows);
        let task: Task<()> = Box::new(move |_| {
            drop(held);
            Ok(())
        });
        let (waiting, ticket) = job(task, true, None);
        assert_eq!(Arc::strong_count(&rows), 2);
        drop(ticket);
        assert_eq!(Arc::strong_count(&rows), 1);
        assert!(!waiting.start());
    }
}
