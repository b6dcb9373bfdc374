//! The statements that make a table.
//!
//! They are laid out to be read: they become committed migrations that are then evolved by hand,
//! which is why they are not rendered by sea-query, whose statements are one line each.

mod check;
mod column;
mod comment;
mod index;
mod literal;

use genledger_contract::table::TableDef;

use crate::dialect::{Dialect, Family};

pub(crate) use check::bounds;
pub use index::live_column;
pub(crate) use literal::default;

/// The statements that make a table with its keys, indexes and comments. All of them can be run
/// again without harm. On `MySQL` it is one statement, since there each is a script of its own.
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
    if !column::is_rowid(dialect, table) {
        let columns = names(dialect, table.primary_key.iter().copied());
        lines.push(format!("PRIMARY KEY ({columns})"));
    }
    lines.extend(index::inline(dialect, table));
    let mut statements = vec![format!(
        "CREATE TABLE IF NOT EXISTS {} (\n    {}\n){}",
        table_name(dialect, table),
        lines.join(",\n    "),
        options(dialect, table),
    )];
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

/// A quoted identifier. Identifiers are letters, digits and underscores, which the description of every
/// table and every layout were checked for, so nothing in them needs to be escaped.
pub(crate) fn quote(dialect: &Dialect, name: &str) -> String {
    match dialect.family() {
        Family::Sqlite | Family::Postgres => format!("\"{name}\""),
        Family::MySql => format!("`{name}`"),
    }
}

/// The quoted name of a table, in its schema.
pub(crate) fn table_name(dialect: &Dialect, table: &TableDef) -> String {
    let name = quote(dialect, table.name);
    match table.schema {
        Some(schema) => format!("{}.{name}", quote(dialect, schema)),
        None => name,
    }
}

/// Quoted identifiers, separated by commas.
pub(crate) fn names<'n>(dialect: &Dialect, names: impl Iterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.map(|name| quote(dialect, name)).collect();
    quoted.join(", ")
}
