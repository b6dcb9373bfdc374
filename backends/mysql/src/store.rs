//! Connecting a store: to a server, to a pool or to a connection of the application.

mod server;

use genledger_contract::schema::Layout;
use genledger_contract::{Error, Result, Tx};
use genledger_sql::SqlStore;
use genledger_sqlx::{SqlxPool, check_encryption, classify, connect_within};
use sqlx::{ConnectOptions, Connection, MySqlConnection, MySqlPool};

use crate::config::MySqlConfig;
use crate::connection::{MySqlDriver, prepare_connection};
use crate::settings::{IdleLimit, SessionLimits};
use server::Server;

/// A `MySQL` or `MariaDB` database. Clones are cheap and share one pool.
#[derive(Clone, Debug)]
pub struct MySqlStore(SqlStore<SqlxPool<MySqlDriver>>);

impl MySqlStore {
    /// Connects: `MySqlStore::connect("mysql://…".parse()?)`. The first connection is opened at once,
    /// so that a wrong password is reported here.
    ///
    /// # Errors
    /// [`Denied`](genledger_contract::ErrorKind::Denied) when the server refuses the user or the
    /// password; [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when it cannot be
    /// reached; [`Schema`](genledger_contract::ErrorKind::Schema) when the database does not exist;
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for invalid settings.
    pub async fn connect(config: MySqlConfig) -> Result<Self> {
        check_encryption(config.must_encrypt())?;
        let cache = config.statement_cache();
        let MySqlConfig {
            options,
            mut pool,
            statement_timeout,
            transaction_idle_timeout,
            slow_statements,
            locks,
        } = config;
        let timeout = pool.acquire_timeout;
        // Without a pool, so that the error is that of the server and not a time-out of the pool.
        let server = connect_within(timeout, async {
            let mut first = options.connect().await.map_err(classify::<MySqlDriver>)?;
            prepare_connection(&mut first)
                .await
                .map_err(classify::<MySqlDriver>)?;
            let server = Server::read(&mut first).await?;
            // Errors while closing are ignored.
            drop(first.close().await);
            Ok(server)
        })
        .await?;
        pool.warn_beyond(server.max_connections());
        let statement_limit = statement_timeout.map(|timeout| server.statement_limit(timeout));
        let idle_limit = transaction_idle_timeout.map(|timeout| server.idle_limit(timeout));
        if let (Some(IdleLimit::Connection(_)), Some(timeout)) =
            (idle_limit, transaction_idle_timeout)
        {
            // The server would close the connection, and its next use would begin with a new one.
            let idle = pool.idle_timeout.map_or(timeout, |idle| idle.min(timeout));
            pool = pool.with_idle_timeout(Some(idle));
        }
        let limits = SessionLimits::of(statement_limit, idle_limit);
        let statements = server.statements(cache, pool.max_connections);
        let options = options.statement_cache_capacity(statements.cached());
        let setting_up = limits.clone();
        let connections = pool
            .options()
            .after_connect(move |connection, _| {
                let limits = setting_up.clone();
                Box::pin(async move {
                    prepare_connection(connection).await?;
                    match limits {
                        Some(limits) => limits.set(connection).await,
                        None => Ok(()),
                    }
                })
            })
            .connect_lazy_with(options);
        let remove_limit = limits.as_ref().and_then(SessionLimits::remove);
        let connections = SqlxPool::new(
            connections,
            server.driver(limits, statements.most()),
            server.dialect(locks),
            &pool,
        );
        let connections = connections.with_remove_limits(remove_limit);
        let store = Self::new(&server, connections, locks);
        Ok(store.with_slow_statements(slow_statements))
    }

    /// Uses a pool of the application.
    ///
    /// Its connections must be set up by [`prepare_connection`], which is checked on one of them. To have the
    /// server end idle transactions, set `idle_transaction_timeout` (`MariaDB`) or `wait_timeout` (`MySQL`) there:
    /// they apply to the application's transactions as well, so the store does not set them.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for connections that are not set up, and the
    /// errors of [`connect`](Self::connect).
    pub async fn from_pool(pool: MySqlPool) -> Result<Self> {
        let server = connect_within(pool.options().get_acquire_timeout(), async {
            let mut connection = pool.acquire().await.map_err(classify::<MySqlDriver>)?;
            Server::read(&mut connection).await
        })
        .await?;
        let dialect = server.dialect(true);
        let connections = SqlxPool::shared(pool, server.driver(None, usize::MAX), dialect);
        Ok(Self::new(&server, connections, true))
    }

    fn new(server: &Server, pool: SqlxPool<MySqlDriver>, locks: bool) -> Self {
        let schema = &crate::introspect::MySqlSchema;
        let capability = server.capability(server.dialect(locks));
        Self(SqlStore::new(pool, schema, capability))
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
    pub fn pool(&self) -> &MySqlPool {
        self.0.pool().sqlx_pool()
    }

    /// Runs `work` in a transaction of a connection of the application, so that the statements of the
    /// library commit together with its SQL: a savepoint if sqlx has a transaction open, a transaction
    /// otherwise. It is committed when `work` returns `Ok`, and only it is rolled back otherwise.
    ///
    /// The connection must be set up by [`prepare_connection`], or have the same settings, which is
    /// checked first. A statement whose future is dropped still runs to its end, since the library
    /// cannot close the application's connection.
    ///
    /// ```no_run
    /// # use genledger_contract::{Entity, Error, Result, SessionExt};
    /// # async fn example<E: Entity>(store: &genledger_mysql::MySqlStore, pool: genledger_mysql::sqlx::MySqlPool, row: &E) -> Result<()> {
    /// use genledger_mysql::sqlx;
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
        connection: &mut MySqlConnection,
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

genledger_sql::delegate_store! { impl Store for MySqlStore }
