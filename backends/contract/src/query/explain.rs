//! Statements that a store can explain.

use crate::entity::mapping::Entity;
use crate::error::Result;
use crate::query::aggregate::AggregateQuery;
use crate::query::page::Query;
use crate::statement::read::ReadStatement;

/// A query that [`StoreExt::explain`](crate::StoreExt::explain) accepts: a [`Query`], as the statement that
/// reads its page, or an [`AggregateQuery`].
pub trait Explain: Sync {
    /// The statement that a session executes for it.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the contract does not allow it.
    fn statement(&self) -> Result<ReadStatement>;
}

impl<E: Entity> Explain for Query<E> {
    fn statement(&self) -> Result<ReadStatement> {
        Ok(ReadStatement::Select(self.prepare()?.first()))
    }
}

impl<E: Entity> Explain for AggregateQuery<E> {
    fn statement(&self) -> Result<ReadStatement> {
        self.clone().into_statement().map(ReadStatement::Aggregate)
    }
}
