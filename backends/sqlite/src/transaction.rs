//! An open transaction, which has the writer for itself.

use std::ops::Deref;

use async_trait::async_trait;
use genledger_blocking::Exclusive;
use genledger_contract::{Result, Transaction};
use genledger_sql::{
    Dialect, Executor, SQLITE, Scope, SqlTransaction, TransactionExecutor, Work, WorkOnce,
};

use crate::connection::SqliteConnection;
use crate::error::classify;

/// A transaction in which the application also runs statements of its own. Dropping it rolls back.
///
/// It dereferences to the transaction of the contract, so it has all its methods.
#[derive(Debug)]
pub struct SqliteTransaction(pub(crate) SqlTransaction<ExclusiveWriter>);

impl SqliteTransaction {
    /// Runs statements of the application's own on the connection of the transaction. They must not
    /// end the transaction. As with any statement, an error poisons it. What they change in the
    /// connection itself (a `PRAGMA`, a temporary table, a function) is gone after the transaction.
    ///
    /// # Errors
    /// The error of `work`, classified, and [`Aborted`](genledger_contract::ErrorKind::Aborted) when
    /// the transaction is dead or `work` ended it.
    pub async fn with_connection<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let own = |connection: &mut SqliteConnection| work(&connection.raw).map_err(classify);
        self.0.guarded(self.0.executor().0.run_own(own)).await
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
pub struct ExclusiveWriter(pub(crate) Exclusive<SqliteConnection>);

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
        let task = |connection: &mut SqliteConnection| connection.work(Scope::Transaction, work);
        self.0.run(task).await
    }
}

#[async_trait]
impl TransactionExecutor for ExclusiveWriter {
    async fn commit(self) -> Result<()> {
        self.0.commit().await
    }

    async fn rollback(self) -> Result<()> {
        self.0.roll_back().await
    }
}
