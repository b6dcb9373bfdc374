//! Column definitions, with their CHECK constraints.

use genledger_contract::table::{ColumnDef, ColumnType, TableDef};

use super::name::quote;
use super::{comment, literal};
use crate::dialect::{Dialect, Family};

/// The types of a STRICT table.
const STRICT_TYPES: [&str; 6] = ["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"];

/// The definition of a column.
pub(crate) fn column(dialect: &Dialect, table: &TableDef, column: &ColumnDef) -> String {
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
    // MariaDB accepts no comment after a CHECK.
    if dialect.family() == Family::MySql {
        line.push_str(&comment::inline(
            dialect,
            column.description,
            comment::MOST_OF_COLUMN,
        ));
    }
    if let Some(check) = check(dialect, column) {
        line.push_str(" CHECK (");
        line.push_str(&check);
        line.push(')');
    }
    line
}

/// Whether the primary key is the rowid of SQLite, which needs no index.
pub(crate) fn is_rowid(dialect: &Dialect, table: &TableDef) -> bool {
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

/// Whether the table is STRICT: unless a column declares a type that a STRICT table does not accept.
pub(super) fn is_strict(dialect: &Dialect, table: &TableDef) -> bool {
    table
        .columns
        .iter()
        .all(|column| STRICT_TYPES.contains(&dialect.column_type(column).as_str()))
}

/// The CHECK condition of a column, for what its type does not enforce.
fn check(dialect: &Dialect, column: &ColumnDef) -> Option<String> {
    let name = quote(dialect, column.name);
    let (low, high) = bounds(dialect, column)?;
    Some(if column.column_type == ColumnType::Bool {
        format!("{name} IN (0, 1)")
    } else {
        format!("{name} BETWEEN {low} AND {high}")
    })
}

/// The minimum and maximum of a column, where its type does not enforce them.
///
/// SQLite's INTEGER always has 64 bits, so narrower integers are bounded, and an addition that
/// overflows is an error as on the other databases. Known codes are not listed, since newer versions
/// write others. JSON is checked before it is written: `JSON_VALID` of `MySQL` rejects numbers that no
/// double can represent.
pub(crate) fn bounds(dialect: &Dialect, column: &ColumnDef) -> Option<(i64, i64)> {
    let sqlite = dialect.family() == Family::Sqlite;
    let bounds = match column.column_type {
        ColumnType::Bool if sqlite => return Some((0, 1)),
        ColumnType::I16 if sqlite => Some((i16::MIN.into(), i16::MAX.into())),
        ColumnType::I32 if sqlite => Some((i32::MIN.into(), i32::MAX.into())),
        ColumnType::Decimal { precision, .. } if sqlite => {
            let most = 10_i64.pow(precision.into()) - 1;
            Some((-most, most))
        }
        _ => None,
    };
    column.range.or(bounds)
}
