//! What a database calls a value out of range, told as a broken rule, the same on every database.

use genledger_contract::{Action, Assignment, ColumnDef, Error, ErrorKind, TableDef, Violation};

/// The error of a statement with these assignments. A value that is set was checked before it was
/// sent, so what the database refuses is a sum. Not every database says which one; then the path is
/// that of the only addition, or else `changes`.
pub(super) fn of_sum(error: Error, table: &'static TableDef, assignments: &[Assignment]) -> Error {
    if error.kind() != ErrorKind::Invalid || !error.violations().is_empty() {
        return error;
    }
    let sums: Vec<&ColumnDef> = assignments
        .iter()
        .filter(|one| matches!(one.action, Action::Add(_) | Action::AddInserted))
        .map(|one| &table.columns[one.column])
        .collect();
    let named = sums
        .iter()
        .find(|column| error.column() == Some(column.name));
    let violation = match (named, &sums[..]) {
        (_, []) => return error,
        (Some(column), _) | (None, [column]) if column.range.is_some() => Violation::new(
            column.name,
            "out_of_range",
            "leaves the range of its column",
        ),
        (Some(column), _) | (None, [column]) => {
            Violation::new(column.name, "overflow", "does not fit its column")
        }
        (None, _) => Violation::new("changes", "overflow", "a sum does not fit its column"),
    };
    Error::from(violation)
        .with_table(table.name)
        .with_source(error)
}
