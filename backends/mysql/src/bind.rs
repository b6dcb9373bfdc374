//! Binding of values to the arguments of a statement.

use genledger_contract::row::{RowBatch, ValueRef};
use genledger_contract::{Error, Result};
use genledger_sql::Param;
use sqlx::Arguments as _;
use sqlx::error::BoxDynError;
use sqlx::mysql::MySqlArguments;

/// Adds one value.
pub(crate) fn param(arguments: &mut MySqlArguments, param: &Param<'_>) -> Result<()> {
    add(arguments, param.value).map_err(refused)
}

/// Adds the values of rows, row by row.
pub(crate) fn rows(arguments: &mut MySqlArguments, batch: &RowBatch, rows: &[usize]) -> Result<()> {
    let columns = batch.table().columns;
    let values = rows.len() * columns.len();
    let bytes: usize = rows.iter().map(|row| batch.bytes(*row, row + 1)).sum();
    arguments.reserve(values, bytes + values);
    for row in rows {
        for (position, column) in columns.iter().enumerate() {
            add(arguments, batch.value(*row, position))
                .map_err(|error| refused(error).with_column(column.name))?;
        }
    }
    Ok(())
}

fn add(arguments: &mut MySqlArguments, value: ValueRef<'_>) -> Result<(), BoxDynError> {
    match value {
        // The server ignores the type of a NULL.
        ValueRef::Null => arguments.add(None::<i64>),
        ValueRef::Bool(value) => arguments.add(value),
        ValueRef::I16(value) => arguments.add(value),
        ValueRef::I32(value) => arguments.add(value),
        ValueRef::I64(value) => arguments.add(value),
        ValueRef::Decimal(value) => arguments.add(value),
        ValueRef::Text(value) | ValueRef::Json(value) => arguments.add(value),
        ValueRef::Bytes(value) => arguments.add(value),
        // Without a zone, as a DATETIME column is: nothing is converted.
        ValueRef::DateTime(value) => arguments.add(value.naive_utc()),
    }
}

fn refused(error: BoxDynError) -> Error {
    Error::invalid("a value cannot be sent to the server").with_source(error)
}
