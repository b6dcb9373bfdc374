//! The statements as pure functions of the tables: what a statement answers and what it would
//! change. Whether and where that happens is decided in [`scope`](crate::scope).

pub(crate) mod aggregate;
mod assign;
pub(crate) mod change;
pub(crate) mod claim;
pub(crate) mod insert;
pub(crate) mod select;
mod translate;

use genledger_contract::Result;

use crate::table::{Changes, Table};

/// What a statement changes, and what it answers once that is done.
pub(crate) struct Plan<T> {
    /// The table's name and its changes.
    pub(crate) changes: (&'static str, Changes),
    pub(crate) answer: T,
}

impl<T> Plan<T> {
    /// Changes that keep the table's unique keys.
    ///
    /// # Errors
    /// `Conflict`.
    fn new(table: &Table, changes: Changes, answer: T) -> Result<Self> {
        table.check_unique(&changes)?;
        Ok(Self {
            changes: (table.definition.name, changes),
            answer,
        })
    }
}
