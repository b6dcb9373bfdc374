//! The interface of a driver: a connection that runs SQL with bound values.

use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::row::{RowBatch, RowReader, ValueRef};
use genledger_contract::table::{ColumnDef, ColumnType};
use genledger_contract::{Error, Result};

use crate::dialect::Limits;

/// A bound value and the type of its column, by which the driver encodes it
/// (the scale of a decimal in SQLite, the type of a NULL in `PostgreSQL`).
#[derive(Clone, Copy, Debug)]
pub struct Param<'a> {
    /// The value.
    pub value: ValueRef<'a>,
    /// The type of its column.
    pub column_type: ColumnType,
}

/// A binary COPY into a table of `PostgreSQL`.
#[derive(Clone, Debug)]
pub struct CopyIn {
    /// The COPY statement. The server rejects it unless each column has the type that values of its
    /// kind are sent as.
    pub sql: Arc<str>,
    /// A query that returns a row if the table has rules, which a COPY does not apply.
    pub rules: Arc<str>,
}

/// A callback for each row as it arrives.
pub type Visit<'v> = &'v mut (dyn FnMut(&dyn RowReader) -> Result<()> + Send);

/// A connection of a driver.
///
/// Every error is classified: a duplicate key is
/// [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation); a lost connection is
/// [`Unavailable`](genledger_contract::ErrorKind::Unavailable), or
/// [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown) where a write outside of a
/// transaction, or a COMMIT, may have taken effect. The outcome of a COMMIT is unknown after any error
/// that does not prove a rollback.
#[async_trait]
pub trait Connection: Send {
    /// The limits of one statement on this connection; they may differ between servers.
    fn limits(&self) -> Limits;

    /// Runs a statement and returns the number of affected rows: for an update, those that matched.
    ///
    /// # Errors
    /// The classified errors of the database.
    async fn execute(&mut self, sql: &Arc<str>, params: &[Param<'_>]) -> Result<u64>;

    /// Runs a query and calls `visit` for each row as it arrives. `columns` describes the columns of
    /// the result in order, including computed ones.
    ///
    /// # Errors
    /// The classified errors of the database, and the first error of `visit`.
    async fn query(
        &mut self,
        sql: &Arc<str>,
        params: &[Param<'_>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()>;

    /// Runs a query whose parameters are arrays: the first one contains the first value of each row,
    /// and so on. All rows have the same length. Only called for dialects with arrays.
    ///
    /// # Errors
    /// The errors of [`query`](Self::query).
    async fn query_arrays(
        &mut self,
        sql: &Arc<str>,
        rows: &[Vec<Param<'_>>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        let _ = (sql, rows, columns, visit);
        Err(Error::unsupported("values as arrays"))
    }

    /// Runs an insert statement of the [`Dialect`](crate::Dialect) for these rows of a batch, bound as
    /// the driver chooses: as arrays by column, or as values by row.
    ///
    /// # Errors
    /// The classified errors of the database.
    async fn insert_rows(
        &mut self,
        sql: &Arc<str>,
        batch: &RowBatch,
        rows: &[usize],
    ) -> Result<u64>;

    /// Whether [`copy_rows`](Self::copy_rows) can be tried: `false` without COPY, and for a table for
    /// which it was rejected before.
    fn can_copy(&self, copy: &CopyIn) -> bool {
        let _ = copy;
        false
    }

    /// Inserts rows of a batch by COPY, inside a transaction, which must be rolled back after any error.
    ///
    /// # Errors
    /// The classified errors of the database, and
    /// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) where a COPY does not have the
    /// effect of an INSERT.
    async fn copy_rows(&mut self, copy: &CopyIn, batch: &RowBatch, rows: &[usize]) -> Result<()> {
        let _ = (copy, batch, rows);
        Err(Error::unsupported("COPY"))
    }

    /// Runs SQL without parameters and without a result: transaction control, and scripts of
    /// migrations, which may contain several statements.
    ///
    /// # Errors
    /// The classified errors of the database.
    async fn run_script(&mut self, sql: &str) -> Result<()>;
}
