//! The statements, run on a connection.

mod aggregate;
mod change;
mod claim;
mod insert;
mod key_order;
mod overflow;
mod present;
mod select;
#[cfg(test)]
mod tests;
mod unit;
mod upsert;

use genledger_contract::{Error, ErrorKind};

pub(crate) use aggregate::aggregate;
pub(crate) use change::{delete, update};
pub(crate) use claim::claim;
pub(crate) use insert::insert;
pub(crate) use select::select;
pub(crate) use upsert::upsert;

use crate::executor::Scope;

/// The error of a single write: outside of a transaction, a connection that was lost says nothing
/// about whether the write happened.
pub(crate) fn of_write(scope: Scope, error: Error) -> Error {
    if scope == Scope::Autocommit && error.kind() == ErrorKind::Unavailable {
        unknown(error)
    } else {
        error
    }
}

/// The error of a commit or of an autocommit write whose connection was lost.
pub(crate) fn unknown(error: Error) -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "the connection was lost after the write was sent; it may or may not have happened",
    )
    .with_source(error)
}
