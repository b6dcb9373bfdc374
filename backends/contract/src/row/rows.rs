//! Rows that a statement returns.

use std::fmt;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::error::{Error, Result};
use crate::row::cells::Cells;
use crate::row::reader::RowReader;
use crate::row::value::ValueRef;
use crate::table::definition::{ColumnDef, TableDef};
use crate::table::kind::Kind;

/// Rows of one table, all of its columns, packed: the rows that a statement that writes returns.
///
/// They are read by the caller, row by row, after the write was committed: a value that cannot be read
/// is an error of its row alone.
#[derive(Clone)]
pub struct Rows {
    table: &'static TableDef,
    cells: Cells,
}

impl Rows {
    /// No rows yet.
    #[must_use]
    pub const fn new(table: &'static TableDef) -> Self {
        Self {
            table,
            cells: Cells::new(),
        }
    }

    /// Adds a row that has the table's columns in their order. A value that cannot be read is kept as its
    /// error.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the rows hold more than 4 GiB of text or of bytes.
    pub fn push(&mut self, row: &dyn RowReader) -> Result<()> {
        for (index, column) in self.table.columns.iter().enumerate() {
            match ValueRef::read(row, index, column.column_type.kind()) {
                Ok(value) => self.cells.push(value)?,
                Err(error) => self.cells.push_unreadable(error),
            }
        }
        Ok(())
    }

    /// Adds a row from its values, one for each column of the table.
    ///
    /// # Errors
    /// Returns the errors of [`push`](Self::push).
    pub fn push_values<'v>(
        &mut self,
        values: impl IntoIterator<Item = ValueRef<'v>>,
    ) -> Result<()> {
        values
            .into_iter()
            .try_for_each(|value| self.cells.push(value))
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// The number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.cells.len() / self.table.columns.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.cells.len() == 0
    }

    /// A row.
    ///
    /// # Panics
    /// Its values panic when the row does not exist.
    #[must_use]
    pub const fn row(&self, index: usize) -> Row<'_> {
        Row { rows: self, index }
    }

    /// The rows in their order.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|index| self.row(index))
    }

    /// The same rows in another order; `order` holds positions of rows.
    ///
    /// # Errors
    /// Returns the errors of [`push`](Self::push).
    pub fn in_order(&self, order: impl IntoIterator<Item = usize>) -> Result<Self> {
        let mut sorted = Self::new(self.table);
        for index in order {
            sorted.push(&self.row(index))?;
        }
        Ok(sorted)
    }
}

impl fmt::Debug for Rows {
    // Values may be secrets, so only the shape is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("table", &self.table.name)
            .field("rows", &self.len())
            .finish_non_exhaustive()
    }
}

/// One row of [`Rows`].
#[derive(Clone, Copy, Debug)]
pub struct Row<'r> {
    rows: &'r Rows,
    index: usize,
}

impl<'r> Row<'r> {
    /// The value at a column's position.
    ///
    /// # Errors
    /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when the stored value could not be read.
    ///
    /// # Panics
    /// When the row or the column does not exist.
    pub fn value(self, column: usize) -> Result<ValueRef<'r>> {
        let width = self.rows.table.columns.len();
        self.rows.cells.get(self.index * width + column)
    }

    #[cold]
    fn wrong_kind<T>(self, column: usize) -> Result<T> {
        Err(Error::corrupt("the stored value is of another kind")
            .with_column(self.rows.table.columns[column].name))
    }
}

impl RowReader for Row<'_> {
    fn column(&self, index: usize) -> &ColumnDef {
        &self.rows.table.columns[index]
    }

    fn bool(&self, index: usize) -> Result<Option<bool>> {
        match self.value(index)? {
            ValueRef::Null => Ok(None),
            ValueRef::Bool(value) => Ok(Some(value)),
            _ => self.wrong_kind(index),
        }
    }

    fn integer(&self, index: usize) -> Result<Option<i64>> {
        match self.value(index)? {
            ValueRef::Null => Ok(None),
            value => value
                .as_i64()
                .map_or_else(|| self.wrong_kind(index), |value| Ok(Some(value))),
        }
    }

    fn decimal(&self, index: usize) -> Result<Option<Decimal>> {
        match self.value(index)? {
            ValueRef::Null => Ok(None),
            ValueRef::Decimal(value) => Ok(Some(value)),
            _ => self.wrong_kind(index),
        }
    }

    fn text(&self, index: usize) -> Result<Option<&str>> {
        match self.value(index)? {
            ValueRef::Null => Ok(None),
            value => value
                .as_text()
                .map_or_else(|| self.wrong_kind(index), |text| Ok(Some(text))),
        }
    }

    fn bytes(&self, index: usize) -> Result<Option<&[u8]>> {
        match self.value(index)? {
            ValueRef::Null => Ok(None),
            ValueRef::Bytes(value) => Ok(Some(value)),
            _ => self.wrong_kind(index),
        }
    }

    fn date_time(&self, index: usize) -> Result<Option<DateTime<Utc>>> {
        match self.value(index)? {
            ValueRef::Null => Ok(None),
            ValueRef::DateTime(value) => Ok(Some(value)),
            _ => self.wrong_kind(index),
        }
    }
}

impl<'r> ValueRef<'r> {
    /// The value at `index` of a row whose column is of this kind. An integer that its kind cannot hold
    /// is read as wide as it is.
    ///
    /// # Errors
    /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when the stored value is of another kind.
    pub fn read(row: &'r dyn RowReader, index: usize, kind: Kind) -> Result<Self> {
        let integer = |value: i64| match kind {
            Kind::I16 => i16::try_from(value).map_or(Self::I64(value), Self::I16),
            Kind::I32 => i32::try_from(value).map_or(Self::I64(value), Self::I32),
            _ => Self::I64(value),
        };
        let value = match kind {
            Kind::Bool => row.bool(index)?.map(Self::Bool),
            Kind::I16 | Kind::I32 | Kind::I64 => row.integer(index)?.map(integer),
            Kind::Decimal => row.decimal(index)?.map(Self::Decimal),
            Kind::Text => row.text(index)?.map(Self::Text),
            Kind::Bytes => row.bytes(index)?.map(Self::Bytes),
            Kind::Json => row.text(index)?.map(Self::Json),
            Kind::DateTime => row.date_time(index)?.map(Self::DateTime),
        };
        Ok(value.unwrap_or(Self::Null))
    }
}
