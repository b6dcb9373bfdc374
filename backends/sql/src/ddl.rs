//! The statements that create a table.
//!
//! They are formatted for readers, since they become migration scripts that are maintained manually;
//! sea-query would render each on one line.

mod column;
mod comment;
mod index;
mod literal;
mod name;
pub(crate) mod partition;

use genledger_contract::table::TableDef;

use crate::dialect::{Dialect, Family};

pub(crate) use column::{bounds, column as column_sql, is_rowid};
pub use index::live_column;
pub(crate) use index::{index as create_index_sql, key_sql};
pub(crate) use literal::default;
pub(crate) use name::{names, quote, table_name};

/// The statements that create a table with its keys, indexes and comments. All of them are idempotent.
/// On `MySQL` it is one statement, since there each script has only one.
#[must_use]
pub fn create_table_sql(dialect: &Dialect, table: &TableDef) -> Vec<String> {
    let mut lines: Vec<String> = table
        .columns
        .iter()
        .map(|column| column::column(dialect, table, column))
        .collect();
    if dialect.family() == Family::MySql {
        lines.extend(index::live_columns(dialect, table));
    }
    if !is_rowid(dialect, table) {
        let columns = names(dialect, table.primary_key.iter().copied());
        lines.push(format!("PRIMARY KEY ({columns})"));
    }
    lines.extend(index::inline(dialect, table));
    let mut statements = vec![format!(
        "CREATE TABLE IF NOT EXISTS {} (\n    {}\n){}",
        table_name(dialect, table),
        lines.join(",\n    "),
        options(dialect, table) + &partition::clause(dialect, table),
    )];
    statements.extend(partition::rest(dialect, table));
    statements.extend(index::separate(dialect, table));
    statements.extend(comment::separate(dialect, table));
    statements
}

fn options(dialect: &Dialect, table: &TableDef) -> String {
    match dialect.family() {
        Family::Sqlite if column::is_strict(dialect, table) => " STRICT".to_owned(),
        Family::Sqlite | Family::Postgres => String::new(),
        Family::MySql => format!(
            " ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin{}",
            comment::inline(dialect, table.description, comment::MOST_OF_TABLE),
        ),
    }
}
