//! What assignments make of a row.

use genledger_contract::{Action, Assignment, Result, RowBatch, Value};

use crate::table::{Row, Table, add, fit};

/// The row that was to be inserted, of an upsert.
pub(super) type Inserted<'a> = Option<(&'a RowBatch, usize)>;

/// The row after the assignments.
///
/// # Errors
/// `Invalid` when a column cannot hold its new value.
pub(super) fn assign(
    table: &Table,
    row: &Row,
    assignments: &[Assignment],
    inserted: Inserted<'_>,
) -> Result<Row> {
    let mut values = row.to_vec();
    for Assignment { column, action } in assignments {
        // A statement is validated, so only an upsert refers to an inserted row.
        let of_inserted = || {
            inserted.map_or(Value::Null, |(batch, row)| {
                Value::from(batch.value(row, *column))
            })
        };
        let definition = &table.definition.columns[*column];
        let stored = &values[*column];
        values[*column] = match action {
            Action::Set(value) => fit(table.definition, definition, value.clone()),
            Action::Inserted => fit(table.definition, definition, of_inserted()),
            Action::Add(value) => add(table.definition, definition, stored, value),
            Action::AddInserted => add(table.definition, definition, stored, &of_inserted()),
        }?;
    }
    Ok(values.into())
}
