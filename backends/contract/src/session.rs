//! Where statements are executed.

mod autocommit;
mod stream;
mod typed;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::Result;
use crate::statement::{Reply, RowVisitor, Select, Statement};
use crate::transaction::Transaction;

pub use autocommit::Autocommit;
pub use typed::{Claimed, SessionExt, Unreadable};
pub(crate) use typed::{key_predicate, key_values};

/// Executes statements: each on its own (the session of a store) or inside a transaction.
///
/// A verb that is written over `&dyn Session` does not care which of the two it is: several statements
/// that belong together [`begin`](Self::begin) a [`Transaction`], which is nested where one is open.
/// Applications call the typed methods of [`SessionExt`] and [`Repository`](crate::Repository); a
/// backend implements [`Backend`](crate::backend::Backend) and gets sessions.
///
/// Every write is one atomic step: it happens in full or not at all, also when its future is
/// dropped. When a future returns `Ok`, the write of a session is durable as far as the backend
/// promises durability; that of a transaction is once `commit` returned.
///
/// A write outside of a transaction that fails with a retryable error is tried again a few times, since
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
