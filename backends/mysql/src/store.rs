//! The store.

mod server;

use genledger_contract::schema::Layout;
use genledger_contract::{Error, Result, Tx};
use genledger_sql::SqlStore;
use genledger_sqlx::{SqlxPool, check_encryption, classify, connect_within};
use sqlx::{ConnectOptions, Connection, MySqlConnection, MySqlPool};

use crate::config::MySqlConfig;
use crate::connection::{MySqlDriver, prepare_connection};
use server::Server;
pub(crate) use server::StatementLimit;

/// A `MySQL` or `MariaDB` database. Cheap to clone: all clones share one pool.
#[derive(Clone, Debug)]
pub struct MySqlStore(SqlStore<SqlxPool<MySqlDriver>>);

impl MySqlStore {
    /// Connects: `MySqlStore::connect("mysql://…".parse()?)`. The first connection is made at once, so a
    /// wrong password is found here.
    ///
    /// # Errors
    /// [`Denied`](genledger_contract::ErrorKind::Denied) when the server refuses the user or the
    /// password; [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when it cannot be
    /// reached; [`Schema`](genledger_contract::ErrorKind::Schema) when the database does not exist;
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for settings that cannot be.
    pub async fn connect(config: MySqlConfig) -> Result<Self> {
        check_encryption(config.must_encrypt())?;
        let cache = config.statement_cache();
        let MySqlConfig {
            options,
            pool,
            statement_timeout,
            slow_statements,
            locks,
        } = config;
        let timeout = pool.acquire_timeout;
        // Without a pool, so that the error is that of the server and not that of a pool which tried
        // until its time was over.
        let server = connect_within(timeout, async {
            let mut first = options.connect().await.map_err(classify::<MySqlDriver>)?;
            prepare_connection(&mut first)
                .await
                .map_err(classify::<MySqlDriver>)?;
            let server = Server::ask(&mut first).await?;
            // A farewell that fails harms nothing.
            drop(first.close().await);
            Ok(server)
        })
        .await?;
        let limit = statement_timeout.map(|timeout| server.statement_limit(timeout));
        let statements = server.statements(cache, pool.max_connections);
        let options = options.statement_cache_capacity(statements.cached());
        let connections = pool
            .options()
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    prepare_connection(connection).await?;
                    match limit {
                        Some(limit) => limit.set(connection).await,
                        None => Ok(()),
                    }
                })
            })
            .connect_lazy_with(options);
        let lift = limit.map(StatementLimit::lift);
        let connections = SqlxPool::new(
            connections,
            server.driver(limit, statements.most()),
            server.dialect(locks),
            pool.response_timeout,
        );
        let connections = connections.with_limits_lifted_by(lift);
        let store = Self::new(&server, connections, locks);
        Ok(store.with_slow_statements(slow_statements))
    }

    /// Works on a pool of the application.
    ///
    /// Its connections must be set up by [`prepare_connection`]. One connection is asked and the
    /// pool refused if they are not.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for connections that are set up in
    /// another way, and as [`connect`](Self::connect).
    pub async fn from_pool(pool: MySqlPool) -> Result<Self> {
        let server = connect_within(pool.options().get_acquire_timeout(), async {
            let mut connection = pool.acquire().await.map_err(classify::<MySqlDriver>)?;
            Server::ask(&mut connection).await
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

    /// The same store for tables that exist already, with names, schemas or column types of their own.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for names that cannot be, and
    /// [`Schema`](genledger_contract::ErrorKind::Schema) for a column type that has no conversion.
    pub fn with_layout(self, layout: &Layout) -> Result<Self> {
        self.0.with_layout(layout).map(Self)
    }

    /// The pool, for SQL of the application.
    ///
    /// Once it is asked for, the connections are shared with the application, and the store begins
    /// every use of one with a round trip that sets it up.
    #[must_use]
    pub fn pool(&self) -> &MySqlPool {
        self.0.pool().inner()
    }

    /// Runs `work` in a transaction of a connection of the application, so that the statements of the
    /// library commit together with its SQL: a savepoint where a transaction is open that sqlx has begun, a
    /// transaction of its own otherwise. It is kept when `work` returns `Ok`, and undone alone otherwise.
    ///
    /// The connection must be set up by [`prepare_connection`], or have the same settings otherwise; it is
    /// asked first. A statement whose future is dropped is brought to its end, since the connection is not
    /// the library's to close.
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
    /// Those of `work`; [`Invalid`](genledger_contract::ErrorKind::Invalid) for a connection that is not set
    /// up; and those of the database. After [`SerializationFailure`](genledger_contract::ErrorKind::SerializationFailure)
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
        // Refuses a connection that is not set up.
        Server::ask(connection).await?;
        let driver = self.0.pool().driver();
        let (dialect, events) = (self.0.dialect(), self.0.events());
        genledger_sqlx::in_transaction(driver, dialect, events, connection, work).await
    }
}

genledger_sql::delegate_store! { impl Store for MySqlStore }
