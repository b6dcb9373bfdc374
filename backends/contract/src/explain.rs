//! Queries as the statements that a store can explain.

use crate::aggregate::AggregateQuery;
use crate::entity::Entity;
use crate::error::Result;
use crate::page::Query;
use crate::statement::{Aggregate, Select};
use crate::table::TableDef;

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
    /// [`Invalid`](crate::ErrorKind::Invalid) when the contract does not allow it.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::Select(select) => select.validate(),
            Self::Aggregate(aggregate) => aggregate.validate(),
        }
    }
}

/// What [`StoreExt::explain`](crate::StoreExt::explain) takes: a [`Query`], as the statement that reads
/// its page, or an [`AggregateQuery`].
pub trait Explain: Sync {
    /// The statement that a session executes for it.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when the contract does not allow it.
    fn statement(&self) -> Result<ReadStatement>;
}

impl<E: Entity> Explain for Query<E> {
    fn statement(&self) -> Result<ReadStatement> {
        Ok(ReadStatement::Select(self.prepare()?.select()))
    }
}

impl<E: Entity> Explain for AggregateQuery<E> {
    fn statement(&self) -> Result<ReadStatement> {
        self.clone().into_statement().map(ReadStatement::Aggregate)
    }
}
