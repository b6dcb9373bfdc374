//! The store.

use std::sync::Arc;

use genledger_contract::{Capability, Result};
use genledger_sql::{POSTGRES, Pool, SqlStore, SqlTransaction};
use genledger_sqlx::{PoolConfig, SqlxPool, SqlxTransaction, connect_once};
use sqlx::{Connection, PgConnection, PgPool};

use crate::config::PgConfig;
use crate::connection::PgDriver;
use crate::settings::{Settings, set_up};

/// A `PostgreSQL` database. Cheap to clone: all clones share one pool.
#[derive(Clone, Debug)]
pub struct PgStore(SqlStore<SqlxPool<PgDriver>>);

/// A transaction of a [`PgStore`] that lets the application run SQL of its own in it:
/// [`with_connection`](crate::with_connection).
pub type PgTransaction = SqlTransaction<SqlxTransaction<PgDriver>>;

impl PgStore {
    /// Connects. The first connection is made at once, so a wrong password is found here.
    ///
    /// # Errors
    /// [`Denied`](genledger_contract::ErrorKind::Denied) when the server refuses the user or the password;
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when it cannot be reached; [`Schema`](genledger_contract::ErrorKind::Schema)
    /// when the database does not exist or its encoding is not UTF-8;
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for settings that cannot be.
    pub async fn connect(config: PgConfig) -> Result<Self> {
        config.validate()?;
        let PgConfig {
            options,
            pool,
            schema,
            statement_timeout,
            locks,
        } = config;
        let timeout = pool.acquire_timeout;
        let mut first = connect_once::<PgDriver, _>(&options, timeout).await?;
        set_up(&mut first, schema.as_deref(), statement_timeout)
            .await
            .map_err(genledger_sqlx::classify::<PgDriver>)?;
        let server = Server::ask(&mut first).await?;
        // A farewell that fails harms nobody.
        drop(first.close().await);
        let schema: Option<Arc<str>> = schema.map(Into::into);
        let connections = pool
            .options()
            .after_connect(move |connection, _| {
                let schema = schema.clone();
                Box::pin(
                    async move { set_up(connection, schema.as_deref(), statement_timeout).await },
                )
            })
            .connect_lazy_with(options);
        let lift = statement_timeout.map(|_| "SET statement_timeout = 0");
        Ok(server.store(connections, &pool, locks, lift))
    }

    /// Connects to a URL like `postgres://user:password@host:5432/database?sslmode=require`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn from_url(url: &str) -> Result<Self> {
        Self::connect(PgConfig::from_url(url)?).await
    }

    /// Works on a pool of the application's own.
    ///
    /// Its connections must be set up by [`prepare_connection`](crate::prepare_connection), or have
    /// the same settings otherwise. One connection is asked, and the pool refused if it has not.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for connections of another kind, and as
    /// [`connect`](Self::connect).
    pub async fn from_pool(pool: PgPool) -> Result<Self> {
        let mut connection = pool
            .acquire()
            .await
            .map_err(genledger_sqlx::classify::<PgDriver>)?;
        let server = Server::ask(&mut connection).await?;
        drop(connection);
        Ok(server.store(pool, &PoolConfig::default(), true, None))
    }

    /// Begins a transaction in which the application can also run SQL of its own.
    ///
    /// ```no_run
    /// # async fn example(store: genledger_postgres::PgStore) -> genledger_contract::Result<()> {
    /// use genledger_contract::Transaction;
    /// use genledger_postgres::{sqlx, with_connection};
    ///
    /// let transaction = store.begin_own().await?;
    /// let users: i64 = with_connection(&transaction, |connection| {
    ///     Box::pin(sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(connection))
    /// })
    /// .await?;
    /// Box::new(transaction).commit().await?;
    /// # let _ = users;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Store::begin`](genledger_contract::Store::begin).
    pub async fn begin_own(&self) -> Result<PgTransaction> {
        self.0.pool().begin().await.map(SqlTransaction::new)
    }

    /// The pool.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        self.0.pool().inner()
    }
}

/// What a connection says about the server and about itself.
struct Server {
    version: String,
}

impl Server {
    async fn ask(connection: &mut PgConnection) -> Result<Self> {
        let settings = Settings::of(connection).await?;
        settings.check()?;
        let version = settings.get("server_version").to_owned();
        Ok(Self { version })
    }

    fn store(
        self,
        pool: PgPool,
        config: &PoolConfig,
        locks: bool,
        lift_limits: Option<&'static str>,
    ) -> PgStore {
        let dialect = if locks {
            &POSTGRES
        } else {
            POSTGRES.unlocked()
        };
        let mut capability = Capability::new("PostgreSQL", dialect.name());
        capability.version = self.version;
        capability.durable = true;
        capability.concurrent_writers = true;
        capability.skip_locked = locks;
        capability.introspection = true;
        let pool = SqlxPool::new(pool, PgDriver, dialect, config.response_timeout)
            .with_limits_lifted_by(lift_limits);
        PgStore(SqlStore::new(
            pool,
            &crate::introspect::PgSchema,
            capability,
        ))
    }
}

genledger_sql::delegate_store! { impl Store for PgStore }
