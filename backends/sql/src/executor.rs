//! Where work on a connection is run: on any connection of a store, or inside one transaction.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use genledger_contract::Result;

use crate::connection::Connection;
use crate::dialect::Dialect;

/// A boxed future of a piece of work.
pub type WorkFuture<'c, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>;

/// A piece of work on a connection that can be run again: a store that commits the writes of several
/// callers together runs each of them anew when it has to undo them together. It owns all it needs,
/// so that a driver may run it on another thread; a driver that blocks (SQLite) polls the future once,
/// since its connection never waits.
pub type Work<T> = Box<dyn for<'c> Fn(Context<'c>) -> WorkFuture<'c, T> + Send + Sync>;

/// A piece of work that is run once: a read, whose rows go to a visitor as they arrive.
pub type WorkOnce<T> = Box<dyn for<'c> FnOnce(Context<'c>) -> WorkFuture<'c, T> + Send>;

/// What a piece of work gets.
pub struct Context<'c> {
    /// The connection.
    pub connection: &'c mut dyn Connection,
    /// Whether a transaction is open on it.
    pub scope: Scope,
    /// The dialect it speaks.
    pub dialect: &'static Dialect,
}

impl Context<'_> {
    /// The same in the dialect of a store, whose tables may have names of their own.
    pub(crate) fn speaking(self, dialect: &'static Dialect) -> Self {
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

/// Whether a statement stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Each statement commits by itself; work of several statements opens a transaction of its own.
    Autocommit,
    /// A transaction is open; work of several statements guards itself with a savepoint where an
    /// error of the database must not reach the transaction.
    Transaction,
}

/// Runs work on a connection.
///
/// Dropping the future leaves no connection behind that is in the middle of something: it is closed
/// instead of reused.
#[async_trait]
pub trait Executor: Send + Sync + Debug + 'static {
    /// The dialect of the connections.
    fn dialect(&self) -> &'static Dialect;

    /// Runs work that only reads and returns what it returns.
    ///
    /// # Errors
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when there is no connection, and
    /// the errors of the work.
    async fn read<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T>;

    /// Runs work that writes and returns what it returns. Work that fails has no effect, unless the
    /// error is [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown).
    ///
    /// # Errors
    /// As [`read`](Executor::read).
    async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T>;

    /// Runs work that writes with a single statement, which the database undoes by itself when it
    /// fails. A store that joins the writes of several callers need not guard such work.
    ///
    /// # Errors
    /// As [`write`](Executor::write).
    async fn write_statement<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        self.write(work).await
    }

    /// Runs work that writes and takes as long as it takes: migrations. What limits the time of a
    /// statement does not limit it, and it never shares a transaction with the writes of others.
    ///
    /// # Errors
    /// As [`write`](Executor::write).
    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T>;
}

/// An executor inside one open transaction; dropping it rolls back.
#[async_trait]
pub trait TransactionExecutor: Executor {
    /// Whether `commit` and `rollback` are sent to the database, so that they are told of as statements.
    const ENDS: bool = true;

    /// Commits. A connection that is lost in the middle is
    /// [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown).
    ///
    /// # Errors
    /// As [`Transaction::commit`](genledger_contract::Transaction::commit).
    async fn commit(&self) -> Result<()>;

    /// Rolls back.
    ///
    /// # Errors
    /// As [`Transaction::rollback`](genledger_contract::Transaction::rollback).
    async fn rollback(&self) -> Result<()>;
}

/// A pool of connections that transactions begin on.
#[async_trait]
pub trait Pool: Executor {
    /// The executor of its transactions.
    type Transaction: TransactionExecutor;

    /// Begins a transaction.
    ///
    /// # Errors
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when there is no connection.
    async fn begin(&self) -> Result<Self::Transaction>;

    /// Closes all connections.
    async fn close(&self);
}
