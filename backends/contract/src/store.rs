//! Stores: where sessions and transactions come from.

mod retry;
mod stream;
mod tx;

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use futures_core::Stream;

use crate::capability::Capability;
use crate::difference::Difference;
use crate::entity::Entity;
use crate::error::Result;
use crate::migration::{MigrationReport, MigrationSet};
use crate::page::Query;
use crate::repository::StoreRepository;
use crate::session::{Session, Transaction};
use crate::table::TableDef;

pub use retry::RetryPolicy;
pub use tx::{Tx, TxStep};

/// A database, or memory. Cheap to share as `Arc<dyn Store>`.
#[async_trait]
pub trait Store: Send + Sync + Debug + 'static {
    /// Executes statements each on its own.
    fn session(&self) -> Arc<dyn Session>;

    /// Begins a transaction. Most callers want [`StoreExt::transaction`], which also tries again.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when there is no connection.
    async fn begin(&self) -> Result<Box<dyn Transaction>>;

    /// What this store can do.
    fn capability(&self) -> &Capability;

    /// Brings these sets to their newest version, in order: each makes its tables, or runs the scripts
    /// that were not run yet. Safe when several processes do it at once, and again after a process was
    /// killed in the middle.
    ///
    /// It looks before it does anything: where there is nothing to do, the right to read is enough.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when a set is wrong, or has scripts and none for this
    /// store ([`MigrationSet::check_all`]); [`Schema`](crate::ErrorKind::Schema) when a script fails, a
    /// script that was run has changed since, or a table is not there or not as described afterwards;
    /// [`Unavailable`](crate::ErrorKind::Unavailable) and [`Denied`](crate::ErrorKind::Denied) as they
    /// say.
    async fn migrate(&self, sets: &[MigrationSet]) -> Result<MigrationReport>;

    /// Compares the schema with descriptions of tables and lists every difference.
    ///
    /// # Errors
    /// As any statement. A difference is not an error.
    async fn verify_schema(&self, tables: &[&'static TableDef]) -> Result<Vec<Difference>>;

    /// Closes all connections after the statements that are under way. Later calls answer
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn close(&self);
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store + ?Sized> Store for Arc<S> {
    fn session(&self) -> Arc<dyn Session> {
        (**self).session()
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>> {
        (**self).begin().await
    }

    fn capability(&self) -> &Capability {
        (**self).capability()
    }

    async fn migrate(&self, sets: &[MigrationSet]) -> Result<MigrationReport> {
        (**self).migrate(sets).await
    }

    async fn verify_schema(&self, tables: &[&'static TableDef]) -> Result<Vec<Difference>> {
        (**self).verify_schema(tables).await
    }

    async fn close(&self) {
        (**self).close().await;
    }
}

/// What applications call on a store. Implemented for every [`Store`], also behind `dyn`.
pub trait StoreExt: Store {
    /// The rows of one entity, as a value that can be named, kept and mocked.
    fn repository<E: Entity>(&self) -> StoreRepository<E> {
        StoreRepository::new(self.session())
    }

    /// Runs `work` in a transaction and commits it when `work` answers `Ok`; otherwise everything is
    /// undone. When the transaction fails with a retryable error, `work` runs again in a new one, up
    /// to the attempts of [`RetryPolicy::default`]; so it must not have effects outside of the
    /// transaction. It never runs again after an outcome that is unknown.
    ///
    /// ```no_run
    /// # use genledger_contract::{Entity, Result, SessionExt, Store, StoreExt};
    /// # /// An account.
    /// # #[derive(Clone, Debug, Entity)]
    /// # #[entity(crate = genledger_contract, table = "accounts", key(id))]
    /// # struct Account {
    /// #     /// Its number.
    /// #     id: i64,
    /// #     /// In cents.
    /// #     #[column(filter)]
    /// #     cents: i64,
    /// # }
    /// # async fn example(store: std::sync::Arc<dyn Store>) -> Result<()> {
    /// let moved = store
    ///     .transaction(|tx| async move {
    ///         let paid = tx
    ///             .update_if(&1, Account::CENTS.ge(100), [Account::CENTS.plus(-100)])
    ///             .await?;
    ///         if paid {
    ///             tx.update_where(Account::ID.eq(2), [Account::CENTS.plus(100)]).await?;
    ///         }
    ///         Ok(paid)
    ///     })
    ///     .await?;
    /// # let _ = moved;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The error of `work`, or of beginning or committing the transaction.
    fn transaction<T, F, Fut>(&self, work: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send,
        F: FnMut(Tx) -> Fut + Send,
        Fut: Future<Output = Result<T>> + Send,
    {
        self.transaction_with(RetryPolicy::default(), work)
    }

    /// [`transaction`](StoreExt::transaction) with other attempts and waits.
    ///
    /// # Errors
    /// As [`transaction`](StoreExt::transaction).
    fn transaction_with<T, F, Fut>(
        &self,
        policy: RetryPolicy,
        work: F,
    ) -> impl Future<Output = Result<T>> + Send
    where
        T: Send,
        F: FnMut(Tx) -> Fut + Send,
        Fut: Future<Output = Result<T>> + Send,
    {
        tx::run(self, policy, work)
    }

    /// All rows of a query as a stream, read in keyset batches of the query's page size.
    ///
    /// It holds no connection between batches and is not a snapshot: a row that is inserted behind
    /// the current place appears, one before it does not.
    fn stream<E: Entity>(
        &self,
        query: Query<E>,
    ) -> impl Stream<Item = Result<E>> + Send + Unpin + 'static + use<E, Self> {
        stream::rows(self.session(), query)
    }
}

impl<S: Store + ?Sized> StoreExt for S {}
