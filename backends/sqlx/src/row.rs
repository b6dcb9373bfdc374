//! Rows of a driver as the contract reads them.

use std::fmt;

use chrono::{DateTime, Utc};
use genledger_contract::row::RowReader;
use genledger_contract::table::ColumnDef;
use genledger_contract::{Error, Result};
use rust_decimal::Decimal;

use crate::driver::{Driver, DriverRow};

/// A stored value that is not what its column says: the type that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch(pub String);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the stored value is {}", self.0)
    }
}

/// A value of a row; `None` is NULL.
pub type Decoded<T> = std::result::Result<Option<T>, Mismatch>;

/// How the rows of a driver are read by position: leniently, which is any width of integer, a boolean
/// as integer and the other way round, and numbers of the type that a sum answers with.
///
/// # Errors
/// Every method answers [`Mismatch`] for a value of another kind.
#[expect(
    clippy::missing_errors_doc,
    reason = "the trait's own section holds for every method"
)]
pub trait ReadRow<R> {
    /// A boolean.
    fn bool(row: &R, index: usize) -> Decoded<bool>;
    /// An integer.
    fn integer(row: &R, index: usize) -> Decoded<i64>;
    /// An exact decimal.
    fn decimal(row: &R, index: usize) -> Decoded<Decimal>;
    /// Text or JSON.
    fn text(row: &R, index: usize) -> Decoded<&str>;
    /// Bytes.
    fn bytes(row: &R, index: usize) -> Decoded<&[u8]>;
    /// A date and time in UTC.
    fn date_time(row: &R, index: usize) -> Decoded<DateTime<Utc>>;
}

/// A row together with the description of its columns.
pub(super) struct Reader<'r, D: Driver> {
    row: &'r DriverRow<D>,
    columns: &'r [ColumnDef],
}

impl<'r, D: Driver> Reader<'r, D> {
    /// A reader of a row whose columns are described by `columns`, in order.
    pub(super) const fn new(row: &'r DriverRow<D>, columns: &'r [ColumnDef]) -> Self {
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
