//! Renders the conversions of values of columns with a chosen type.

use genledger_contract::table::{ColumnDef, ColumnType, TableDef, UuidFormat};
use sea_query::{Expr, ExprTrait, Func};

use super::expr::column;
use crate::dialect::codec::{Read, Write};
use crate::dialect::{Dialect, Family};

/// The stored form of a value of a column.
pub(super) fn stored(dialect: &Dialect, column: &ColumnDef, value: Expr) -> Expr {
    match dialect.known_codec(column).and_then(|codec| codec.write) {
        Some(Write::Cast(to)) => value.cast_as(to),
        Some(Write::UuidBytes) => {
            let digits = Func::cust("REPLACE").args([value, Expr::cust("'-'"), Expr::cust("''")]);
            Func::cust("UNHEX").arg(digits).into()
        }
        // PostgreSQL does not convert text to `json` implicitly.
        None if dialect.family() == Family::Postgres && column.column_type == ColumnType::Json => {
            value.cast_as("json")
        }
        None => value,
    }
}

/// The value of a column as the library reads it.
pub(super) fn read(dialect: &Dialect, table: &'static TableDef, position: usize) -> Expr {
    read_from(dialect, &table.columns[position], column(table, position))
}

/// A stored value of a column, under any name in the statement, as the library reads it.
pub(super) fn read_from(dialect: &Dialect, column: &ColumnDef, stored: Expr) -> Expr {
    let Some(read) = dialect.known_codec(column).and_then(|codec| codec.read) else {
        return stored;
    };
    match read {
        Read::Text => text(dialect, stored),
        Read::SimpleUuid => Func::cust("REPLACE")
            .args([text(dialect, stored), Expr::cust("'-'"), Expr::cust("''")])
            .into(),
        Read::UuidBytes(format) => uuid(stored, format),
        Read::Truth => stored.ne(Expr::cust("0")),
    }
}

fn text(dialect: &Dialect, value: Expr) -> Expr {
    match dialect.family() {
        Family::MySql => value.cast_as("CHAR CHARACTER SET utf8mb4"),
        Family::Postgres | Family::Sqlite => value.cast_as("text"),
    }
}

/// The characters of a UUID from its bytes. Hyphens are inserted from the right.
fn uuid(bytes: Expr, format: UuidFormat) -> Expr {
    const HYPHENS: [&str; 4] = ["21", "17", "13", "9"];
    let mut digits: Expr = Func::cust("LOWER")
        .arg(Expr::from(Func::cust("HEX").arg(bytes)))
        .into();
    if format == UuidFormat::Hyphenated {
        for place in HYPHENS {
            digits = Func::cust("INSERT")
                .args([
                    digits,
                    Expr::cust(place),
                    Expr::cust("0"),
                    Expr::cust("'-'"),
                ])
                .into();
        }
    }
    digits
}

/// A column in conditions and orders.
pub(super) fn compared(dialect: &Dialect, table: &'static TableDef, position: usize) -> Expr {
    let definition = &table.columns[position];
    if dialect.is_ordered(definition) {
        column(table, position)
    } else {
        read_text(dialect, table, position)
    }
}

/// The text of a column as the library reads it, compared by its bytes.
pub(super) fn read_text(dialect: &Dialect, table: &'static TableDef, position: usize) -> Expr {
    let text = read(dialect, table, position);
    match dialect.family() {
        Family::Postgres => Expr::cust_with_expr("$1 COLLATE \"C\"", text),
        Family::MySql | Family::Sqlite => text,
    }
}

/// A value that is compared with a column.
pub(super) fn operand(
    dialect: &Dialect,
    table: &'static TableDef,
    position: usize,
    value: Expr,
) -> Expr {
    let definition = &table.columns[position];
    let converts = dialect
        .known_codec(definition)
        .is_some_and(|codec| codec.ordered);
    if converts {
        stored(dialect, definition, value)
    } else {
        value
    }
}
