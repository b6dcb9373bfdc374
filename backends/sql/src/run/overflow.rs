//! Translates out-of-range errors of additions to violations that are the same on every database.

use genledger_contract::statement::{Action, Assignment};
use genledger_contract::table::{ColumnDef, TableDef};
use genledger_contract::{Error, ErrorKind, Violation};

/// The rules that drivers report for a number out of range.
const RULES: [&str; 2] = ["overflow", "check"];

/// The error of a statement with these assignments. Values that are set were checked before, so the
/// database rejected a sum. If it does not report the column, the path is that of the only possible
/// addition, or else `changes`.
pub(super) fn addition_error(
    error: Error,
    table: &'static TableDef,
    assignments: &[Assignment],
) -> Error {
    let rule = error.violations().first().map(Violation::rule);
    if error.kind() != ErrorKind::Invalid || rule.is_some_and(|rule| !RULES.contains(&rule)) {
        return error;
    }
    let sums: Vec<&ColumnDef> = assignments
        .iter()
        .filter(|one| matches!(one.action, Action::Add(_) | Action::AddInserted))
        .map(|one| &table.columns[one.column])
        .filter(|column| rule != Some("check") || column.range.is_some())
        .collect();
    let named = sums.iter().find(|column| {
        error
            .column()
            .is_some_and(|name| is_of(name, table, column))
    });
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

/// Whether a name in an error is that of the column, or of its check as `PostgreSQL` names it.
fn is_of(name: &str, table: &TableDef, column: &ColumnDef) -> bool {
    name == column.name || name == format!("{}_{}_check", table.name, column.name)
}
