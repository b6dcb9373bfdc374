//! Executors: run work on any connection of a store, or inside a transaction.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use genledger_contract::Result;

use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::hints::Hints;

/// The boxed future of work.
pub type WorkFuture<'c, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>;

/// Work on a connection that can be repeated: a store with group commit runs each write again after it
/// rolled back the group. It owns its data, so that a driver may run it on another thread; a blocking
/// driver (SQLite) polls the future once, since its connection never waits.
pub type Work<T> = Box<dyn for<'c> Fn(Context<'c>) -> WorkFuture<'c, T> + Send + Sync>;

/// Work that runs once: a read, whose rows are visited as they arrive.
pub type WorkOnce<T> = Box<dyn for<'c> FnOnce(Context<'c>) -> WorkFuture<'c, T> + Send>;

/// The arguments of work.
pub struct Context<'c> {
    /// The connection.
    pub connection: &'c mut dyn Connection,
    /// Whether a transaction is open on it.
    pub scope: Scope,
    /// The dialect of the connection.
    pub dialect: &'static Dialect,
}

impl Context<'_> {
    /// The same context with another dialect: that of the store, which may have a layout.
    pub(crate) fn with_dialect(self, dialect: &'static Dialect) -> Self {
        Self { dialect, ..self }
    }
}

impl Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// Whether a statement commits by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Each statement commits by itself; work of several statements begins a transaction.
    Autocommit,
    /// A transaction is open; work that must survive an error of the database uses a savepoint.
    Transaction,
}

/// Runs work on a connection.
///
/// If the future is dropped during a statement, its connection is closed and not reused.
#[async_trait]
pub trait Executor: Send + Sync + Debug + 'static {
    /// The dialect of the connections.
    fn dialect(&self) -> &'static Dialect;

    /// Runs work that only reads, and returns its result.
    ///
    /// # Errors
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when no connection is available, and
    /// the errors of the work.
    async fn read<T: Send + 'static>(&self, hints: Hints, work: WorkOnce<T>) -> Result<T>;

    /// Runs work that writes, and returns its result. Work that fails has no effect, unless the error
    /// is [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown).
    ///
    /// # Errors
    /// The errors of [`read`](Executor::read).
    async fn write<T: Send + 'static>(&self, hints: Hints, work: Work<T>) -> Result<T>;

    /// Runs work that writes without a time limit: migrations. It never shares a transaction with other
    /// writes.
    ///
    /// # Errors
    /// The errors of [`write`](Executor::write).
    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T>;
}

/// An executor inside one open transaction; dropping it rolls back.
#[async_trait]
pub trait TransactionExecutor: Executor {
    /// Whether `commit` and `rollback` are sent to the database, and reported as statements.
    const SENDS_END: bool = true;

    /// Commits. If the connection is lost meanwhile, the error is
    /// [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown).
    ///
    /// # Errors
    /// The errors of [`Transaction::commit`](genledger_contract::Transaction::commit).
    async fn commit(&self) -> Result<()>;

    /// Rolls back.
    ///
    /// # Errors
    /// The errors of [`Transaction::rollback`](genledger_contract::Transaction::rollback).
    async fn rollback(&self) -> Result<()>;
}

/// A pool of connections on which transactions begin.
#[async_trait]
pub trait Pool: Executor {
    /// The executor of its transactions.
    type Transaction: TransactionExecutor;

    /// Begins a transaction.
    ///
    /// # Errors
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when no connection is available.
    async fn begin(&self) -> Result<Self::Transaction>;

    /// Closes all connections.
    async fn close(&self);
}
