//! Every error that this store makes itself, with its kind.

use genledger_contract::{ColumnDef, Error, ErrorKind, TableDef};

/// A key is taken.
pub(crate) fn conflict(table: &TableDef, key: &'static str) -> Error {
    Error::new(ErrorKind::Conflict, format!("the key {key} is taken")).with_table(table.name)
}

/// No migration created the table.
pub(crate) fn missing_table(table: &TableDef) -> Error {
    Error::new(ErrorKind::Schema, "the table does not exist").with_table(table.name)
}

/// The table has no such column.
pub(crate) fn missing_column(table: &TableDef, column: &ColumnDef) -> Error {
    Error::new(ErrorKind::Schema, "the column does not exist")
        .with_table(table.name)
        .with_column(column.name)
}

/// A migration describes a table differently from the one before.
pub(crate) fn other_description(table: &TableDef) -> Error {
    Error::new(
        ErrorKind::Schema,
        "the table exists with another description",
    )
    .with_table(table.name)
}

/// Another transaction writes for too long.
pub(crate) fn busy() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "another transaction kept writing for longer than the wait allowed",
    )
}

/// The store was closed.
pub(crate) fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the store is closed")
}

/// The transaction has ended.
pub(crate) fn ended() -> Error {
    Error::new(ErrorKind::Aborted, "the transaction has ended")
}
