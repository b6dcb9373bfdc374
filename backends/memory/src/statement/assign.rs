//! What assignments make of a row.

use genledger_contract::Result;
use genledger_contract::row::Value;
use genledger_contract::statement::{Action, Assignment};

use crate::table::{Row, Table, add, fit};

/// The row after the assignments; `inserted` is the row that an upsert was to insert.
///
/// # Errors
/// `Invalid` when a column cannot hold its new value.
pub(super) fn assign(
    table: &Table,
    row: &Row,
    assignments: &[Assignment],
    inserted: Option<&Row>,
) -> Result<Row> {
    let mut values = row.to_vec();
    for Assignment { column, action } in assignments {
        // A statement is validated, so only an upsert refers to an inserted row.
        let inserted = inserted.map_or(&Value::Null, |row| &row[*column]);
        let definition = &table.definition.columns[*column];
        let stored = &values[*column];
        values[*column] = match action {
            Action::Set(value) => fit(table.definition, definition, value.clone()),
            Action::Inserted => fit(table.definition, definition, inserted.clone()),
            Action::Add(value) => add(table.definition, definition, stored, value),
            Action::AddInserted => add(table.definition, definition, stored, inserted),
        }?;
    }
    Ok(values.into())
}
