//! Columns.

use genledger_contract::table::{ColumnDef, TableDef};

use super::{check, comment, literal, quote};
use crate::dialect::{Dialect, Family};

/// The types of a STRICT table.
const STRICT_TYPES: [&str; 6] = ["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"];

pub(super) fn column(dialect: &Dialect, table: &TableDef, column: &ColumnDef) -> String {
    let mut line = format!(
        "{} {}",
        quote(dialect, column.name),
        dialect.column_type(column)
    );
    line.push_str(if column.nullable {
        " NULL"
    } else {
        " NOT NULL"
    });
    if let Some(default) = column.default {
        line.push_str(" DEFAULT ");
        line.push_str(&literal::default(dialect, column, default));
    }
    if is_rowid(dialect, table) && table.primary_key.contains(&column.name) {
        line.push_str(" PRIMARY KEY");
    }
    // MariaDB takes no comment behind a check.
    if dialect.family() == Family::MySql {
        line.push_str(&comment::inline(
            dialect,
            column.description,
            comment::MOST_OF_COLUMN,
        ));
    }
    if let Some(check) = check::check(dialect, column) {
        line.push_str(" CHECK (");
        line.push_str(&check);
        line.push(')');
    }
    line
}

/// Whether the primary key is the key under which SQLite stores rows, which needs no index.
pub(super) fn is_rowid(dialect: &Dialect, table: &TableDef) -> bool {
    let [key] = table.primary_key else {
        return false;
    };
    dialect.family() == Family::Sqlite
        && table.columns.iter().any(|column| {
            column.name == *key
                && column.column_type.is_integer()
                && dialect.column_type(column) == "INTEGER"
        })
}

/// STRICT, unless a column declares a type that such a table does not take.
pub(super) fn is_strict(dialect: &Dialect, table: &TableDef) -> bool {
    table
        .columns
        .iter()
        .all(|column| STRICT_TYPES.contains(&dialect.column_type(column).as_str()))
}
