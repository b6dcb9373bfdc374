//! What a backend implements. It sees only statements that are allowed, and is told when a transaction
//! begins and ends; what a session and a transaction are beside that is decided once, in this crate.

mod events;

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::{Error, Result};
use crate::statement::Statement;
use crate::statement::reply::Reply;
use crate::statement::select::{RowVisitor, Select};

pub(crate) use events::TRANSACTION;
pub use events::{Events, Listener, Running};

/// What a statement came to: a reply, or an error that leaves a transaction alive.
#[derive(Debug)]
pub enum Outcome<T> {
    /// The reply.
    Done(T),
    /// Nothing was sent, or the database did its part but the reply cannot be used.
    Refused(Error),
}

impl<T> Outcome<T> {
    /// The reply, or the error.
    ///
    /// # Errors
    /// The error of what was refused.
    pub fn into_result(self) -> Result<T> {
        match self {
            Self::Done(reply) => Ok(reply),
            Self::Refused(error) => Err(error),
        }
    }
}

/// Executes statements that were [validated](Statement::validate) and have something to do.
///
/// # Errors
/// An error of a method is one of the database: it ends a transaction. Errors that do not are
/// [`Outcome::Refused`]. The kinds are those of [`Session`](crate::Session).
#[async_trait]
pub trait Execute: Send + Sync + Debug + 'static {
    /// Executes a statement and replies as the statement says.
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>>;

    /// Reads rows and hands each to the visitor, whose error is [`Outcome::Refused`].
    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<Outcome<()>>;
}

/// The connections of a store: statements on their own, and transactions.
#[async_trait]
pub trait Backend: Execute {
    /// Begins a transaction.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when there is no connection.
    async fn begin(&self) -> Result<Box<dyn OpenTransaction>>;
}

/// An open transaction on one connection. Dropping it rolls back.
///
/// Its methods are called one after the other, never at the same time, and nothing but `rollback` is
/// called after an error of the database, except to roll back to a savepoint.
///
/// # Errors
/// As [`Execute`].
#[async_trait]
pub trait OpenTransaction: Execute {
    /// Sets the savepoint with this number; there are those from 1 to `depth - 1`.
    async fn savepoint(&self, depth: usize) -> Result<()>;

    /// Removes the savepoint with this number, which is the last one, and keeps what was done since.
    async fn release(&self, depth: usize) -> Result<()>;

    /// Undoes everything since the savepoint with this number and removes it and all after it.
    async fn rollback_to(&self, depth: usize) -> Result<()>;

    /// Commits. [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) unless it is certain that nothing
    /// was committed.
    async fn commit(&self) -> Result<()>;

    /// Rolls back.
    async fn rollback(&self) -> Result<()>;

    /// The type of the backend, for SQL of the application in the same transaction.
    fn as_any(&self) -> &dyn Any;
}
