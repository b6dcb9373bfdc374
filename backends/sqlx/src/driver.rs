//! The interface of a backend on sqlx: binding, decoding, and the classification of errors.

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use genledger_contract::row::RowBatch;
use genledger_contract::{Error, Result};
use sqlx::error::DatabaseError;
use sqlx::{AssertSqlSafe, Database, Either, SqlSafeStr, SqlStr};

use crate::row::ReadRow;
use genledger_sql::{CopyIn, Limits, Param};

/// The arguments of a statement.
pub type Arguments<D> = <<D as Driver>::Database as Database>::Arguments;

/// A connection of the driver.
pub type DriverConnection<D> = <<D as Driver>::Database as Database>::Connection;

/// A row of the driver.
pub type DriverRow<D> = <<D as Driver>::Database as Database>::Row;

/// An item of a result: the number of affected rows of a statement, or a row.
pub type ResultItem<D> = sqlx::Result<Either<u64, DriverRow<D>>>;

/// A result as it arrives.
pub type ResultStream<'c, D> = BoxStream<'c, ResultItem<D>>;

/// The part of a backend that depends on its sqlx driver.
pub trait Driver:
    ReadRow<<Self::Database as Database>::Row> + Debug + Clone + Send + Sync + 'static
{
    /// The database of sqlx.
    type Database: Database;

    /// The limits of one statement of the server.
    fn limits(&self) -> Limits;

    /// Identifies a session in the server, so that another connection can cancel its statements.
    type Session: Debug + Send + Sync + 'static;

    /// Sets up a connection in any state, in one round trip if possible. Returns its session, or `None`
    /// if the server does not report it.
    fn set_up<'c>(
        &'c self,
        connection: &'c mut DriverConnection<Self>,
    ) -> BoxFuture<'c, sqlx::Result<Option<Self::Session>>>;

    /// The script that begins a transaction, with or without the time limits of the server on
    /// statements. `None` for BEGIN alone.
    fn begin_script(&self, unlimited: bool) -> Option<Arc<str>> {
        let _ = unlimited;
        None
    }

    /// Whether a pooler in transaction mode is in front of the server, where session settings do not last
    /// from one transaction to the next: then every statement runs in a transaction, and
    /// [`begin_script`](Self::begin_script) applies the settings of [`set_up`](Self::set_up).
    fn is_pooled(&self) -> bool {
        false
    }

    /// Cancels the statement of a session whose connection was closed on this side. Returns whether the
    /// session has ended: then its locks are free and its transaction is rolled back.
    fn cancel<'c>(
        connection: &'c mut DriverConnection<Self>,
        session: &'c Self::Session,
    ) -> BoxFuture<'c, sqlx::Result<bool>>;

    /// Adds a value to the arguments of a statement.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when the value cannot be sent.
    fn bind(&self, arguments: &mut Arguments<Self>, param: &Param<'_>) -> Result<()>;

    /// Adds rows of values to the arguments of a statement, as one array for each position in a row.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when a value cannot be sent, and
    /// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) if the database has no arrays.
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

    /// Runs a COPY of these rows of a batch. Returns whether it had the effect of an INSERT; if not, it
    /// must be rolled back, and [cannot](Self::can_copy) be retried.
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
    ) -> ResultStream<'c, Self>;

    /// Runs statements without parameters, as text.
    fn run_script(
        connection: &mut DriverConnection<Self>,
        sql: SqlStr,
    ) -> BoxFuture<'_, sqlx::Result<()>>;

    /// Classifies an error of the server. The result contains no bound value.
    fn classify(error: &dyn DatabaseError) -> Error;

    /// Whether an error proves that the failed statement had no effect: a statement outside of a
    /// transaction, or a COMMIT. Only `true` for errors of which this is known, since servers and
    /// proxies may report others after the effect.
    fn proves_no_effect(error: &dyn DatabaseError) -> bool;

    /// Whether an error of the server means that the connection is lost.
    fn connection_lost(error: &dyn DatabaseError) -> bool;

    /// Whether an error means that the server is read-only.
    fn refuses_writes(error: &dyn DatabaseError) -> bool;

    /// Whether an error means that the connection has another session, since a prepared statement is
    /// missing, or exists unexpectedly. The statement was not executed.
    fn session_changed(error: &dyn DatabaseError) -> bool {
        let _ = error;
        false
    }

    /// Switches to transactions that begin with a [script](Self::begin_script), after a pooler in
    /// transaction mode was detected.
    fn use_begin_scripts(&self, pool: &sqlx::Pool<Self::Database>) {
        let _ = pool;
    }

    /// Whether a healthy connection should be closed instead of reused, since a new one is faster.
    fn should_replace(&self, connection: &DriverConnection<Self>) -> bool {
        let _ = connection;
        false
    }

    /// Whether an error would repeat on this connection, so that it must not be returned to the pool.
    /// It can still end its transaction.
    fn taints(error: &dyn DatabaseError) -> bool {
        let _ = error;
        false
    }
}

/// SQL that ends with a number, for statements without parameters.
#[must_use]
pub fn numbered(sql: &'static str, number: u64) -> SqlStr {
    safe(format!("{sql} {number}").into())
}

/// Marks SQL as safe: that of this library, rendered from constant identifiers, and that of migration
/// scripts. Values are always bound.
#[must_use]
pub fn safe(sql: Arc<str>) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}
