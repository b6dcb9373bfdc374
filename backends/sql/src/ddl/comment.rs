//! Descriptions as comments in the database.

use genledger_contract::table::TableDef;

use super::literal;
use super::name::{quote, table_name};
use crate::dialect::{Dialect, Family};

/// The most characters that `MySQL` accepts.
pub(super) const MOST_OF_TABLE: usize = 2_048;
pub(super) const MOST_OF_COLUMN: usize = 1_024;

/// A comment inside the CREATE TABLE statement.
pub(super) fn inline(dialect: &Dialect, description: &str, most: usize) -> String {
    let text = one_line(description);
    if text.is_empty() {
        return String::new();
    }
    let text: String = text.chars().take(most).collect();
    format!(" COMMENT {}", literal::text(dialect, &text))
}

/// COMMENT statements (`PostgreSQL`).
pub(super) fn separate(dialect: &Dialect, table: &TableDef) -> Vec<String> {
    if dialect.family() != Family::Postgres {
        return Vec::new();
    }
    let name = table_name(dialect, table);
    let on_table = (format!("TABLE {name}"), table.description);
    let on_columns = table.columns.iter().map(|column| {
        let column_name = quote(dialect, column.name);
        (format!("COLUMN {name}.{column_name}"), column.description)
    });
    std::iter::once(on_table)
        .chain(on_columns)
        .filter(|(_, description)| !description.trim().is_empty())
        .map(|(what, description)| {
            let text = literal::text(dialect, &one_line(description));
            format!("COMMENT ON {what} IS {text}")
        })
        .collect()
}

fn one_line(description: &str) -> String {
    description.split_whitespace().collect::<Vec<_>>().join(" ")
}
