//! Rows of a driver as the contract reads them.

use std::fmt;

use chrono::{DateTime, Utc};
use genledger_contract::{ColumnDef, Error, Result, RowReader};
use rust_decimal::Decimal;

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

/// A row that is read by position, leniently: any width of integer, a boolean as integer and the
/// other way round, numbers that a sum answers with.
///
/// # Errors
/// Every method answers [`Mismatch`] for a value of another kind.
#[expect(
    clippy::missing_errors_doc,
    reason = "the trait's own section holds for every method"
)]
pub trait ReadRow: Send {
    /// A boolean.
    fn read_bool(&self, index: usize) -> Decoded<bool>;
    /// An integer.
    fn read_integer(&self, index: usize) -> Decoded<i64>;
    /// An exact decimal.
    fn read_decimal(&self, index: usize) -> Decoded<Decimal>;
    /// Text or JSON.
    fn read_text(&self, index: usize) -> Decoded<&str>;
    /// Bytes.
    fn read_bytes(&self, index: usize) -> Decoded<&[u8]>;
    /// A date and time in UTC.
    fn read_date_time(&self, index: usize) -> Decoded<DateTime<Utc>>;
}

/// A row together with the description of its columns.
#[derive(Clone, Copy)]
pub struct Reader<'r, R> {
    row: &'r R,
    columns: &'r [ColumnDef],
}

impl<R> fmt::Debug for Reader<'_, R> {
    // Values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl<'r, R: ReadRow> Reader<'r, R> {
    /// A reader of a row whose columns are described by `columns`, in order.
    #[must_use]
    pub const fn new(row: &'r R, columns: &'r [ColumnDef]) -> Self {
        Self { row, columns }
    }

    fn value<T>(&self, index: usize, decoded: Decoded<T>) -> Result<Option<T>> {
        decoded.map_err(|mismatch| {
            Error::corrupt(mismatch.to_string()).with_column(self.column(index).name)
        })
    }
}

impl<R: ReadRow> RowReader for Reader<'_, R> {
    fn column(&self, index: usize) -> &ColumnDef {
        &self.columns[index]
    }

    fn bool(&self, index: usize) -> Result<Option<bool>> {
        self.value(index, self.row.read_bool(index))
    }

    fn integer(&self, index: usize) -> Result<Option<i64>> {
        self.value(index, self.row.read_integer(index))
    }

    fn decimal(&self, index: usize) -> Result<Option<Decimal>> {
        self.value(index, self.row.read_decimal(index))
    }

    fn text(&self, index: usize) -> Result<Option<&str>> {
        self.value(index, self.row.read_text(index))
    }

    fn bytes(&self, index: usize) -> Result<Option<&[u8]>> {
        self.value(index, self.row.read_bytes(index))
    }

    fn date_time(&self, index: usize) -> Result<Option<DateTime<Utc>>> {
        self.value(index, self.row.read_date_time(index))
    }
}
