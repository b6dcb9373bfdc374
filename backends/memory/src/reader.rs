//! Reading the values of a stored row.

use chrono::{DateTime, Utc};
use genledger_contract::row::{RowReader, Value};
use genledger_contract::table::{ColumnDef, TableDef};
use genledger_contract::{Error, Result};
use rust_decimal::Decimal;

/// Some columns of a row.
pub(crate) struct Reader<'r> {
    /// The statement's description of the table.
    pub(crate) table: &'r TableDef,
    /// The positions of the columns in it.
    pub(crate) columns: &'r [usize],
    /// The positions of the same columns in the row.
    pub(crate) stored: &'r [usize],
    pub(crate) row: &'r [Value],
}

impl<'r> Reader<'r> {
    /// The value at `index`, converted by `read`, which returns `None` for a value of another kind.
    fn value<T>(
        &self,
        index: usize,
        read: impl FnOnce(&'r Value) -> Option<T>,
    ) -> Result<Option<T>> {
        match &self.row[self.stored[index]] {
            Value::Null => Ok(None),
            value => read(value).map(Some).ok_or_else(|| {
                Error::corrupt("the stored value is of another kind")
                    .with_table(self.table.name)
                    .with_column(self.column(index).name)
            }),
        }
    }
}

impl RowReader for Reader<'_> {
    fn column(&self, index: usize) -> &ColumnDef {
        &self.table.columns[self.columns[index]]
    }

    fn bool(&self, index: usize) -> Result<Option<bool>> {
        self.value(index, |value| match (value, value.as_ref().as_i64()) {
            (Value::Bool(value), _) => Some(*value),
            (_, Some(0)) => Some(false),
            (_, Some(1)) => Some(true),
            _ => None,
        })
    }

    fn integer(&self, index: usize) -> Result<Option<i64>> {
        self.value(index, |value| value.as_ref().as_i64())
    }

    fn decimal(&self, index: usize) -> Result<Option<Decimal>> {
        self.value(index, |value| match value {
            Value::Decimal(value) => Some(*value),
            _ => None,
        })
    }

    fn text(&self, index: usize) -> Result<Option<&str>> {
        self.value(index, |value| value.as_ref().as_text())
    }

    fn bytes(&self, index: usize) -> Result<Option<&[u8]>> {
        self.value(index, |value| match value {
            Value::Bytes(value) => Some(value.as_slice()),
            _ => None,
        })
    }

    fn date_time(&self, index: usize) -> Result<Option<DateTime<Utc>>> {
        self.value(index, |value| match value {
            Value::DateTime(value) => Some(*value),
            _ => None,
        })
    }
}
