//! The caller's side of an open transaction.

use std::fmt;
use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use genledger_contract::{Error, ErrorKind, Result};
use tokio::sync::oneshot;

use crate::activity::readable;
use crate::connection::Blocking;
use crate::job::{Job, Mode, Task, job, once};

/// Exclusive use of the writer by a transaction. Dropping it rolls back.
pub struct Exclusive<C> {
    steps: Sender<Step<C>>,
    idle: Arc<Idle>,
}

/// How long a transaction ran no statement, set when it was rolled back because of that.
pub(crate) type Idle = OnceLock<Duration>;

/// The next step of a transaction. When its handle is dropped, it is rolled back.
pub(crate) enum Step<C> {
    /// Runs a statement.
    Run(Box<dyn Job<C>>),
    /// Commits.
    Commit(oneshot::Sender<Result<()>>),
    /// Rolls back.
    RollBack(oneshot::Sender<Result<()>>),
}

impl<C> fmt::Debug for Exclusive<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exclusive")
            .field("idle", &self.idle.get())
            .finish_non_exhaustive()
    }
}

impl<C: Blocking> Exclusive<C> {
    pub(crate) const fn new(steps: Sender<Step<C>>, idle: Arc<Idle>) -> Self {
        Self { steps, idle }
    }

    /// Runs a statement.
    ///
    /// # Errors
    /// Returns the errors of the task, and [`Aborted`](ErrorKind::Aborted) when the transaction has ended.
    pub async fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send(once(task), Mode::Alone).await
    }

    /// Runs SQL of the application. It is detected if that ends the transaction.
    ///
    /// # Errors
    /// Returns the errors of [`run`](Self::run), and [`Aborted`](ErrorKind::Aborted) when the task ended the transaction.
    pub async fn run_own<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut C) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send(once(task), Mode::Own).await
    }

    async fn send<T: Send + 'static>(&self, task: Task<C, T>, mode: Mode) -> Result<T> {
        let (job, ticket) = job(task, mode, None);
        self.steps.send(Step::Run(job)).map_err(|_| self.ended())?;
        // The transaction owns the thread, so the job starts at once.
        let result = ticket.result(Duration::MAX, || self.ended()).await;
        result.unwrap_or_else(|| Err(self.ended()))
    }

    /// Commits.
    ///
    /// # Errors
    /// Returns the errors of the commit, and [`Aborted`](ErrorKind::Aborted) when the transaction has ended.
    pub async fn commit(&self) -> Result<()> {
        self.end(Step::Commit).await
    }

    /// Rolls back.
    ///
    /// # Errors
    /// Returns the errors of the rollback.
    pub async fn roll_back(&self) -> Result<()> {
        match self.end(Step::RollBack).await {
            // It was rolled back before.
            Err(_) if self.idle.get().is_some() => Ok(()),
            result => result,
        }
    }

    async fn end(&self, step: fn(oneshot::Sender<Result<()>>) -> Step<C>) -> Result<()> {
        let (reply, result) = oneshot::channel();
        self.steps.send(step(reply)).map_err(|_| self.ended())?;
        result.await.unwrap_or_else(|_| Err(self.ended()))
    }

    fn ended(&self) -> Error {
        match self.idle.get() {
            Some(time) => Error::new(
                ErrorKind::Aborted,
                format!(
                    "the transaction ran no statement for {} and was rolled back, since it \
                     blocked all other writes",
                    readable(*time)
                ),
            ),
            None => Error::new(ErrorKind::Aborted, "the transaction has ended"),
        }
    }
}
