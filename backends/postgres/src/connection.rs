//! The driver: setting up connections and running statements.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryFutureExt, TryStreamExt};
use genledger_contract::row::RowBatch;
use genledger_contract::{Error, Result, Tx};
use genledger_sql::{CopyIn, Family, Limits, Param};
use genledger_sqlx::{Driver, ResultStream};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Executor, PgPool, Postgres, SqlStr};

use crate::copy::RejectedCopies;
use crate::settings::PgSession;
use crate::{bind, error, settings};

/// The driver, with the settings of its connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct PgDriver {
    schema: Option<Arc<str>>,
    statement_timeout: Option<Duration>,
    /// The script that begins a transaction without a pooler; `None` for BEGIN alone.
    begin: Option<Arc<str>>,
    /// `None` for a pool of the application, which must not use one.
    pooler: Option<Arc<Pooler>>,
    rejected: RejectedCopies,
}

/// A pooler in transaction mode that may be in front of the server.
#[derive(Debug)]
struct Pooler {
    /// Whether it was found.
    found: AtomicBool,
    /// The script that begins a transaction behind it.
    begin: Arc<str>,
    unlimited: Arc<str>,
}

impl PgDriver {
    /// A driver for this schema, these time limits of statements and idle transactions, and this server
    /// version. `pooled` is whether a pooler in transaction mode is in front of the server.
    pub(crate) fn new(
        schema: Option<&str>,
        statement_timeout: Option<Duration>,
        idle_timeout: Option<Duration>,
        version: Option<u32>,
        pooled: bool,
    ) -> Self {
        let script =
            |timeout| settings::begin_script(schema, timeout, idle_timeout, version).into();
        Self {
            schema: schema.map(Into::into),
            statement_timeout,
            begin: Self::begin_limited(idle_timeout),
            pooler: Some(Arc::new(Pooler {
                found: AtomicBool::new(pooled),
                begin: script(statement_timeout),
                unlimited: script(Some(Duration::ZERO)),
            })),
            rejected: RejectedCopies::default(),
        }
    }

    /// A driver for a pool of the application, with a limit on idle transactions.
    pub(crate) fn shared(idle_timeout: Option<Duration>) -> Self {
        Self {
            begin: Self::begin_limited(idle_timeout),
            ..Self::default()
        }
    }

    fn begin_limited(idle_timeout: Option<Duration>) -> Option<Arc<str>> {
        idle_timeout.map(|timeout| settings::begin_limited(timeout).into())
    }

    /// The pooler, if it was found.
    fn pooler(&self) -> Option<&Pooler> {
        let pooler = self.pooler.as_deref()?;
        pooler.found.load(Ordering::Relaxed).then_some(pooler)
    }

    /// Sets up a connection: its session or, behind a pooler, a transaction that this begins.
    pub(crate) async fn begin(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        match self.begin_script(false).filter(|_| self.is_pooled()) {
            Some(script) => Self::run_script(connection, genledger_sqlx::safe(script)).await,
            None => self.prepare(connection).await.map(drop),
        }
    }

    /// Sets up a connection in one round trip. `None` for servers compatible with `PostgreSQL` that do
    /// not report when a session began.
    pub(crate) async fn prepare(
        &self,
        connection: &mut PgConnection,
    ) -> sqlx::Result<Option<PgSession>> {
        let schema = self.schema.as_deref();
        settings::set_up(connection, schema, self.statement_timeout).await
    }
}

impl Driver for PgDriver {
    type Database = Postgres;
    type Session = PgSession;

    fn set_up<'c>(
        &'c self,
        connection: &'c mut PgConnection,
    ) -> BoxFuture<'c, sqlx::Result<Option<PgSession>>> {
        self.prepare(connection).boxed()
    }

    fn begin_script(&self, unlimited: bool) -> Option<Arc<str>> {
        match self.pooler() {
            Some(pooler) if unlimited => Some(Arc::clone(&pooler.unlimited)),
            Some(pooler) => Some(Arc::clone(&pooler.begin)),
            None => self.begin.clone(),
        }
    }

    fn is_pooled(&self) -> bool {
        self.pooler().is_some()
    }

    fn cancel<'c>(
        connection: &'c mut PgConnection,
        session: &'c PgSession,
    ) -> BoxFuture<'c, sqlx::Result<bool>> {
        const CANCEL: &str = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
            WHERE pid = $1 AND (extract(epoch FROM backend_start) * 1000000)::bigint = $2";
        sqlx::query(CANCEL)
            .bind(session.pid)
            .bind(session.began)
            .fetch_optional(connection)
            .map_ok(|row| row.is_none())
            .boxed()
    }

    fn limits(&self) -> Limits {
        Limits::of(Family::Postgres)
    }

    fn bind(&self, arguments: &mut PgArguments, param: &Param<'_>) -> Result<()> {
        bind::param(arguments, param)
    }

    fn bind_arrays(&self, arguments: &mut PgArguments, rows: &[Vec<Param<'_>>]) -> Result<()> {
        bind::arrays(arguments, rows)
    }

    fn bind_rows(
        &self,
        arguments: &mut PgArguments,
        batch: &RowBatch,
        rows: &[usize],
    ) -> Result<()> {
        bind::columns(arguments, batch, rows)
    }

    fn can_copy(&self, copy: &CopyIn) -> bool {
        !self.rejected.contains(copy)
    }

    fn copy<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        copy: &'c CopyIn,
        batch: &'c RowBatch,
        rows: &'c [usize],
    ) -> BoxFuture<'c, sqlx::Result<bool>> {
        self.rejected.copy(connection, copy, batch, rows).boxed()
    }

    fn run<'c>(
        &self,
        connection: &'c mut PgConnection,
        sql: SqlStr,
        arguments: PgArguments,
    ) -> ResultStream<'c, Self> {
        // Behind a pooler, a named statement would be prepared on one connection of the server and
        // executed on another.
        let query = sqlx::query_with(sql, arguments).persistent(!self.is_pooled());
        Box::pin(
            connection
                .fetch_many(query)
                .map_ok(|step| step.map_left(|done| done.rows_affected())),
        )
    }

    fn run_script(connection: &mut PgConnection, sql: SqlStr) -> BoxFuture<'_, sqlx::Result<()>> {
        connection
            .execute(sqlx::raw_sql(sql))
            .map(|done| done.map(drop))
            .boxed()
    }

    fn classify(error: &dyn DatabaseError) -> Error {
        error::classify(error)
    }

    fn proves_no_effect(error: &dyn DatabaseError) -> bool {
        error::proves_no_effect(error)
    }

    fn connection_lost(error: &dyn DatabaseError) -> bool {
        error::connection_lost(error)
    }

    fn refuses_writes(error: &dyn DatabaseError) -> bool {
        error::refuses_writes(error)
    }

    fn session_changed(error: &dyn DatabaseError) -> bool {
        error::session_changed(error)
    }

    fn use_begin_scripts(&self, pool: &PgPool) {
        if let Some(pooler) = &self.pooler
            && !pooler.found.swap(true, Ordering::Relaxed)
        {
            let options = PgConnectOptions::clone(&pool.connect_options());
            pool.set_connect_options(options.statement_cache_capacity(0));
        }
    }

    fn should_replace(&self, connection: &PgConnection) -> bool {
        // Statements prepared before the pooler was found may not exist on the next connection to the server.
        self.is_pooled() && connection.cached_statements_size() > 0
    }

    fn taints(error: &dyn DatabaseError) -> bool {
        error::taints(error)
    }
}

/// Sets up a connection as the store requires it: READ COMMITTED, standard strings, UTF-8, UTC, and no
/// other setting that changes the meaning of a statement. `docs/backends.md` lists every setting.
///
/// [`PgStore::connect`](crate::PgStore::connect) calls this. For
/// [`PgStore::from_pool`](crate::PgStore::from_pool), call it in `after_connect` of the pool:
///
/// ```
/// # use genledger_postgres::sqlx::postgres::PgPoolOptions;
/// let options = PgPoolOptions::new().after_connect(|connection, _| {
///     Box::pin(genledger_postgres::prepare_connection(connection))
/// });
/// ```
///
/// # Errors
/// The errors of sqlx.
pub async fn prepare_connection(connection: &mut PgConnection) -> sqlx::Result<()> {
    PgDriver::default().prepare(connection).await.map(drop)
}

/// Runs SQL of the application on the connection of a transaction of a
/// [`PgStore`](crate::PgStore), so that it commits together with the statements of the library.
///
/// It must not end the transaction. One that it begins through sqlx (`connection.begin()`) is a
/// savepoint. An error that the closure returns ends the transaction.
///
/// ```no_run
/// # use genledger_contract::{Result, StoreExt};
/// # async fn example(store: genledger_postgres::PgStore) -> Result<()> {
/// use genledger_postgres::sqlx;
///
/// let users: i64 = store
///     .transaction(|tx| async move {
///         genledger_postgres::with_connection(&tx, |connection| {
///             Box::pin(sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(connection))
///         })
///         .await
///     })
///     .await?;
/// # let _ = users;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The errors of the closure, classified;
/// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) when the transaction belongs to another
/// backend; [`Aborted`](genledger_contract::ErrorKind::Aborted) when the transaction can only be rolled back.
pub async fn with_connection<T, F>(tx: &Tx, work: F) -> Result<T>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, sqlx::Result<T>> + Send,
{
    genledger_sqlx::with_connection::<PgDriver, T, F>(tx, work).await
}
