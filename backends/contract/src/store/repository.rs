//! Repositories: the rows of one entity as a value that applications can name, store and mock.

#![allow(
    clippy::multiple_bound_locations,
    reason = "only `update_version` needs a version"
)]

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;

use crate::entity::mapping::{Entity, Versioned};
use crate::error::Result;
use crate::query::aggregate::{AggregateQuery, AggregateRow, Count};
use crate::query::change::Change;
use crate::query::filter::{Filter, Guard};
use crate::query::page::{Page, Query};
use crate::session::ext::SessionExt;
use crate::session::transaction::Session;
use crate::session::update::{guarded_update, update_if, update_returning, update_version};
use crate::statement::insert::RowOutcome;

/// The operations on the rows of `E`. A service that holds an `Arc<dyn Repository<E>>` gets a
/// [`StoreRepository`] in production and a `MockRepository` (feature `mock`) in its unit tests.
///
/// # Errors
/// Every method returns the errors of [`Session`] for its statement.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Repository<E: Entity>: Send + Sync {
    /// Inserts a row; [`UniqueViolation`](crate::ErrorKind::UniqueViolation) when a key is taken.
    async fn insert(&self, entity: &E) -> Result<()>;

    /// Inserts any number of rows in one atomic step; [`UniqueViolation`](crate::ErrorKind::UniqueViolation),
    /// with nothing written, when a key is taken.
    async fn insert_many(&self, entities: &[E]) -> Result<()>;

    /// Inserts the rows whose primary keys are absent, keeps those that are present, in one atomic step, and
    /// returns for each which of them it was.
    async fn insert_if_absent(&self, entities: &[E]) -> Result<Vec<RowOutcome>>;

    /// The row with this key, if there is one.
    async fn find(&self, key: &E::Key) -> Result<Option<E>>;

    /// The row with this key; [`NotFound`](crate::ErrorKind::NotFound) when there is none.
    async fn get(&self, key: &E::Key) -> Result<E>;

    /// One page of a query.
    async fn page(&self, query: &Query<E>) -> Result<Page<E>>;

    /// The number of rows that the filter selects, counted no further than `cap`.
    async fn count(&self, filter: Filter<E>, cap: u64) -> Result<Count>;

    /// Sums up rows by groups.
    async fn aggregate(&self, query: AggregateQuery<E>) -> Result<Vec<AggregateRow>>;

    /// Changes the row with this key if it satisfies the guard, and returns whether it did.
    /// [`Invalid`](crate::ErrorKind::Invalid) for a table whose rows never change.
    async fn update_if(
        &self,
        key: &E::Key,
        guard: Guard<E>,
        changes: Vec<Change<E>>,
    ) -> Result<bool>;

    /// [`update_if`](Self::update_if) that returns the row as it is afterwards; `None` where the row is
    /// gone or the guard did not hold.
    async fn update_returning(
        &self,
        key: &E::Key,
        guard: Guard<E>,
        changes: Vec<Change<E>>,
    ) -> Result<Option<E>>;

    /// Stores every column of an entity if the stored row still has its version, and returns the entity with
    /// the next version. [`VersionConflict`](crate::ErrorKind::VersionConflict) when the row has another
    /// version, [`NotFound`](crate::ErrorKind::NotFound) when it is gone.
    async fn update_version(&self, entity: &E) -> Result<E>
    where
        E: Versioned;

    /// Deletes the row with this key and returns whether there was one.
    async fn delete(&self, key: &E::Key) -> Result<bool>;
}

/// The repository of a store or a transaction.
#[derive(Debug)]
pub struct StoreRepository<E> {
    session: Arc<dyn Session>,
    marker: PhantomData<fn() -> E>,
}

impl<E> Clone for StoreRepository<E> {
    fn clone(&self) -> Self {
        Self {
            session: Arc::clone(&self.session),
            marker: PhantomData,
        }
    }
}

impl<E: Entity> StoreRepository<E> {
    /// The repository of any session.
    #[must_use]
    pub fn new(session: Arc<dyn Session>) -> Self {
        Self {
            session,
            marker: PhantomData,
        }
    }
}

#[async_trait]
impl<E: Entity> Repository<E> for StoreRepository<E> {
    async fn insert(&self, entity: &E) -> Result<()> {
        self.session.insert(entity).await
    }

    async fn insert_many(&self, entities: &[E]) -> Result<()> {
        self.session.insert_many(entities).await
    }

    async fn insert_if_absent(&self, entities: &[E]) -> Result<Vec<RowOutcome>> {
        self.session.insert_if_absent(entities).await
    }

    async fn find(&self, key: &E::Key) -> Result<Option<E>> {
        self.session.find(key).await
    }

    async fn get(&self, key: &E::Key) -> Result<E> {
        self.session.get(key).await
    }

    async fn page(&self, query: &Query<E>) -> Result<Page<E>> {
        self.session.page(query).await
    }

    async fn count(&self, filter: Filter<E>, cap: u64) -> Result<Count> {
        self.session.count(filter, cap).await
    }

    async fn aggregate(&self, query: AggregateQuery<E>) -> Result<Vec<AggregateRow>> {
        self.session.aggregate(query).await
    }

    async fn update_if(
        &self,
        key: &E::Key,
        guard: Guard<E>,
        changes: Vec<Change<E>>,
    ) -> Result<bool> {
        // A repository exists for every entity, so the check that a session's update_if makes at compile time
        // is made of the statement at run time.
        update_if(&*self.session, guarded_update(key, &guard, changes)).await
    }

    async fn update_returning(
        &self,
        key: &E::Key,
        guard: Guard<E>,
        changes: Vec<Change<E>>,
    ) -> Result<Option<E>> {
        update_returning(&*self.session, guarded_update(key, &guard, changes)).await
    }

    async fn update_version(&self, entity: &E) -> Result<E>
    where
        E: Versioned,
    {
        update_version(&*self.session, entity).await
    }

    async fn delete(&self, key: &E::Key) -> Result<bool> {
        self.session.delete::<E>(key).await
    }
}
