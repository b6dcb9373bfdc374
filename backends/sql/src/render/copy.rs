//! COPY, whose data are the rows of a batch in the binary format of `PostgreSQL`.

use genledger_contract::{ColumnDef, ColumnType, TableDef};

use crate::ddl::{names, quote, table_name};
use crate::dialect::{Dialect, element};

/// A binary COPY into the columns of a table. The bytes of a value say nothing about its type: those of
/// a time would be taken for a number. So the statement has a condition that the server refuses to
/// parse unless every column has the very type that the values are sent in; it is always true, and the
/// server removes it before it reads a row. `array_fill` takes no implicit conversion, and no array.
pub(super) fn copy(dialect: &Dialect, table: &TableDef) -> String {
    let typed: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let name = quote(dialect, column.name);
            format!("array_fill({name}, NULL) = NULL::{}[]", stored_type(column))
        })
        .collect();
    format!(
        "COPY {} ({}) FROM STDIN (FORMAT binary) WHERE true OR ({})",
        table_name(dialect, table),
        names(dialect, table.columns.iter().map(|column| column.name)),
        typed.join(" AND "),
    )
}

/// Finds a row when the table has rules, which COPY does not follow.
pub(super) fn rules(dialect: &Dialect, table: &TableDef) -> String {
    format!(
        "SELECT 1 FROM pg_catalog.pg_class WHERE oid = '{}'::regclass AND relhasrules",
        table_name(dialect, table),
    )
}

/// The type of a column without its length, which changes nothing in the format of its values.
fn stored_type(column: &ColumnDef) -> &'static str {
    match column.column_type {
        ColumnType::Text { .. } | ColumnType::Uuid(_) => "varchar",
        column_type => element(column_type.kind()),
    }
}
