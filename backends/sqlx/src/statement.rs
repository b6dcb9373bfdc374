//! Sends a statement and decodes its rows, on any connection.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use genledger_contract::row::RowReader;
use genledger_contract::table::ColumnDef;
use genledger_contract::{Error, Result};
use genledger_sql::{Param, Visit};
use rust_decimal::Decimal;
use sqlx::{Arguments as _, Either};

use crate::driver::{Arguments, Driver, DriverConnection, DriverRow, safe};
use crate::row::Decoded;

/// Sends a statement and reads its result to the end. Returns the number of affected rows, and the
/// first error of `visit`, after which the remaining rows are read but not visited: the transaction
/// could not use the connection otherwise.
pub(crate) async fn send<D: Driver>(
    driver: &D,
    connection: &mut DriverConnection<D>,
    sql: &Arc<str>,
    arguments: Arguments<D>,
    columns: &[ColumnDef],
    visit: Visit<'_>,
) -> (sqlx::Result<u64>, Result<()>) {
    let mut items = driver.run(connection, safe(Arc::clone(sql)), arguments);
    let mut affected = 0;
    let mut visited = Ok(());
    let outcome = loop {
        match items.try_next().await {
            Ok(Some(Either::Left(count))) => affected += count,
            Ok(Some(Either::Right(row))) if visited.is_ok() => {
                visited = visit(&Reader::<D>::new(&row, columns));
            }
            Ok(Some(Either::Right(_))) => {}
            Ok(None) => break Ok(affected),
            Err(error) => break Err(error),
        }
    };
    (outcome, visited)
}

/// Returns an error unless a COPY had the effect of an INSERT.
pub(crate) fn check_copied(was_insert: bool) -> Result<()> {
    if was_insert {
        return Ok(());
    }
    Err(Error::unsupported("COPY into this table"))
}

/// The arguments of a statement.
pub(crate) fn bind_params<D: Driver>(driver: &D, params: &[Param<'_>]) -> Result<Arguments<D>> {
    let mut arguments = Arguments::<D>::default();
    arguments.reserve(params.len(), params.len() * 16);
    for param in params {
        driver.bind(&mut arguments, param)?;
    }
    Ok(arguments)
}

/// A row and the descriptions of its columns.
struct Reader<'r, D: Driver> {
    row: &'r DriverRow<D>,
    columns: &'r [ColumnDef],
}

impl<'r, D: Driver> Reader<'r, D> {
    /// A reader of a row whose columns are described by `columns`, in order.
    const fn new(row: &'r DriverRow<D>, columns: &'r [ColumnDef]) -> Self {
        Self { row, columns }
    }

    fn value<T>(
        &self,
        index: usize,
        read: fn(&'r DriverRow<D>, usize) -> Decoded<T>,
    ) -> Result<Option<T>> {
        read(self.row, index).map_err(|mismatch| {
            Error::corrupt(mismatch.to_string()).with_column(self.column(index).name)
        })
    }
}

impl<D: Driver> RowReader for Reader<'_, D> {
    fn column(&self, index: usize) -> &ColumnDef {
        &self.columns[index]
    }

    fn bool(&self, index: usize) -> Result<Option<bool>> {
        self.value(index, D::bool)
    }

    fn integer(&self, index: usize) -> Result<Option<i64>> {
        self.value(index, D::integer)
    }

    fn decimal(&self, index: usize) -> Result<Option<Decimal>> {
        self.value(index, D::decimal)
    }

    fn text(&self, index: usize) -> Result<Option<&str>> {
        self.value(index, D::text)
    }

    fn bytes(&self, index: usize) -> Result<Option<&[u8]>> {
        self.value(index, D::bytes)
    }

    fn date_time(&self, index: usize) -> Result<Option<DateTime<Utc>>> {
        self.value(index, D::date_time)
    }
}
