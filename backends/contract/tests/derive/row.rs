//! A row in memory, from which entities are read as they were written.

use chrono::{DateTime, Utc};
use genledger_contract::row::{RowBatch, RowReader, Value, ValueRef};
use genledger_contract::table::{ColumnDef, TableDef};
use genledger_contract::{Entity, Error, Result};
use rust_decimal::Decimal;

pub(crate) struct Row {
    pub(crate) table: &'static TableDef,
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// The row that the entity writes.
    pub(crate) fn of<E: Entity>(entity: &E) -> Result<Self> {
        let mut batch = RowBatch::new(E::TABLE);
        batch.push(entity)?;
        Ok(Self {
            table: E::TABLE,
            values: batch.row(0),
        })
    }

    /// The value of the column with this name.
    pub(crate) fn value(&self, column: &str) -> Option<&Value> {
        let position = self.table.position(column)?;
        self.values.get(position)
    }

    /// Replaces a value, as another program might.
    pub(crate) fn with(mut self, column: &str, value: Value) -> Self {
        if let Some(position) = self.table.position(column) {
            self.values[position] = value;
        }
        self
    }

    fn take<'a, T>(
        &'a self,
        index: usize,
        as_kind: impl FnOnce(ValueRef<'a>) -> Option<T>,
    ) -> Result<Option<T>> {
        let value = self.values[index].as_ref();
        if value.is_null() {
            return Ok(None);
        }
        let column = self.column(index).name;
        let other = || Error::corrupt("the stored value is of another kind").with_column(column);
        as_kind(value).map(Some).ok_or_else(other)
    }
}

impl RowReader for Row {
    fn column(&self, index: usize) -> &ColumnDef {
        &self.table.columns[index]
    }

    fn bool(&self, index: usize) -> Result<Option<bool>> {
        self.take(index, |value| match value {
            ValueRef::Bool(value) => Some(value),
            _ => None,
        })
    }

    fn integer(&self, index: usize) -> Result<Option<i64>> {
        self.take(index, ValueRef::as_i64)
    }

    fn decimal(&self, index: usize) -> Result<Option<Decimal>> {
        self.take(index, |value| match value {
            ValueRef::Decimal(value) => Some(value),
            _ => None,
        })
    }

    fn text(&self, index: usize) -> Result<Option<&str>> {
        self.take(index, ValueRef::as_text)
    }

    fn bytes(&self, index: usize) -> Result<Option<&[u8]>> {
        self.take(index, |value| match value {
            ValueRef::Bytes(value) => Some(value),
            _ => None,
        })
    }

    fn date_time(&self, index: usize) -> Result<Option<DateTime<Utc>>> {
        self.take(index, |value| match value {
            ValueRef::DateTime(value) => Some(value),
            _ => None,
        })
    }
}

/// Writes the entity and reads it back.
pub(crate) fn round_trip<E: Entity>(entity: &E) -> Result<E> {
    E::read(&Row::of(entity)?)
}
