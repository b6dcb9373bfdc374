//! The trait from which a row is read, value by value.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::error::{Error, Result};
use crate::table::definition::ColumnDef;
use crate::table::kind::ColumnType;

/// Reads the values of one row by position.
///
/// Reading is lenient: a backend accepts any stored integer width and returns it as `i64`, and a boolean
/// stored as an integer; the field's type then checks the range. Every method returns `None` for NULL.
///
/// # Errors
/// Every method returns [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt), with the column's name,
/// when the stored value is of another kind.
#[expect(
    clippy::missing_errors_doc,
    reason = "the trait's own section holds for every method"
)]
pub trait RowReader {
    /// The column at `index`.
    fn column(&self, index: usize) -> &ColumnDef;
    /// A boolean.
    fn bool(&self, index: usize) -> Result<Option<bool>>;
    /// An integer of any stored width.
    fn integer(&self, index: usize) -> Result<Option<i64>>;
    /// An exact decimal.
    fn decimal(&self, index: usize) -> Result<Option<Decimal>>;
    /// Text or JSON.
    fn text(&self, index: usize) -> Result<Option<&str>>;
    /// Bytes.
    fn bytes(&self, index: usize) -> Result<Option<&[u8]>>;
    /// A moment of a column whose type is [`ColumnType::DateTime`].
    fn date_time(&self, index: usize) -> Result<Option<DateTime<Utc>>>;

    /// A moment of a column with any encoding.
    fn moment(&self, index: usize) -> Result<Option<DateTime<Utc>>> {
        let column = self.column(index);
        let moment = match column.column_type {
            ColumnType::UnixSeconds => self
                .integer(index)?
                .map(|seconds| DateTime::from_timestamp(seconds, 0)),
            ColumnType::UnixMillis => self.integer(index)?.map(DateTime::from_timestamp_millis),
            _ => return self.date_time(index),
        };
        match moment {
            Some(None) => {
                Err(Error::corrupt("the stored time is out of range").with_column(column.name))
            }
            other => Ok(other.flatten()),
        }
    }
}
