//! Quoted names.

use genledger_contract::table::TableDef;

use crate::dialect::{Dialect, Family};

/// A quoted identifier. Descriptions and layouts are checked to contain only letters, digits and
/// underscores, so nothing needs to be escaped.
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
