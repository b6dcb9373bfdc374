//! Reads and compares the values of rows.

use genledger_contract::Result;
use genledger_contract::row::{RowReader, Value, ValueRef};
use genledger_contract::table::{ColumnType, Kind};

/// Reads the value at `index` of a row, whose column has this type.
pub(crate) fn read(row: &dyn RowReader, index: usize, column_type: ColumnType) -> Result<Value> {
    ValueRef::read(row, index, column_type.kind()).map(Value::from)
}

/// Whether a stored value is the same as a given one.
pub(crate) fn same(
    row: &dyn RowReader,
    index: usize,
    column_type: ColumnType,
    given: ValueRef<'_>,
) -> Result<bool> {
    let kind = column_type.kind();
    // Text is not copied, since it is by far the longest.
    if matches!(kind, Kind::Text | Kind::Json) {
        return Ok(row.text(index)? == given.as_text());
    }
    if kind == Kind::Bytes {
        let given = match given {
            ValueRef::Bytes(bytes) => Some(bytes),
            _ => None,
        };
        return Ok(row.bytes(index)? == given);
    }
    Ok(read(row, index, column_type)?.as_ref().same(given))
}

/// A value of a key, with one width for all integers, so that keys can be compared and hashed.
pub(crate) fn key_value(value: ValueRef<'_>) -> Value {
    match value.as_i64() {
        Some(integer) => Value::I64(integer),
        None => value.into(),
    }
}
