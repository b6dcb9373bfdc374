//! Statements that only read.

use crate::error::Result;
use crate::statement::aggregate::Aggregate;
use crate::statement::select::Select;
use crate::table::definition::TableDef;

/// A statement that only reads.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ReadStatement {
    /// Reads rows.
    Select(Select),
    /// Sums up rows.
    Aggregate(Aggregate),
}

impl ReadStatement {
    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        match self {
            Self::Select(select) => select.table,
            Self::Aggregate(aggregate) => aggregate.table,
        }
    }

    /// Checks the statement, as a [`Session`](crate::Session) does.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the contract does not allow it.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::Select(select) => select.validate(),
            Self::Aggregate(aggregate) => aggregate.validate(),
        }
    }
}
