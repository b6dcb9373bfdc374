//! Unique keys and indexes.

use genledger_contract::table::{IndexColumn, IndexDef, TableDef, UniqueDef};

use super::name::{names, quote, table_name};
use crate::dialect::{Dialect, Family};

/// The most characters of an identifier of `MySQL`.
const MOST_CHARS: usize = 64;

/// The generated column of `MySQL` that is NULL for a soft-deleted row, so that the row has no
/// duplicates: it replaces a partial index.
#[must_use]
pub fn live_column(key: &str) -> String {
    format!("_live_{key}").chars().take(MOST_CHARS).collect()
}

/// The generated columns of the live-only keys on `MySQL`.
pub(super) fn live_columns(dialect: &Dialect, table: &TableDef) -> Vec<String> {
    let Some(deleted) = table.soft_delete else {
        return Vec::new();
    };
    let deleted = quote(dialect, deleted);
    table
        .unique
        .iter()
        .filter(|key| key.live_only)
        .map(|key| {
            let name = quote(dialect, &live_column(key.name));
            format!("{name} TINYINT GENERATED ALWAYS AS (IF({deleted}, NULL, 1)) STORED")
        })
        .collect()
}

/// Keys and indexes inside the CREATE TABLE statement: all of them on `MySQL`, which has no CREATE
/// INDEX IF NOT EXISTS; elsewhere the keys of all rows.
pub(super) fn inline(dialect: &Dialect, table: &TableDef) -> Vec<String> {
    let mysql = dialect.family() == Family::MySql;
    let mut lines = Vec::new();
    for key in table.unique {
        let name = quote(dialect, key.name);
        let columns = names(dialect, key.columns.iter().copied());
        if mysql && key.live_only {
            let live = quote(dialect, &live_column(key.name));
            lines.push(format!("UNIQUE KEY {name} ({columns}, {live})"));
        } else if mysql {
            lines.push(format!("UNIQUE KEY {name} ({columns})"));
        } else if !key.live_only {
            lines.push(format!("CONSTRAINT {name} UNIQUE ({columns})"));
        }
    }
    if mysql {
        let keys = table.indexes.iter();
        lines.extend(keys.map(|index| key_sql(dialect, table, index)));
    }
    lines
}

/// An index in a statement that creates or changes a table of `MySQL`.
pub(crate) fn key_sql(dialect: &Dialect, table: &TableDef, index: &IndexDef) -> String {
    let columns = directed(dialect, table, index.columns);
    format!("KEY {} ({columns})", quote(dialect, index.name))
}

/// Keys and indexes as separate statements.
pub(super) fn separate(dialect: &Dialect, table: &TableDef) -> Vec<String> {
    if dialect.family() == Family::MySql {
        return Vec::new();
    }
    let keys = table
        .unique
        .iter()
        .filter(|key| key.live_only)
        .map(|key| live_key(dialect, table, key));
    let indexes = table.indexes.iter().map(|one| index(dialect, table, one));
    keys.chain(indexes).collect()
}

fn live_key(dialect: &Dialect, table: &TableDef, key: &UniqueDef) -> String {
    let condition = table.soft_delete.map_or_else(String::new, |deleted| {
        format!(" WHERE {} IS NOT TRUE", quote(dialect, deleted))
    });
    format!(
        "CREATE UNIQUE INDEX IF NOT EXISTS {} ON {} ({}){condition}",
        quote(dialect, key.name),
        table_name(dialect, table),
        names(dialect, key.columns.iter().copied()),
    )
}

/// The statement that creates an index, except on `MySQL`.
pub(crate) fn index(dialect: &Dialect, table: &TableDef, index: &IndexDef) -> String {
    format!(
        "CREATE INDEX IF NOT EXISTS {} ON {} ({})",
        quote(dialect, index.name),
        table_name(dialect, table),
        directed(dialect, table, index.columns),
    )
}

/// Columns with their directions. `PostgreSQL` sorts NULL last by default, here as in `ORDER BY`.
fn directed(dialect: &Dialect, table: &TableDef, columns: &[IndexColumn]) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| {
            let nullable = table
                .position(column.name)
                .is_some_and(|position| table.columns[position].nullable);
            let nulls = nullable && dialect.family() == Family::Postgres;
            let direction = match (column.descending, nulls) {
                (false, false) => "",
                (false, true) => " NULLS FIRST",
                (true, false) => " DESC",
                (true, true) => " DESC NULLS LAST",
            };
            format!("{}{direction}", quote(dialect, column.name))
        })
        .collect();
    columns.join(", ")
}
