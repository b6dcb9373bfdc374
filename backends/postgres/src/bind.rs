//! Binding of values to the arguments of a statement, in the binary format of the server.

mod array;
mod value;

use genledger_contract::row::RowBatch;
use genledger_contract::{Error, Result};
use genledger_sql::Param;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments};

use array::Array;
pub(crate) use value::moment;
use value::{Scalar, element};

/// Adds one value.
pub(crate) fn param(arguments: &mut PgArguments, param: &Param<'_>) -> Result<()> {
    use sqlx::Arguments as _;
    arguments.add(Scalar::of(param)).map_err(refused)
}

/// Adds one array for each column, which UNNEST turns into rows.
pub(crate) fn columns(arguments: &mut PgArguments, batch: &RowBatch, rows: &[usize]) -> Result<()> {
    use sqlx::Arguments as _;
    let columns = batch.table().columns;
    // An array contains the length of every element.
    let bytes = rows
        .iter()
        .map(|row| batch.bytes(*row, row + 1))
        .sum::<usize>()
        + rows.len() * columns.len() * 4;
    arguments.reserve(columns.len(), bytes);
    for (position, column) in columns.iter().enumerate() {
        let kind = column.column_type.kind();
        let array = Array::new(kind, rows.len(), |row: usize| {
            batch.value(rows[row], position)
        });
        arguments
            .add(array)
            .map_err(|error| refused(error).with_column(column.name))?;
    }
    Ok(())
}

/// Adds one row of a binary COPY: the number of values, and each value after its length.
pub(crate) fn row(
    buffer: &mut PgArgumentBuffer,
    batch: &RowBatch,
    row: usize,
) -> std::result::Result<(), BoxDynError> {
    let columns = batch.table().columns;
    buffer.extend_from_slice(&i16::try_from(columns.len())?.to_be_bytes());
    for (position, column) in columns.iter().enumerate() {
        element(
            batch.value(row, position),
            column.column_type.kind(),
            buffer,
        )?;
    }
    Ok(())
}

/// Adds one array for each position in rows of values.
pub(crate) fn arrays(arguments: &mut PgArguments, rows: &[Vec<Param<'_>>]) -> Result<()> {
    use sqlx::Arguments as _;
    for place in 0..rows.first().map_or(0, Vec::len) {
        let known = rows.iter().find_map(|row| row[place].value.kind());
        let kind = known.unwrap_or(rows[0][place].column_type.kind());
        let array = Array::new(kind, rows.len(), |row: usize| rows[row][place].value);
        arguments.add(array).map_err(refused)?;
    }
    Ok(())
}

fn refused(error: BoxDynError) -> Error {
    Error::invalid("a value cannot be sent to the server").with_source(error)
}
