//! The statements as a backend implements them.

mod typed;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::Result;
use crate::statement::{
    Aggregate, Claim, Delete, Insert, RowOutcome, RowVisitor, Select, Update, Upsert,
};
use crate::value::Value;

pub use typed::SessionExt;
pub(crate) use typed::key_predicate;

/// Executes statements: each on its own (the session of a store) or inside a transaction.
///
/// This is the part that a backend implements; applications call the typed methods of
/// [`SessionExt`] and [`Repository`](crate::Repository).
///
/// Every write is one atomic step: it happens in full or not at all, also when its future is
/// dropped. When a future answers `Ok`, the write of a session is durable as far as the backend
/// promises durability; that of a transaction is once `commit` answered.
///
/// # Errors
/// Every method answers, beside the kinds named at it:
/// - [`Invalid`](crate::ErrorKind::Invalid): the statement is not one that the contract allows;
///   nothing was sent;
/// - [`Schema`](crate::ErrorKind::Schema): a table or column is missing;
/// - [`Unavailable`](crate::ErrorKind::Unavailable): there is no connection, or it was lost in a
///   read or inside of a transaction; nothing happened;
/// - [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown): the connection was lost after a write
///   was sent (only outside a transaction);
/// - [`Serialization`](crate::ErrorKind::Serialization): try the transaction again;
/// - [`Aborted`](crate::ErrorKind::Aborted): the transaction is dead.
#[async_trait]
pub trait Session: Send + Sync + Debug {
    /// Inserts rows; one answer for each row, in order.
    /// [`Conflict`](crate::ErrorKind::Conflict) when a unique key is taken.
    async fn execute_insert(&self, insert: Insert) -> Result<Vec<RowOutcome>>;

    /// Inserts rows or changes those that are present.
    async fn execute_upsert(&self, upsert: Upsert) -> Result<()>;

    /// Changes rows and answers how many matched the filter.
    /// [`Conflict`](crate::ErrorKind::Conflict) when a unique key is taken.
    async fn execute_update(&self, update: Update) -> Result<u64>;

    /// Deletes rows and answers how many they were.
    async fn execute_delete(&self, delete: Delete) -> Result<u64>;

    /// Reads rows and hands each to the visitor.
    async fn execute_select(&self, select: Select, visitor: RowVisitor) -> Result<()>;

    /// Sums up rows; one answer row for each group.
    async fn execute_aggregate(&self, aggregate: Aggregate) -> Result<Vec<Vec<Value>>>;

    /// Claims rows, hands each to the visitor with all columns of the table, in the claim's order,
    /// and answers how many they were.
    async fn execute_claim(&self, claim: Claim, visitor: RowVisitor) -> Result<u64>;
}

/// A session whose statements become visible to others together, or not at all.
///
/// Promised: atomicity, reading its own writes, and guarded writes on current data (READ COMMITTED).
/// Nothing stronger: a value that was read may have changed by the time of a write, so a decision
/// belongs into the guard of an update.
///
/// An error that the *database* reports poisons the transaction: later statements and `commit`
/// answer [`Aborted`](crate::ErrorKind::Aborted). Errors found before anything is sent, and a guard
/// that matches nothing, do not. Dropping a transaction rolls it back.
#[async_trait]
pub trait Transaction: Session {
    /// Makes everything durable and visible.
    ///
    /// # Errors
    /// [`Aborted`](crate::ErrorKind::Aborted) when the transaction is dead;
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) when the connection was lost after
    /// COMMIT was sent; [`Serialization`](crate::ErrorKind::Serialization) when the database gave up.
    async fn commit(self: Box<Self>) -> Result<()>;

    /// Undoes everything.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when the connection was lost; everything is
    /// undone all the same.
    async fn rollback(self: Box<Self>) -> Result<()>;

    /// Marks a point to come back to. Points nest.
    ///
    /// # Errors
    /// As any statement.
    async fn savepoint(&self) -> Result<()>;

    /// Undoes everything since the last point, removes the point, and brings a poisoned transaction
    /// back to life.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when there is no point, and as any statement.
    async fn rollback_to_savepoint(&self) -> Result<()>;

    /// Removes the last point and keeps what was done since.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when there is no point, and as any statement.
    async fn release_savepoint(&self) -> Result<()>;
}
