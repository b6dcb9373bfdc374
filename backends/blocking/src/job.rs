//! Jobs that wait in the queue of the writer thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use genledger_contract::{Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// The work of a job on a connection.
pub(crate) type Task<C, T> = Box<dyn FnMut(&mut C) -> Result<T> + Send>;

/// How a job shares transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// In a group with others, and again when the group is rolled back: one statement, which the database
    /// undoes by itself when it fails.
    Statement,
    /// As [`Statement`](Self::Statement), for several statements.
    Steps,
    /// Once, in its own transaction.
    Alone,
    /// As [`Alone`](Self::Alone), for SQL of the application, which may change the state of the connection.
    Own,
}

impl Mode {
    /// Whether the job may share a transaction with others.
    pub(crate) const fn joins(self) -> bool {
        matches!(self, Self::Statement | Self::Steps)
    }
}

/// Whether a job is waiting, started or cancelled. It starts or is cancelled, never both.
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

    /// Starts the job unless it was cancelled; returns whether it started.
    pub(crate) fn start(&self) -> bool {
        self.change(STARTED)
    }

    /// Cancels the job unless it has started; returns whether it was cancelled.
    fn cancel(&self) -> bool {
        self.change(CANCELLED)
    }
}

/// A job without the type of its result, as the writer thread runs it.
pub(crate) trait Job<C>: Send {
    /// How it shares transactions.
    fn mode(&self) -> Mode;
    /// Starts the job unless it was cancelled; returns whether it started. It cannot be cancelled afterwards.
    fn start(&self) -> bool;
    /// Runs the job, and returns whether it succeeded. One that joins a group can be run again after it was
    /// rolled back; the result is that of the last run.
    fn run(&mut self, connection: &mut C) -> bool;
    /// Sends the result.
    fn finish(self: Box<Self>);
    /// Sends this error instead of the result.
    fn fail(self: Box<Self>, error: Error);
}

/// A task that can be dropped when its job is cancelled, since it holds the rows that it writes.
type SharedTask<C, T> = Arc<Mutex<Option<Task<C, T>>>>;

fn lock_task<C, T>(task: &SharedTask<C, T>) -> MutexGuard<'_, Option<Task<C, T>>> {
    task.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A slot in the queue of the writer thread, held until the job is finished.
pub(crate) type QueueSlot = OwnedSemaphorePermit;

struct TypedJob<C, T> {
    task: SharedTask<C, T>,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
    stage: Stage,
    mode: Mode,
    _slot: QueueSlot,
}

impl<C, T: Send> Job<C> for TypedJob<C, T> {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn start(&self) -> bool {
        self.stage.start()
    }

    fn run(&mut self, connection: &mut C) -> bool {
        let mut task = lock_task(&self.task);
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
            // An error means that the caller has dropped its ticket.
            drop(self.reply.send(result));
        }
    }

    fn fail(self: Box<Self>, error: Error) {
        drop(self.reply.send(Err(error)));
    }
}

/// Runs a task and turns a panic of it, as of a visitor, into an error: it must not end the thread.
pub(crate) fn guarded<T>(task: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(task)).unwrap_or_else(|_| {
        Err(Error::new(
            ErrorKind::Other,
            "the code that ran on the connection panicked",
        ))
    })
}

/// The caller's side of a job. Dropping it cancels a job that has not started.
pub(crate) struct Ticket<T> {
    receiver: oneshot::Receiver<Result<T>>,
    stage: Stage,
    discard: Box<dyn Fn() + Send + Sync>,
}

/// A job and the caller's side of it.
pub(crate) fn job<C: 'static, T: Send + 'static>(
    task: Task<C, T>,
    mode: Mode,
    slot: QueueSlot,
) -> (Box<dyn Job<C>>, Ticket<T>) {
    let (reply, receiver) = oneshot::channel();
    let stage = Stage::default();
    let task = Arc::new(Mutex::new(Some(task)));
    let waiting = Arc::clone(&task);
    let ticket = Ticket {
        receiver,
        stage: stage.clone(),
        discard: Box::new(move || drop(lock_task(&waiting).take())),
    };
    let job = TypedJob {
        task,
        result: None,
        reply,
        stage,
        mode,
        _slot: slot,
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

impl<T> Ticket<T> {
    /// Waits for the result. A job that has not started after `limit` is cancelled; one that has started is
    /// waited for, since a time-out would mean that it was not done. `None` when the thread has ended.
    pub(crate) async fn result(
        mut self,
        limit: Duration,
        timed_out: impl FnOnce() -> Error + Send,
    ) -> Option<Result<T>> {
        match tokio::time::timeout(limit, &mut self.receiver).await {
            Ok(result) => result.ok(),
            Err(_) if self.cancel() => Some(Err(timed_out())),
            Err(_) => (&mut self.receiver).await.ok(),
        }
    }

    /// Cancels the job unless it has started, and drops its rows at once; returns whether it was cancelled.
    fn cancel(&self) -> bool {
        let cancelled = self.stage.cancel();
        if cancelled {
            (self.discard)();
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

    use tokio::sync::Semaphore;

    use super::{Mode, job, once};

    #[test]
    fn a_job_that_is_cancelled_holds_no_rows() {
        let rows = Arc::new(());
        let in_task = Arc::clone(&rows);
        let task = once(move |(): &mut ()| {
            drop(in_task);
            Ok(())
        });
        let slot = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let (waiting, ticket) = job(task, Mode::Steps, slot);
        assert_eq!(Arc::strong_count(&rows), 2);
        drop(ticket);
        assert_eq!(Arc::strong_count(&rows), 1);
        assert!(!waiting.start());
    }
}
