//! Connecting a store to a database file.

use genledger_contract::Result;
use genledger_contract::schema::Layout;
use genledger_contract::store::Capability;
use genledger_sql::SqlStore;

use crate::config::{Location, SqliteConfig};
use crate::error::{classify, open_failed};
use crate::introspect::SqliteSchema;
use crate::pool::SqlitePool;

/// An SQLite database. Clones are cheap and share one pool.
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
            .map_err(open_failed)??;
        let store = SqlStore::new(pool, &SqliteSchema, capability);
        Ok(Self(store.with_slow_statements(slow)))
    }

    /// The same store for existing tables whose names or column types differ from the entities.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for invalid names, and
    /// [`Schema`](genledger_contract::ErrorKind::Schema) for a column type without a conversion;
    /// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) for a schema, which SQLite does not support.
    pub fn with_layout(self, layout: &Layout) -> Result<Self> {
        self.0.with_layout(layout).map(Self)
    }

    /// The connections.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        self.0.pool()
    }

    /// Runs SQL of the application on the writer connection, in a transaction that is committed when
    /// `work` returns `Ok`. It must not end the transaction. Changes to the connection itself (a
    /// `PRAGMA`, a temporary table, a function) are discarded afterwards.
    ///
    /// # Errors
    /// The error of `work`, classified, and the errors of any write;
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
