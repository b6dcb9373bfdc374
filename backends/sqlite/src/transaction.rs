//! An open transaction, which has the writer for itself.

use std::ops::Deref;
use std::sync::mpsc::Sender;
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::{Error, ErrorKind, Result, Transaction};
use genledger_sql::{
    Dialect, Executor, SQLITE, Scope, SqlTransaction, TransactionExecutor, Work, WorkOnce,
};
use tokio::sync::oneshot;

use crate::error::classify;
use crate::job::{Task, job};
use crate::writer::Step;

/// A transaction in which the application also runs statements of its own. Dropping it rolls back.
///
/// It dereferences to the transaction of the contract, so it has all its methods.
#[derive(Debug)]
pub struct SqliteTransaction(pub(crate) SqlTransaction<ExclusiveWriter>);

impl SqliteTransaction {
    /// Runs statements of the application's own on the connection of the transaction. They must not
    /// end the transaction. As with any statement, an error poisons it.
    ///
    /// # Errors
    /// The error of `work`, classified, and [`Aborted`](ErrorKind::Aborted) when the transaction is
    /// dead.
    pub async fn with_connection<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let task = self.0.executor().task(Box::new(|connection| {
            work(&connection.raw).map_err(classify)
        }));
        self.0.guarded(task).await
    }

    /// See [`Transaction::commit`].
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub async fn commit(self) -> Result<()> {
        Box::new(self.0).commit().await
    }

    /// See [`Transaction::rollback`].
    ///
    /// # Errors
    /// As [`Transaction::rollback`].
    pub async fn rollback(self) -> Result<()> {
        Box::new(self.0).rollback().await
    }
}

impl Deref for SqliteTransaction {
    type Target = SqlTransaction<ExclusiveWriter>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The writer, as long as a transaction has it for itself.
#[derive(Debug)]
pub struct ExclusiveWriter {
    steps: Sender<Step>,
}

impl ExclusiveWriter {
    pub(crate) const fn new(steps: Sender<Step>) -> Self {
        Self { steps }
    }

    async fn task<T: Send + 'static>(&self, task: Task<T>) -> Result<T> {
        let (job, ticket) = job(task, false, None);
        self.steps.send(Step::Run(job)).map_err(|_| ended())?;
        // The transaction has the thread, so there is nobody to wait for.
        ticket.answer(Duration::MAX).await
    }

    async fn end(self, step: fn(oneshot::Sender<Result<()>>) -> Step) -> Result<()> {
        let (reply, ended_by) = oneshot::channel();
        self.steps.send(step(reply)).map_err(|_| ended())?;
        ended_by.await.unwrap_or_else(|_| Err(ended()))
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Aborted, "the transaction has ended")
}

#[async_trait]
impl Executor for ExclusiveWriter {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    async fn read<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        self.run_unlimited(work).await
    }

    async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        self.run_unlimited(work).await
    }

    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        self.task(Box::new(|connection| {
            connection.work(Scope::Transaction, work)
        }))
        .await
    }
}

#[async_trait]
impl TransactionExecutor for ExclusiveWriter {
    async fn commit(self) -> Result<()> {
        self.end(Step::Commit).await
    }

    async fn rollback(self) -> Result<()> {
        self.end(Step::Rollback).await
    }
}
