//! The errors that this store creates itself, with their kinds.

use std::time::Duration;

use genledger_contract::table::{ColumnDef, TableDef};
use genledger_contract::{Error, ErrorKind};

/// The key with these columns is taken.
pub(crate) fn unique_violation(table: &TableDef, key: &[&'static str]) -> Error {
    let error = Error::unique_violation().with_table(table.name);
    match key.first() {
        Some(first) => error.with_column(*first),
        None => error,
    }
}

/// No migration created the table.
pub(crate) fn missing_table(table: &TableDef) -> Error {
    let message = "the table does not exist: call `migrate` with its set first";
    Error::new(ErrorKind::Schema, message).with_table(table.name)
}

/// The table has no such column.
pub(crate) fn missing_column(table: &TableDef, column: &ColumnDef) -> Error {
    let message = "the column does not exist: its set was migrated with another description";
    Error::new(ErrorKind::Schema, message)
        .with_table(table.name)
        .with_column(column.name)
}

/// A migration describes a table differently from an earlier one.
pub(crate) fn other_description(table: &TableDef) -> Error {
    Error::new(
        ErrorKind::Schema,
        "the table exists with another description: a set is migrated with one description of it",
    )
    .with_table(table.name)
}

/// The write permit did not become free in time: `held` is how long a transaction has held it, `None` if
/// other writes had it.
pub(crate) fn busy(held: Option<Duration>) -> Error {
    let message = match held {
        Some(time) => format!(
            "timed out waiting for the writer: a transaction of this store has been writing for {time:.1?}"
        ),
        None => "timed out waiting for the writer: it was executing other writes of this \
                 store"
            .to_owned(),
    };
    Error::new(ErrorKind::Unavailable, message)
}

/// The transaction was rolled back after its idle timeout.
pub(crate) fn idle(limit: Duration) -> Error {
    Error::new(
        ErrorKind::Aborted,
        format!(
            "the transaction ran no statement for {limit:.1?} and was rolled back, since it blocked \
             all other writes"
        ),
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
