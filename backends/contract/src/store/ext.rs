//! What applications call on a store.

use std::future::Future;

use futures_core::Stream;

use super::{closure, once};
use crate::entity::mapping::Entity;
use crate::error::{Error, Result};
use crate::query::explain::Explain;
use crate::query::page::Query;
use crate::session::read::Unreadable;
use crate::session::retry::RetryPolicy;
use crate::session::transaction::Tx;
use crate::store::base::Store;
use crate::store::clock::StoreClock;
use crate::store::once::Once;
use crate::store::repository::StoreRepository;

/// The methods of a store for applications. Implemented for every [`Store`], also behind `dyn`.
pub trait StoreExt: Store {
    /// The repository of one entity, which can be named, stored and mocked.
    fn repository<E: Entity>(&self) -> StoreRepository<E> {
        StoreRepository::new(self.session())
    }

    /// Runs `work` in a transaction and commits it when `work` returns `Ok`; otherwise it is rolled back.
    /// When the transaction fails with a retryable error, `work` runs again in a new one, up
    /// to the attempts of [`RetryPolicy::default`]; so it must not have effects outside of the
    /// transaction. It never runs again after an outcome that is unknown: see
    /// [`transaction_once`](Self::transaction_once).
    ///
    /// Values from outside of `work` are borrowed: with `let log = &log;` before the closure every attempt
    /// uses the same. The handle cannot be used after `work` has ended. For `work` with an error type of the
    /// application, use [`transaction_as`](Self::transaction_as).
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
    /// Returns the error of `work`, or of beginning or committing the transaction.
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
    /// Returns the errors of [`transaction`](StoreExt::transaction).
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
        closure::run(self, policy, work, Error::is_retryable)
    }

    /// [`transaction`](StoreExt::transaction) with an error type of the application. The work runs again when
    /// the *database* ended the transaction with a retryable error, whichever error `work` returned.
    ///
    /// ```
    /// # use genledger_contract::{Error, Store, StoreExt};
    /// #[derive(Debug)]
    /// enum Refused {
    ///     TooPoor,
    ///     Database(Error),
    /// }
    ///
    /// impl From<Error> for Refused {
    ///     fn from(error: Error) -> Self {
    ///         Self::Database(error)
    ///     }
    /// }
    ///
    /// # async fn example(store: std::sync::Arc<dyn Store>) -> Result<(), Refused> {
    /// store.transaction_as(|_tx| async move { Err(Refused::TooPoor) }).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`transaction`](StoreExt::transaction).
    fn transaction_as<T, E, F, Fut>(&self, work: F) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send,
        E: From<Error> + Send,
        F: FnMut(Tx) -> Fut + Send,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        closure::run(self, RetryPolicy::default(), work, |_| false)
    }

    /// [`transaction`](StoreExt::transaction) that takes effect once, also where the outcome of its
    /// commit is unknown at first.
    ///
    /// `operation` is a row that identifies the operation, in a table of the application: a payment by its
    /// id. It is inserted in the same transaction. When the outcome of a commit is unknown, the transaction
    /// runs again. If the row is present with the same content, the first commit took effect, and the result
    /// is [`Once::Before`]. If it is absent, it is inserted now, and its key keeps the first transaction from
    /// committing later.
    ///
    /// # Errors
    /// Returns the errors of [`transaction`](StoreExt::transaction);
    /// [`UniqueViolation`](crate::ErrorKind::UniqueViolation) when `operation` is present with other content;
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) when the outcome of every attempt is unknown:
    /// call it again with the same row.
    fn transaction_once<O, T, F, Fut>(
        &self,
        operation: &O,
        work: F,
    ) -> impl Future<Output = Result<Once<T>>> + Send
    where
        O: Entity,
        T: Send,
        F: FnMut(Tx) -> Fut + Send,
        Fut: Future<Output = Result<T>> + Send,
    {
        once::run(self, operation, work)
    }

    /// The clock of the store, read once.
    ///
    /// # Errors
    /// Returns the errors of any statement (see [`Session`](crate::Session)).
    fn clock(&self) -> impl Future<Output = Result<StoreClock>> + Send {
        StoreClock::read(self)
    }

    /// How the database would execute a [`Query`] or an [`AggregateQuery`](crate::query::AggregateQuery),
    /// without executing it: its query plan as text for people, as the database writes it, which shows the
    /// index that is used, if any.
    ///
    /// The text may show values of the query and of rows.
    ///
    /// # Errors
    /// Returns [`Unsupported`](crate::ErrorKind::Unsupported) when the store has no query plans, as the
    /// in-memory store; [`Invalid`](crate::ErrorKind::Invalid) for a query that the contract does not allow;
    /// and the errors of any statement (see [`Session`](crate::Session)).
    fn explain(&self, query: &impl Explain) -> impl Future<Output = Result<String>> + Send {
        let statement = query.statement();
        async move {
            let statement = statement?;
            statement.validate()?;
            self.plan(statement).await
        }
    }

    /// All rows of a query as a stream, read in keyset batches of the query's page size.
    ///
    /// It holds no connection between batches and is not a snapshot: a row that is inserted after the current
    /// position appears, one before it does not.
    fn stream<E: Entity>(
        &self,
        query: Query<E>,
    ) -> impl Stream<Item = Result<E>> + Send + Unpin + 'static + use<E, Self> {
        self.session().stream(query)
    }

    /// [`stream`](Self::stream) in which a row that cannot be read is yielded as an error, instead of ending
    /// the stream.
    fn stream_lenient<E: Entity>(
        &self,
        query: Query<E>,
    ) -> impl Stream<Item = Result<Result<E, Unreadable<E>>>> + Send + Unpin + 'static + use<E, Self>
    {
        self.session().stream_lenient(query)
    }
}

impl<S: Store + ?Sized> StoreExt for S {}
