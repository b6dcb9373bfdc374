//! Values on their way to the server.

use genledger_contract::{Error, Result, RowBatch, ValueRef};
use genledger_sql::Param;
use genledger_sqlx::invalid;
use sqlx::Arguments as _;
use sqlx::error::BoxDynError;
use sqlx::mysql::MySqlArguments;

/// What a value costs in a packet beyond its own bytes, at most: its type and its length.
const OVERHEAD: usize = 12;

/// Adds one value.
pub(crate) fn param(
    arguments: &mut MySqlArguments,
    param: &Param<'_>,
    max_packet: usize,
) -> Result<()> {
    let bytes = match param.value {
        ValueRef::Text(text) | ValueRef::Json(text) => text.len(),
        ValueRef::Bytes(bytes) => bytes.len(),
        _ => 0,
    };
    check(bytes + OVERHEAD, max_packet)?;
    add(arguments, param.value).map_err(refused)
}

/// Adds the values of rows, row by row.
pub(crate) fn rows(
    arguments: &mut MySqlArguments,
    batch: &RowBatch,
    rows: &[usize],
    max_packet: usize,
) -> Result<()> {
    let columns = batch.table().columns;
    let values = rows.len() * columns.len();
    let bytes: usize = rows.iter().map(|row| batch.bytes(*row, row + 1)).sum();
    check(bytes + values * OVERHEAD, max_packet)?;
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
        // The type of a NULL is not looked at.
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

/// A larger packet would make the server close the connection, in the middle of a transaction or
/// without saying whether a write happened.
fn check(bytes: usize, max_packet: usize) -> Result<()> {
    if bytes > max_packet {
        return Err(invalid(
            None,
            "too_large",
            "is more than the server takes in one packet (max_allowed_packet)",
        ));
    }
    Ok(())
}

fn refused(error: BoxDynError) -> Error {
    Error::invalid("a value cannot be sent to the server").with_source(error)
}
