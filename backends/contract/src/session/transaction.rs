//! Sessions, transactions and nested transactions, the same on every backend.

mod state;

use std::any::Any;
use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::backend::{OpenTransaction, Outcome};
use crate::error::{Error, ErrorKind, Result};
use crate::statement::Statement;
use crate::statement::reply::Reply;
use crate::statement::select::{RowVisitor, Select};

use self::state::State;

/// Executes statements: each on its own (the session of a store) or inside a transaction.
///
/// A verb that is written over `&dyn Session` does not care which of the two it is: several statements
/// that belong together [`begin`](Self::begin) a [`Transaction`], which is nested where one is open.
/// Applications call the typed methods of [`SessionExt`](crate::SessionExt) and [`Repository`](crate::Repository); a
/// backend implements [`Backend`](crate::backend::Backend) and gets sessions.
///
/// Every write is one atomic step: it happens in full or not at all, also when its future is
/// dropped. When a future returns `Ok`, the write of a session is durable as far as the backend
/// promises durability; that of a transaction is once `commit` returned.
///
/// A write outside of a transaction that fails with a retryable error is retried a few times, since
/// it had no effect.
///
/// # Errors
/// Every method returns, beside the kinds named at it:
/// - [`Invalid`](crate::ErrorKind::Invalid): the statement is not one that the contract allows, or the
///   transaction executes another one; nothing was sent;
/// - [`Schema`](crate::ErrorKind::Schema): a table or column is missing;
/// - [`Unavailable`](crate::ErrorKind::Unavailable): there is no connection, or it was lost in a
///   read or inside of a transaction; nothing happened;
/// - [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown): the connection was lost after a write
///   was sent (only outside a transaction);
/// - [`SerializationFailure`](crate::ErrorKind::SerializationFailure): run the transaction again;
/// - [`Aborted`](crate::ErrorKind::Aborted): the transaction is dead.
#[async_trait]
pub trait Session: Send + Sync + Debug {
    /// Executes a statement. [`UniqueViolation`](crate::ErrorKind::UniqueViolation) when it would break a unique key.
    async fn execute(&self, statement: Statement) -> Result<Reply>;

    /// Reads rows and hands each to the visitor. An error of the visitor ends the visits and is
    /// returned; it does not end a transaction.
    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<()>;

    /// Begins a transaction; inside of one, a nested transaction that is committed or undone alone.
    async fn begin(&self) -> Result<Transaction>;
}

/// Statements that become visible together, or not at all.
///
/// Guaranteed are atomicity, reading its own writes, and guarded writes on current data (READ COMMITTED), and
/// nothing stronger: a value that was read may have changed by the time of a write, so a decision belongs
/// into the guard of an update.
///
/// [`begin`](Session::begin) on a transaction begins a nested one: it is committed into the outer one, or
/// rolled back alone. Dropping a transaction rolls it back.
///
/// An error that the *database* reports ends the transaction: later statements and `commit` return
/// [`Aborted`](ErrorKind::Aborted), which holds that error. Errors found before anything is sent, and a
/// guard that matches nothing, do not. An error inside of a nested transaction ends only that one, if the
/// database can continue: after a deadlock `MySQL` cannot, and the outer one has ended as well.
///
/// One caller uses it at a time: a statement while another one of the same transaction is under way, and
/// a statement on a transaction while a nested one is open, are refused with
/// [`Invalid`](ErrorKind::Invalid). A future that is dropped in the middle of a statement ends the
/// transaction, and all that it is nested in.
///
/// ```
/// # use genledger_contract::{Entity, Result, Session, SessionExt};
/// # /// An account.
/// # #[derive(Clone, Debug, Entity)]
/// # #[entity(crate = genledger_contract, table = "accounts", key(id))]
/// # struct Account {
/// #     /// Its number.
/// #     id: i64,
/// # }
/// /// Alone or inside of another transaction: both or none.
/// async fn open_both(session: &dyn Session) -> Result<()> {
///     let tx = session.begin().await?;
///     tx.insert(&Account { id: 1 }).await?;
///     tx.insert(&Account { id: 2 }).await?;
///     tx.commit().await
/// }
/// ```
#[derive(Debug)]
#[must_use = "dropping it rolls it back"]
pub struct Transaction {
    tx: Tx,
}

/// A handle on a [`Transaction`] for its statements: it can be cloned, and cannot be used after the
/// transaction has ended.
#[derive(Clone, Debug)]
pub struct Tx {
    shared: Arc<Shared>,
    /// The id of its transaction among the nested ones.
    id: u64,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transaction {
    /// A transaction that a backend has begun.
    pub fn new(open: Box<dyn OpenTransaction>) -> Self {
        let (state, id) = State::new(open.into());
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
        });
        Self {
            tx: Tx { shared, id },
        }
    }

    /// The backend's part of a transaction that has just begun, for a store that consists of stores.
    pub(crate) fn into_open(self) -> Result<Arc<dyn OpenTransaction>> {
        let guard = self.tx.begin_statement()?;
        let open = Arc::clone(&guard.open);
        guard.end();
        Ok(open)
    }

    /// A handle for the statements of this transaction, which others may hold.
    #[must_use]
    pub fn handle(&self) -> Tx {
        self.tx.clone()
    }

    /// Makes everything durable and visible; a nested transaction becomes a part of the outer one.
    ///
    /// # Errors
    /// Returns [`Aborted`](ErrorKind::Aborted) when the transaction has failed or ended;
    /// [`Invalid`](ErrorKind::Invalid) when a statement of it is under way, or a nested transaction is
    /// open; [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) unless the database proved that nothing was
    /// committed; [`SerializationFailure`](ErrorKind::SerializationFailure) when the database aborted it because of a conflict.
    pub async fn commit(self) -> Result<()> {
        let guard = match self.tx.begin_statement() {
            Ok(guard) => guard,
            // It has failed, so it can only be rolled back.
            Err(error) => {
                if error.kind() == ErrorKind::Aborted {
                    // A lost connection rolls back as well.
                    drop(self.rollback().await);
                }
                return Err(error);
            }
        };
        let open = guard.ready().await?;
        if guard.depth == 0 {
            guard.end();
            return open.commit().await;
        }
        let released = open.release(guard.depth).await;
        match released {
            Ok(()) => {
                guard.end();
                Ok(())
            }
            Err(error) => Err(guard.failed(error)),
        }
    }

    /// Rolls back.
    ///
    /// # Errors
    /// Returns [`Unavailable`](ErrorKind::Unavailable) when the connection was lost, which rolls back as
    /// well; [`Aborted`](ErrorKind::Aborted) when a nested transaction cannot be rolled back alone: the outer
    /// one has ended with it.
    pub async fn rollback(self) -> Result<()> {
        let begun = self.tx.shared.state().begin_rollback(self.tx.id);
        let Some((open, depth)) = begun else {
            return Ok(());
        };
        let guard = StatementGuard {
            tx: self.tx.clone(),
            open,
            depth,
            finished: false,
        };
        if depth == 0 {
            let open = Arc::clone(&guard.open);
            guard.end();
            return open.rollback().await;
        }
        match guard.open.rollback_to(depth).await {
            Ok(()) => {
                guard.end();
                Ok(())
            }
            Err(error) => Err(guard.lost(error)),
        }
    }

    /// Commits when `outcome` is `Ok`, rolls back otherwise, and returns the outcome.
    ///
    /// # Errors
    /// Returns the error of `outcome`, and the errors of [`commit`](Self::commit).
    pub async fn end<T, E: From<Error>>(self, outcome: Result<T, E>) -> Result<T, E> {
        match outcome {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // If this fails as well, the connection is lost, which rolls back.
                drop(self.rollback().await);
                Err(error)
            }
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // The backend's part is dropped outside of the lock.
        let open = self.tx.shared.state().abandon(self.tx.id);
        drop(open);
    }
}

impl std::ops::Deref for Transaction {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl Tx {
    /// Whether the error that ended the transaction is one after which it may be run again.
    pub(crate) fn is_retryable(&self) -> bool {
        self.shared.state().is_retryable()
    }

    fn begin_statement(&self) -> Result<StatementGuard> {
        let (open, depth) = self.shared.state().begin_statement(self.id)?;
        Ok(StatementGuard {
            tx: self.clone(),
            open,
            depth,
            finished: false,
        })
    }

    /// Runs work on the backend's own type of the transaction under the rules of a statement: SQL of the
    /// application. An error, and dropping the future, end the transaction.
    ///
    /// Backends wrap this in their own functions, which applications call.
    ///
    /// # Errors
    /// Returns [`Unsupported`](ErrorKind::Unsupported) when the transaction is one of another backend, the
    /// errors of `work`, and those of any statement (see [`Session`]).
    pub async fn run_own<O, T, W, Fut>(&self, work: W) -> Result<T>
    where
        O: Any + Send + Sync,
        W: FnOnce(OwnTransaction<O>) -> Fut + Send,
        Fut: Future<Output = Result<T>> + Send,
    {
        let guard = self.begin_statement()?;
        let open = guard.ready().await?;
        if open.as_any().downcast_ref::<O>().is_none() {
            guard.done();
            return Err(Error::unsupported(
                "the transaction is one of another backend",
            ));
        }
        let own = OwnTransaction {
            open,
            marker: std::marker::PhantomData,
        };
        match work(own).await {
            Ok(value) => {
                guard.done();
                Ok(value)
            }
            Err(error) => Err(guard.failed(error)),
        }
    }

    /// Begins a nested transaction, which is committed into this one or rolled back alone.
    ///
    /// # Errors
    /// Returns the errors of any statement (see [`Session`]).
    pub async fn begin(&self) -> Result<Transaction> {
        let guard = self.begin_statement()?;
        let open = guard.ready().await?;
        let depth = guard.depth + 1;
        match open.savepoint(depth).await {
            Ok(()) => {
                let id = self.shared.state().nest();
                guard.done();
                let shared = Arc::clone(&self.shared);
                Ok(Transaction {
                    tx: Self { shared, id },
                })
            }
            Err(error) => Err(guard.failed(error)),
        }
    }

    async fn run<T, W, Fut>(&self, work: W) -> Result<T>
    where
        W: FnOnce(Arc<dyn OpenTransaction>) -> Fut + Send,
        Fut: Future<Output = Result<Outcome<T>>> + Send,
    {
        let guard = self.begin_statement()?;
        let open = guard.ready().await?;
        match work(open).await {
            Ok(outcome) => {
                guard.done();
                outcome.into_result()
            }
            Err(error) => Err(guard.failed(error)),
        }
    }
}

/// The backend's own type of an open transaction; see [`Tx::run_own`].
#[derive(Debug)]
pub struct OwnTransaction<O> {
    open: Arc<dyn OpenTransaction>,
    marker: std::marker::PhantomData<fn() -> O>,
}

impl<O: Any> OwnTransaction<O> {
    /// The transaction.
    ///
    /// # Errors
    /// Returns [`Unsupported`](ErrorKind::Unsupported) when it is one of another backend.
    pub fn get(&self) -> Result<&O> {
        let own = self.open.as_any().downcast_ref();
        own.ok_or_else(|| Error::unsupported("the transaction is one of another backend"))
    }
}

/// The exclusive right to use the connection for one statement. Dropping it before the statement has ended
/// ends the transaction, since it is not known how far the statement came.
struct StatementGuard {
    tx: Tx,
    open: Arc<dyn OpenTransaction>,
    depth: usize,
    finished: bool,
}

impl StatementGuard {
    /// The connection, after nested transactions that were dropped have been rolled back.
    async fn ready(&self) -> Result<Arc<dyn OpenTransaction>> {
        let dropped = self.tx.shared.state().dropped();
        if let Some(depth) = dropped {
            if let Err(error) = self.open.rollback_to(depth).await {
                let error = self.tx.shared.state().lost(error);
                return Err(error);
            }
            self.tx.shared.state().dropped_rolled_back();
        }
        Ok(Arc::clone(&self.open))
    }

    /// The statement has ended, and the transaction continues.
    fn done(mut self) {
        self.finished = true;
        self.tx.shared.state().done();
    }

    /// The statement failed, which ends this transaction.
    fn failed(mut self, error: Error) -> Error {
        self.finished = true;
        self.tx.shared.state().failed(error)
    }

    /// The connection is lost, or cannot be rolled back to the start of this transaction: all of them have
    /// ended.
    fn lost(mut self, error: Error) -> Error {
        self.finished = true;
        let mut state = self.tx.shared.state();
        state.done();
        state.lost(error)
    }

    /// The transaction has ended.
    fn end(mut self) {
        self.finished = true;
        let open = self.tx.shared.state().end(self.depth);
        drop(open);
    }
}

impl Drop for StatementGuard {
    fn drop(&mut self) {
        if !self.finished {
            self.tx.shared.state().cancelled();
        }
    }
}

#[async_trait]
impl Session for Tx {
    async fn execute(&self, statement: Statement) -> Result<Reply> {
        let allowed = statement.validate();
        let nothing = statement.nothing_to_do();
        self.run(|open| async move {
            match (allowed, nothing) {
                (Err(error), _) => Ok(Outcome::Refused(error)),
                (Ok(()), Some(reply)) => Ok(Outcome::Done(reply)),
                (Ok(()), None) => open.execute(Arc::new(statement)).await,
            }
        })
        .await
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<()> {
        let allowed = select.validate();
        self.run(|open| async move {
            match allowed {
                Err(error) => Ok(Outcome::Refused(error)),
                Ok(()) => open.select(select, visitor).await,
            }
        })
        .await
    }

    async fn begin(&self) -> Result<Transaction> {
        // The inherent method, which needs no trait in scope.
        Self::begin(self).await
    }
}

#[async_trait]
impl Session for Transaction {
    async fn execute(&self, statement: Statement) -> Result<Reply> {
        self.tx.execute(statement).await
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<()> {
        self.tx.select(select, visitor).await
    }

    async fn begin(&self) -> Result<Self> {
        self.tx.begin().await
    }
}
