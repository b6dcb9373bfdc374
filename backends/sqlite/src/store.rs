//! The store.

use genledger_contract::Result;
use genledger_contract::schema::Layout;
use genledger_contract::store::Capability;
use genledger_sql::SqlStore;

use crate::config::{Location, SqliteConfig};
use crate::error::{classify, stopped};
use crate::introspect::SqliteSchema;
use crate::pool::SqlitePool;

/// A database of SQLite.
#[derive(Clone, Debug)]
pub struct SqliteStore(SqlStore<SqlitePool>);

impl SqliteStore {
    /// Opens a database: `SqliteStore::connect("sqlite:app.db".parse()?)`.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when a setting is out of its range,
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when the file cannot be opened,
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when it is not a database.
    pub async fn connect(config: SqliteConfig) -> Result<Self> {
        config.check()?;
        let mut capability = Capability::new("SQLite", "sqlite");
        rusqlite::version().clone_into(&mut capability.version);
        capability.durable = config.location != Location::Memory;
        capability.introspection = true;
        let slow = config.slow_statements;
        let pool = tokio::task::spawn_blocking(move || SqlitePool::open(config))
            .await
            .map_err(stopped)??;
        let store = SqlStore::new(pool, &SqliteSchema, capability);
        Ok(Self(store.with_slow_statements(slow)))
    }

    /// The same store for tables that exist already, with names, schemas or column types of their own.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for names that cannot be, and
    /// [`Schema`](genledger_contract::ErrorKind::Schema) for a column type that has no conversion;
    /// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) for a schema, which SQLite does not have.
    pub fn with_layout(self, layout: &Layout) -> Result<Self> {
        self.0.with_layout(layout).map(Self)
    }

    /// The connections.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        self.0.pool()
    }

    /// Runs statements of the application on the connection that writes, as one atomic step,
    /// which is committed when `work` returns `Ok`. They must not end the transaction that they are
    /// in. What they change in the connection itself (a `PRAGMA`, a temporary table, a function) is
    /// gone afterwards.
    ///
    /// # Errors
    /// The error of `work`, classified, and those of any write;
    /// [`Aborted`](genledger_contract::ErrorKind::Aborted) when `work` ended the transaction.
    pub async fn with_connection<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.pool()
            .writer()
            .run_own(|connection| work(&connection.raw).map_err(classify))
            .await
    }
}

genledger_sql::delegate_store! { impl Store for SqliteStore }
