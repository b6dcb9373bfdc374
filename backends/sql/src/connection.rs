//! What a driver gives: one connection that runs SQL with bound values.

use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::row::{RowBatch, RowReader, ValueRef};
use genledger_contract::table::{ColumnDef, ColumnType};
use genledger_contract::{Error, Result};

use crate::dialect::Limits;

/// A bound value and the type of the column that it is for, which tells the driver how to encode it
/// (the scale of a decimal in SQLite, the type of a NULL in `PostgreSQL`).
#[derive(Clone, Copy, Debug)]
pub struct Param<'a> {
    /// The value.
    pub value: ValueRef<'a>,
    /// The type of its column.
    pub column_type: ColumnType,
}

/// The COPY into a table of `PostgreSQL`, whose data are rows of a batch in the binary format.
#[derive(Clone, Debug)]
pub struct CopyIn {
    /// The COPY. The server refuses it unless each column has the type that values of its kind are sent
    /// in.
    pub sql: Arc<str>,
    /// Finds a row when inserts into the table follow rules, which a COPY does not.
    pub rules: Arc<str>,
}

/// Takes rows as they arrive.
pub type Visit<'v> = &'v mut (dyn FnMut(&dyn RowReader) -> Result<()> + Send);

/// One connection of a driver.
///
/// Every error is classified already: a duplicate key is
/// [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation); a lost connection is
/// [`Unavailable`](genledger_contract::ErrorKind::Unavailable), or
/// [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown) where what was sent may have been
/// committed: a write outside of a transaction, and a COMMIT. A COMMIT has an outcome that is unknown
/// after any error that does not prove a rollback.
#[async_trait]
pub trait Connection: Send {
    /// What fits into one statement of this connection: a server may take less than others of its
    /// kind.
    fn limits(&self) -> Limits;

    /// Runs a statement and returns how many rows it touched: for an update those it matched.
    ///
    /// # Errors
    /// Those of the database, classified.
    async fn execute(&mut self, sql: &Arc<str>, params: &[Param<'_>]) -> Result<u64>;

    /// Runs a query and hands each row to the visitor while rows arrive. `columns` describes the
    /// answer's columns in order, computed ones included.
    ///
    /// # Errors
    /// Those of the database, classified, and the first of the visitor.
    async fn query(
        &mut self,
        sql: &Arc<str>,
        params: &[Param<'_>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()>;

    /// Runs a query for many rows of values, all of the same length: its first parameter is the array of
    /// their first values, and so on. Only statements for a dialect with arrays are run in this way.
    ///
    /// # Errors
    /// As [`query`](Self::query).
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
    /// the driver does it fastest: arrays by column, or values by row.
    ///
    /// # Errors
    /// Those of the database, classified.
    async fn insert_rows(
        &mut self,
        sql: &Arc<str>,
        batch: &RowBatch,
        rows: &[usize],
    ) -> Result<u64>;

    /// Whether [`copy_rows`](Self::copy_rows) can be tried: not where there is no COPY, nor into a table
    /// into which it was refused before.
    fn can_copy(&self, copy: &CopyIn) -> bool {
        let _ = copy;
        false
    }

    /// Inserts rows of a batch by a COPY, inside of a transaction. It is to be undone after any error.
    ///
    /// # Errors
    /// Those of the database, classified, and [`Unsupported`](genledger_contract::ErrorKind::Unsupported)
    /// where a COPY would not be what an INSERT is.
    async fn copy_rows(&mut self, copy: &CopyIn, batch: &RowBatch, rows: &[usize]) -> Result<()> {
        let _ = (copy, batch, rows);
        Err(Error::unsupported("COPY"))
    }

    /// Runs SQL without parameters and without an answer: transaction control, and the scripts of
    /// migrations, which hold several statements.
    ///
    /// # Errors
    /// Those of the database, classified.
    async fn run_script(&mut self, sql: &str) -> Result<()>;
}
