//! What a backend on sqlx brings along: binding, reading, and the meaning of the server's errors.

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use genledger_contract::row::RowBatch;
use genledger_contract::{Error, Result};
use sqlx::error::DatabaseError;
use sqlx::{Database, Either, SqlStr};

use crate::row::ReadRow;
use genledger_sql::{CopyIn, Limits, Param};

/// The arguments of a statement.
pub type Arguments<D> = <<D as Driver>::Database as Database>::Arguments;

/// A connection of the driver.
pub type DriverConnection<D> = <<D as Driver>::Database as Database>::Connection;

/// A row of the driver.
pub type DriverRow<D> = <<D as Driver>::Database as Database>::Row;

/// One step of an answer: how many rows a statement touched, or a row.
pub type Step<D> = sqlx::Result<Either<u64, DriverRow<D>>>;

/// An answer as it arrives.
pub type Answer<'c, D> = BoxStream<'c, Step<D>>;

/// The part of a backend that knows its sqlx driver.
pub trait Driver:
    ReadRow<<Self::Database as Database>::Row> + Debug + Clone + Send + Sync + 'static
{
    /// The database of sqlx.
    type Database: Database;

    /// What fits into one statement of the server.
    fn limits(&self) -> Limits;

    /// What the server calls a connection: enough for another connection to stop it and no other one.
    type Session: Debug + Send + Sync + 'static;

    /// Sets a connection up, however it was before, in one round trip where that is possible. Returns
    /// what the server calls it, or nothing where that would not hold from one statement to the next.
    fn set_up<'c>(
        &'c self,
        connection: &'c mut DriverConnection<Self>,
    ) -> BoxFuture<'c, sqlx::Result<Option<Self::Session>>>;

    /// The script that begins a transaction and sets up what [`set_up`](Self::set_up) sets otherwise,
    /// with or without the limits of the server on time. It is there where nothing of a session holds
    /// from one transaction to the next, behind a pooler that gives every transaction another
    /// connection to the server: then every statement runs in a transaction.
    fn begin_script(&self, unlimited: bool) -> Option<Arc<str>> {
        let _ = unlimited;
        None
    }

    /// Stops what is under way in a session of which this side has closed its end. Returns whether the
    /// server knows the session no more: then its locks are free and its transaction is undone.
    fn stop<'c>(
        connection: &'c mut DriverConnection<Self>,
        session: &'c Self::Session,
    ) -> BoxFuture<'c, sqlx::Result<bool>>;

    /// Adds a value to the arguments of a statement.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when the value cannot be sent.
    fn bind(&self, arguments: &mut Arguments<Self>, param: &Param<'_>) -> Result<()>;

    /// Adds rows of values to the arguments of a statement, as one array for each place in a row.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when a value cannot be sent, and
    /// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) where there are no arrays.
    fn bind_arrays(&self, arguments: &mut Arguments<Self>, rows: &[Vec<Param<'_>>]) -> Result<()> {
        let _ = (arguments, rows);
        Err(Error::unsupported("values as arrays"))
    }

    /// Adds rows of a batch to the arguments of the dialect's insert statement.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when a value cannot be sent.
    fn bind_rows(
        &self,
        arguments: &mut Arguments<Self>,
        batch: &RowBatch,
        rows: &[usize],
    ) -> Result<()>;

    /// Whether a COPY can be tried.
    fn can_copy(&self, copy: &CopyIn) -> bool {
        let _ = copy;
        false
    }

    /// Runs a COPY with these rows of a batch as its data. Returns whether that was what an INSERT would
    /// have been; if not, it is to be undone, and [cannot](Self::can_copy) be tried again.
    fn copy<'c>(
        &'c self,
        connection: &'c mut DriverConnection<Self>,
        copy: &'c CopyIn,
        batch: &'c RowBatch,
        rows: &'c [usize],
    ) -> BoxFuture<'c, sqlx::Result<bool>> {
        let _ = (connection, copy, batch, rows);
        Box::pin(std::future::ready(Ok(false)))
    }

    /// Runs a prepared statement.
    fn run<'c>(
        &self,
        connection: &'c mut DriverConnection<Self>,
        sql: SqlStr,
        arguments: Arguments<Self>,
    ) -> Answer<'c, Self>;

    /// Runs statements without parameters, as text.
    fn run_script(
        connection: &mut DriverConnection<Self>,
        sql: SqlStr,
    ) -> BoxFuture<'_, sqlx::Result<()>>;

    /// What an error of the server means. The answer holds no bound value.
    fn classify(error: &dyn DatabaseError) -> Error;

    /// Whether an error proves that what it ended had no effect: a statement outside of a transaction,
    /// or a COMMIT, after which the transaction is rolled back. A list of the errors of which this is
    /// known, since servers and proxies report others after the effect as well.
    fn undone(error: &dyn DatabaseError) -> bool;

    /// Whether the connection is gone after an error of the server.
    fn lost(error: &dyn DatabaseError) -> bool;

    /// Whether an error says that this server takes no writes now.
    fn refuses_writes(error: &dyn DatabaseError) -> bool;

    /// Whether an error says that a statement which the connection has prepared is not there, or one that it
    /// has not prepared is: something has taken its session, or gave it to others as well. The statement
    /// was not executed.
    fn misplaced(error: &dyn DatabaseError) -> bool {
        let _ = error;
        false
    }

    /// From now on each transaction begins with a [script](Self::begin_script), since nothing of a session
    /// holds from one to the next, nor on the connections that the pool opens from now on.
    fn give_up_sessions(&self, pool: &sqlx::Pool<Self::Database>) {
        let _ = pool;
    }

    /// Whether a connection that works is to be closed instead of used again, since it would be slower
    /// than another one.
    fn worn(&self, connection: &DriverConnection<Self>) -> bool {
        let _ = connection;
        false
    }

    /// Whether the connection would answer the same error to the same statement for ever, so that it
    /// must not go back to the pool. It still ends its transaction.
    fn spoils(error: &dyn DatabaseError) -> bool {
        let _ = error;
        false
    }
}
