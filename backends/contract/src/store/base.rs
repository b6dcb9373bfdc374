//! Stores, which open sessions and transactions.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::error::{Error, Result};
use crate::schema::difference::Difference;
use crate::schema::migration::{MigrationReport, MigrationSet};
use crate::schema::partition::Partitions;
use crate::session::transaction::{Session, Transaction};
use crate::statement::read::ReadStatement;
use crate::store::capability::Capability;
use crate::table::definition::TableDef;

/// A database, or an in-memory store. Cheap to share as `Arc<dyn Store>`.
#[async_trait]
pub trait Store: Send + Sync + Debug + 'static {
    /// The session that executes each statement on its own.
    fn session(&self) -> Arc<dyn Session>;

    /// Begins a transaction. Most callers want [`StoreExt::transaction`](crate::StoreExt::transaction), which also tries again.
    ///
    /// # Errors
    /// Returns [`Unavailable`](crate::ErrorKind::Unavailable) when there is no connection.
    async fn begin(&self) -> Result<Transaction>;

    /// The abilities of this store.
    fn capability(&self) -> &Capability;

    /// Migrates these sets to their newest version, in order: creates their tables, or runs the scripts that
    /// were not run yet. Safe when several processes do it at the same time, and after a process was killed
    /// in the middle.
    ///
    /// It checks first what is to be done: if nothing is, permission to read is enough.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when a set is wrong, or has scripts and none
    /// for this store ([`MigrationSet::check_all`]); [`Schema`](crate::ErrorKind::Schema) when a script
    /// fails, a script that was run has changed since, or a table is missing or not as described afterwards;
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when there is no connection;
    /// [`Denied`](crate::ErrorKind::Denied) when a permission is missing.
    async fn migrate(&self, sets: &[MigrationSet]) -> Result<MigrationReport>;

    /// Compares the schema with descriptions of tables and lists every difference.
    ///
    /// # Errors
    /// Returns the errors of any statement (see [`Session`]). A difference is not an error.
    async fn verify_schema(&self, tables: &[&'static TableDef]) -> Result<Vec<Difference>>;

    /// The time by the clock of the database, in milliseconds. Most callers want
    /// [`StoreExt::clock`](crate::StoreExt::clock), which need not ask each time.
    ///
    /// # Errors
    /// As any statement.
    async fn time(&self) -> Result<DateTime<Utc>>;

    /// How the database would execute a statement that reads, without executing it: text for people,
    /// as the database writes it, which may show values of the statement and of rows. Most callers want
    /// [`StoreExt::explain`](crate::StoreExt::explain).
    ///
    /// # Errors
    /// Returns [`Unsupported`](crate::ErrorKind::Unsupported) when the store has no query plans, as the
    /// in-memory store, and the errors of any statement (see [`Session`]).
    async fn plan(&self, statement: ReadStatement) -> Result<String> {
        let _ = statement;
        Err(Error::unsupported("this store has no query plans"))
    }

    /// The partitions of a table that the [`Layout`](crate::schema::Layout) of this store partitions by month.
    ///
    /// # Errors
    /// Returns [`Unsupported`](crate::ErrorKind::Unsupported) when the layout does not partition the table, and when the
    /// store has no partitions ([`Capability::partitions`]), as SQLite and the in-memory store.
    fn partitions(&self, table: &'static TableDef) -> Result<Arc<dyn Partitions>> {
        let error = Error::unsupported("the layout of this store does not partition the table");
        Err(error.with_table(table.name))
    }

    /// Closes all connections after the statements that are under way. Later calls return
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn close(&self);
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store + ?Sized> Store for Arc<S> {
    fn session(&self) -> Arc<dyn Session> {
        (**self).session()
    }

    async fn begin(&self) -> Result<Transaction> {
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

    async fn time(&self) -> Result<DateTime<Utc>> {
        (**self).time().await
    }

    async fn plan(&self, statement: ReadStatement) -> Result<String> {
        (**self).plan(statement).await
    }

    fn partitions(&self, table: &'static TableDef) -> Result<Arc<dyn Partitions>> {
        (**self).partitions(table)
    }

    async fn close(&self) {
        (**self).close().await;
    }
}
