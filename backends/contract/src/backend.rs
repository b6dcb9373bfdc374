//! The traits that a backend implements. A backend receives validated statements only, and calls that begin
//! and end a transaction; everything else about sessions and transactions is implemented once, in this crate.

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

/// The result of a statement: a reply, or an error that does not end the transaction.
#[derive(Debug)]
pub enum Outcome<T> {
    /// The reply.
    Done(T),
    /// Nothing was sent, or the database executed the statement but its reply cannot be used.
    Refused(Error),
}

impl<T> Outcome<T> {
    /// The reply, or the error.
    ///
    /// # Errors
    /// Returns the error of [`Refused`](Self::Refused).
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
/// A method returns `Err` for an error of the database, which ends the transaction. An error that does not
/// end it is [`Outcome::Refused`]. The kinds are those of [`Session`](crate::Session).
#[async_trait]
pub trait Execute: Send + Sync + Debug + 'static {
    /// Executes a statement and returns the reply that the statement documents.
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>>;

    /// Reads rows and passes each to the visitor, whose error is [`Outcome::Refused`].
    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<Outcome<()>>;
}

/// The connections of a store: statements on their own, and transactions.
#[async_trait]
pub trait Backend: Execute {
    /// Begins a transaction.
    ///
    /// # Errors
    /// Returns [`Unavailable`](crate::ErrorKind::Unavailable) when there is no connection.
    async fn begin(&self) -> Result<Box<dyn OpenTransaction>>;
}

/// An open transaction on one connection. Dropping it rolls back.
///
/// Its methods are called one after the other, never at the same time, and nothing but `rollback` is
/// called after an error of the database, except to roll back to a savepoint.
///
/// # Errors
/// The errors of [`Execute`].
#[async_trait]
pub trait OpenTransaction: Execute {
    /// Sets the savepoint with this number; savepoints 1 to `depth - 1` exist.
    async fn savepoint(&self, depth: usize) -> Result<()>;

    /// Releases the savepoint with this number, which is the last one, and keeps the changes made since.
    async fn release(&self, depth: usize) -> Result<()>;

    /// Rolls back to the savepoint with this number and removes it and all after it.
    async fn rollback_to(&self, depth: usize) -> Result<()>;

    /// Commits. An error is [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) unless it is certain that
    /// nothing was committed.
    async fn commit(&self) -> Result<()>;

    /// Rolls back.
    async fn rollback(&self) -> Result<()>;

    /// The type of the backend, for SQL of the application in the same transaction.
    fn as_any(&self) -> &dyn Any;
}
