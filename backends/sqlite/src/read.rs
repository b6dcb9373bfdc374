//! Decodes the values of rows in place.

use chrono::{DateTime, Utc};
use genledger_contract::row::RowReader;
use genledger_contract::table::{ColumnDef, ColumnType};
use genledger_contract::{Error, Result};
use rusqlite::Row;
use rusqlite::types::ValueRef as Sqlite;
use rust_decimal::Decimal;

/// A row and the descriptions of its columns.
pub(crate) struct SqliteRow<'r> {
    pub(crate) row: &'r Row<'r>,
    pub(crate) columns: &'r [ColumnDef],
}

impl SqliteRow<'_> {
    fn get(&self, index: usize) -> Result<Sqlite<'_>> {
        self.row.get_ref(index).map_err(missing)
    }

    // Out of line, since the methods are called for every value.
    #[cold]
    #[inline(never)]
    fn corrupt(&self, index: usize, message: &'static str) -> Error {
        Error::corrupt(message).with_column(self.columns[index].name)
    }
}

#[cold]
#[inline(never)]
fn missing(error: rusqlite::Error) -> Error {
    Error::corrupt("the row has fewer columns than requested").with_source(error)
}

impl RowReader for SqliteRow<'_> {
    fn column(&self, index: usize) -> &ColumnDef {
        &self.columns[index]
    }

    fn bool(&self, index: usize) -> Result<Option<bool>> {
        match self.get(index)? {
            Sqlite::Null => Ok(None),
            Sqlite::Integer(0) => Ok(Some(false)),
            Sqlite::Integer(1) => Ok(Some(true)),
            _ => Err(self.corrupt(index, "the stored value is not a boolean")),
        }
    }

    fn integer(&self, index: usize) -> Result<Option<i64>> {
        match self.get(index)? {
            Sqlite::Null => Ok(None),
            Sqlite::Integer(value) => Ok(Some(value)),
            _ => Err(self.corrupt(index, "the stored value is not an integer")),
        }
    }

    fn decimal(&self, index: usize) -> Result<Option<Decimal>> {
        let scale = match self.columns[index].column_type {
            ColumnType::Decimal { scale, .. } => scale.into(),
            _ => 0,
        };
        match self.get(index)? {
            Sqlite::Null => Ok(None),
            Sqlite::Integer(value) => Ok(Some(Decimal::new(value, scale))),
            _ => Err(self.corrupt(index, "the stored value is not a decimal")),
        }
    }

    fn text(&self, index: usize) -> Result<Option<&str>> {
        match self.get(index)? {
            Sqlite::Null => Ok(None),
            Sqlite::Text(bytes) => str::from_utf8(bytes).map(Some).map_err(|error| {
                self.corrupt(index, "the stored text is not UTF-8")
                    .with_source(error)
            }),
            _ => Err(self.corrupt(index, "the stored value is not text")),
        }
    }

    fn bytes(&self, index: usize) -> Result<Option<&[u8]>> {
        match self.get(index)? {
            Sqlite::Null => Ok(None),
            Sqlite::Blob(bytes) => Ok(Some(bytes)),
            _ => Err(self.corrupt(index, "the stored value is not bytes")),
        }
    }

    fn date_time(&self, index: usize) -> Result<Option<DateTime<Utc>>> {
        match self.get(index)? {
            Sqlite::Null => Ok(None),
            Sqlite::Integer(micros) => DateTime::from_timestamp_micros(micros)
                .map(Some)
                .ok_or_else(|| self.corrupt(index, "the stored time is out of range")),
            _ => Err(self.corrupt(index, "the stored value is not a time")),
        }
    }
}
