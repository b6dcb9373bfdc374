//! How connections are set up, and how the driver runs a statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryFutureExt, TryStreamExt};
use genledger_contract::row::RowBatch;
use genledger_contract::{Error, Result, Tx};
use genledger_sql::{CopyIn, Family, Limits, Param};
use genledger_sqlx::{Answer, Driver};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Executor, PgPool, Postgres, SqlStr};

use crate::copy::Refused;
use crate::{bind, error, settings};

/// The driver, which knows how connections are set up.
#[derive(Clone, Debug, Default)]
pub(crate) struct PgDriver {
    schema: Option<Arc<str>>,
    statement_timeout: Option<Duration>,
    /// Nothing is known of it before a pool of the application.
    pooler: Option<Arc<Pooler>>,
    refused: Refused,
}

/// A pooler that may be before the server.
#[derive(Debug)]
struct Pooler {
    /// Whether it is there and gives every transaction another connection to the server.
    is_there: AtomicBool,
    /// How transactions begin then.
    begin: Arc<str>,
    unlimited: Arc<str>,
}

/// What the server calls a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PgSession {
    pub(crate) pid: i32,
    /// When it began, in microseconds: processes of several servers, or of one after the other, may
    /// have the same number.
    pub(crate) began: i64,
}

impl PgDriver {
    /// Connections to this schema of a server of this version, with this limit of the server, behind a
    /// pooler that gives every transaction another connection to the server or not.
    pub(crate) fn new(
        schema: Option<&str>,
        statement_timeout: Option<Duration>,
        version: Option<u32>,
        pooled: bool,
    ) -> Self {
        let script = |timeout| settings::begin_script(schema, timeout, version).into();
        Self {
            schema: schema.map(Into::into),
            statement_timeout,
            pooler: Some(Arc::new(Pooler {
                is_there: AtomicBool::new(pooled),
                begin: script(statement_timeout),
                unlimited: script(Some(Duration::ZERO)),
            })),
            refused: Refused::default(),
        }
    }

    /// The pooler that gives every transaction another connection to the server, if there is one.
    fn pooler(&self) -> Option<&Pooler> {
        let pooler = self.pooler.as_deref()?;
        pooler.is_there.load(Ordering::Relaxed).then_some(pooler)
    }

    /// Whether a pooler gives every transaction another connection to the server.
    pub(crate) fn is_pooled(&self) -> bool {
        self.pooler().is_some()
    }

    /// Sets up a connection for what is sent next: the session, or a transaction that this begins.
    pub(crate) async fn begin(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        match self.begin_script(false) {
            Some(script) => Self::run_script(connection, genledger_sqlx::safe(script)).await,
            None => self.prepare(connection).await.map(drop),
        }
    }

    /// Sets up a connection in one round trip. Servers that only look like `PostgreSQL` may not say
    /// what they call it.
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
        let pooler = self.pooler()?;
        Some(Arc::clone(if unlimited {
            &pooler.unlimited
        } else {
            &pooler.begin
        }))
    }

    fn stop<'c>(
        connection: &'c mut PgConnection,
        session: &'c PgSession,
    ) -> BoxFuture<'c, sqlx::Result<bool>> {
        const STOP: &str = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
            WHERE pid = $1 AND (extract(epoch FROM backend_start) * 1000000)::bigint = $2";
        sqlx::query(STOP)
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
        !self.refused.contains(copy)
    }

    fn copy<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        copy: &'c CopyIn,
        batch: &'c RowBatch,
        rows: &'c [usize],
    ) -> BoxFuture<'c, sqlx::Result<bool>> {
        self.refused.copy(connection, copy, batch, rows).boxed()
    }

    fn run<'c>(
        &self,
        connection: &'c mut PgConnection,
        sql: SqlStr,
        arguments: PgArguments,
    ) -> Answer<'c, Self> {
        // Behind a pooler, a statement that has a name would be prepared on one connection of the
        // server and looked for on another.
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

    fn undone(error: &dyn DatabaseError) -> bool {
        error::undone(error)
    }

    fn lost(error: &dyn DatabaseError) -> bool {
        error::lost(error)
    }

    fn refuses_writes(error: &dyn DatabaseError) -> bool {
        error::refuses_writes(error)
    }

    fn misplaced(error: &dyn DatabaseError) -> bool {
        error::misplaced(error)
    }

    fn give_up_sessions(&self, pool: &PgPool) {
        if let Some(pooler) = &self.pooler
            && !pooler.is_there.swap(true, Ordering::Relaxed)
        {
            let options = PgConnectOptions::clone(&pool.connect_options());
            pool.set_connect_options(options.statement_cache_capacity(0));
        }
    }

    fn worn(&self, connection: &PgConnection) -> bool {
        // From before the pooler was found: sqlx would look for them on whatever it is given.
        self.is_pooled() && connection.cached_statements_size() > 0
    }

    fn spoils(error: &dyn DatabaseError) -> bool {
        error::spoils(error)
    }
}

/// Sets up a connection as the store needs it: READ COMMITTED, standard strings, UTF-8, UTC, and
/// nothing else that changes what a statement means. `docs/backends.md` lists every setting.
///
/// [`PgStore::connect`](crate::PgStore::connect) does this by itself. For
/// [`PgStore::from_pool`](crate::PgStore::from_pool), give it to the pool:
///
/// ```
/// # use genledger_postgres::sqlx::postgres::PgPoolOptions;
/// let options = PgPoolOptions::new().after_connect(|connection, _| {
///     Box::pin(genledger_postgres::prepare_connection(connection))
/// });
/// ```
///
/// # Errors
/// Those of sqlx.
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
/// Those of the closure, classified;
/// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) when the transaction is one of another
/// backend; [`Aborted`](genledger_contract::ErrorKind::Aborted) when it is dead.
pub async fn with_connection<T, F>(tx: &Tx, work: F) -> Result<T>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, sqlx::Result<T>> + Send,
{
    genledger_sqlx::with_connection::<PgDriver, T, F>(tx, work).await
}
