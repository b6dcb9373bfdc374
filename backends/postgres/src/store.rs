//! Connecting a store: to a server, to a pool or to a connection of the application.

mod pooler;

use futures_util::FutureExt;
use genledger_contract::schema::Layout;
use genledger_contract::store::Capability;
use genledger_contract::{Error, Result, Tx};
use genledger_sql::{Dialect, POSTGRES, SqlStore};
use genledger_sqlx::{Driver, SqlxPool, TRANSACTION_IDLE_TIMEOUT, classify, connect_within};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};

use crate::config::PgConfig;
use crate::connection::PgDriver;
use crate::settings::Settings;

/// A `PostgreSQL` database. Clones are cheap and share one pool.
#[derive(Clone, Debug)]
pub struct PgStore(SqlStore<SqlxPool<PgDriver>>);

impl PgStore {
    /// Connects: `PgStore::connect("postgres://…".parse()?)`. The first connection is opened at once,
    /// so that a wrong password is reported here.
    ///
    /// # Errors
    /// [`Denied`](genledger_contract::ErrorKind::Denied) when the server refuses the user or the password;
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when it cannot be reached; [`Schema`](genledger_contract::ErrorKind::Schema)
    /// when the database does not exist or its encoding is not UTF-8;
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for invalid settings.
    pub async fn connect(config: PgConfig) -> Result<Self> {
        config.validate()?;
        let PgConfig {
            options,
            pool,
            schema,
            statement_timeout,
            transaction_idle_timeout,
            slow_statements,
            locks,
            pooled,
        } = config;
        let timeout = pool.acquire_timeout;
        // Without a pool, so that the error is that of the server and not a time-out of the pool.
        let (driver, server) = connect_within(timeout, async {
            let mut first = options.connect().await.map_err(classify::<PgDriver>)?;
            let pooled = pooled || pooler::is_in_front(&mut first, &options).await?;
            let version = first.server_version_num();
            let driver = PgDriver::new(
                schema.as_deref(),
                statement_timeout,
                transaction_idle_timeout,
                version,
                pooled,
            );
            driver
                .begin(&mut first)
                .await
                .map_err(classify::<PgDriver>)?;
            let server = Server::read(&mut first).await?;
            // Ends the transaction, if any. Errors while closing are ignored.
            drop(first.close().await);
            Ok((driver, server))
        })
        .await?;
        // A pooler has a limit of its own.
        if !driver.is_pooled() {
            pool.warn_beyond(server.max_connections);
        }
        let options = if driver.is_pooled() {
            options.statement_cache_capacity(0)
        } else {
            options
        };
        let setting_up = driver.clone();
        let connections = pool
            .options()
            .after_connect(move |connection, _| {
                let driver = setting_up.clone();
                async move {
                    if driver.is_pooled() {
                        return Ok(());
                    }
                    driver.prepare(connection).await.map(drop)
                }
                .boxed()
            })
            .connect_lazy_with(options);
        let remove_limit = statement_timeout.map(|_| "SET statement_timeout = 0");
        let connections = SqlxPool::new(connections, driver, dialect(locks), &pool)
            .with_remove_limits(remove_limit);
        let store = server.store(connections, locks);
        Ok(store.with_slow_statements(slow_statements))
    }

    /// Uses a pool of the application.
    ///
    /// Its connections must be set up by [`prepare_connection`](crate::prepare_connection), or have the
    /// same settings, which is checked on one of them. A transaction of the store that is idle for a minute is
    /// ended by the server, unless the connections have a limit of their own for that.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for connections that are not set up, and the
    /// errors of [`connect`](Self::connect).
    pub async fn from_pool(pool: PgPool) -> Result<Self> {
        let server = connect_within(pool.options().get_acquire_timeout(), async {
            let mut connection = pool.acquire().await.map_err(classify::<PgDriver>)?;
            if pooler::is_in_front(&mut connection, &pool.connect_options()).await? {
                return Err(Error::unsupported(
                    "a pooler in transaction mode is in front of the server, so a pool of the \
                     application cannot be used: use PgStore::connect",
                ));
            }
            Server::read(&mut connection).await
        })
        .await?;
        let idle_timeout = TRANSACTION_IDLE_TIMEOUT.filter(|_| !server.limits_idle);
        let driver = PgDriver::shared(idle_timeout);
        let connections = SqlxPool::shared(pool, driver, dialect(true));
        Ok(server.store(connections, true))
    }

    /// The same store for existing tables whose names, schemas or column types differ from the entities.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for invalid names, and
    /// [`Schema`](genledger_contract::ErrorKind::Schema) for a column type without a conversion.
    pub fn with_layout(self, layout: &Layout) -> Result<Self> {
        self.0.with_layout(layout).map(Self)
    }

    /// The pool, for the application's SQL.
    ///
    /// After this call, the connections are shared with the application, and the store sets up a
    /// connection in one more round trip before each use.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        self.0.pool().sqlx_pool()
    }

    /// Runs `work` in a transaction of a connection of the application, so that the statements of the
    /// library commit together with its SQL: a savepoint if sqlx has a transaction open, a transaction
    /// otherwise. It is committed when `work` returns `Ok`, and only it is rolled back otherwise.
    ///
    /// The connection must be set up by [`prepare_connection`](crate::prepare_connection), or have the
    /// same settings, which is checked first. A statement whose future is dropped still runs to its
    /// end, since the library cannot close the application's connection.
    ///
    /// ```no_run
    /// # use genledger_contract::{Entity, Error, Result, SessionExt};
    /// # async fn example<E: Entity>(store: &genledger_postgres::PgStore, pool: genledger_postgres::sqlx::PgPool, row: &E) -> Result<()> {
    /// use genledger_postgres::sqlx;
    /// # let other = |_| Error::invalid("an error of the application");
    ///
    /// let mut transaction = pool.begin().await.map_err(other)?;
    /// sqlx::query("UPDATE invoices SET paid = true").execute(&mut *transaction).await.map_err(other)?;
    /// store.in_transaction(&mut transaction, |tx| async move { tx.insert(row).await }).await?;
    /// transaction.commit().await.map_err(other)
    /// # }
    /// ```
    ///
    /// # Errors
    /// The errors of `work`; [`Invalid`](genledger_contract::ErrorKind::Invalid) for a connection that
    /// is not set up; and the errors of the database. After [`SerializationFailure`](genledger_contract::ErrorKind::SerializationFailure)
    /// the server may have ended the outer transaction as well.
    pub async fn in_transaction<T, E, F, Fut>(
        &self,
        connection: &mut PgConnection,
        work: F,
    ) -> std::result::Result<T, E>
    where
        T: Send,
        E: From<Error> + Send,
        F: FnOnce(Tx) -> Fut + Send,
        Fut: Future<Output = std::result::Result<T, E>> + Send,
    {
        // Returns an error for a connection that is not set up.
        Server::read(connection).await?;
        let driver = self.0.pool().driver();
        let (dialect, events) = (self.0.dialect(), self.0.events());
        genledger_sqlx::in_transaction(driver, dialect, events, connection, work).await
    }
}

/// Properties of the server, read through a connection that is set up.
struct Server {
    version: String,
    max_connections: Option<u32>,
    /// Whether it ends idle transactions by itself.
    limits_idle: bool,
}

impl Server {
    async fn read(connection: &mut PgConnection) -> Result<Self> {
        let settings = Settings::of(connection)
            .await
            .map_err(classify::<PgDriver>)?;
        settings.check()?;
        let version = settings.get("server_version").to_owned();
        Ok(Self {
            version,
            max_connections: settings.max_connections(),
            limits_idle: settings.limits_idle(),
        })
    }

    fn store(self, pool: SqlxPool<PgDriver>, locks: bool) -> PgStore {
        let mut capability = Capability::new("PostgreSQL", dialect(locks).name());
        capability.version = self.version;
        capability.durable = true;
        capability.concurrent_writers = true;
        capability.skip_locked = locks;
        capability.introspection = true;
        capability.partitions = true;
        PgStore(SqlStore::new(
            pool,
            &crate::introspect::PgSchema,
            capability,
        ))
    }
}

fn dialect(locks: bool) -> &'static Dialect {
    if locks {
        &POSTGRES
    } else {
        POSTGRES.unlocked()
    }
}

genledger_sql::delegate_store! { impl Store for PgStore }
