//! The driver: setting up connections and running statements.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use genledger_contract::row::RowBatch;
use genledger_contract::{Error, Result, Tx};
use genledger_sql::{Family, Limits, Param};
use genledger_sqlx::{Driver, ResultStream, numbered};
use sqlx::error::DatabaseError;
use sqlx::mysql::{MySqlArguments, MySqlConnection};
use sqlx::{Connection as _, Executor, FromRow, MySql, SqlStr};

use crate::settings::SessionLimits;
use crate::{bind, error, settings};

/// The driver, with the limits of the server.
#[derive(Clone, Debug)]
pub struct MySqlDriver {
    /// The smallest `max_allowed_packet` of all connections. Each has the value that the server had
    /// when the connection was opened.
    pub(crate) packet: Arc<AtomicUsize>,
    pub(crate) limits: Option<SessionLimits>,
    /// A connection with more prepared statements than this is not reused.
    pub(crate) statements: usize,
}

/// Identifies a connection in the server.
#[derive(Clone, Debug)]
pub struct MySqlSession {
    /// The server: several may share one address, and number their connections alike.
    server: String,
    id: u64,
}

const NAME: &str = "SELECT CONCAT(@@hostname, ':', @@port, ':', @@server_id), \
    CAST(CONNECTION_ID() AS UNSIGNED), CAST(@@SESSION.max_allowed_packet AS UNSIGNED)";

const SERVER: &str = "SELECT CONCAT(@@hostname, ':', @@port, ':', @@server_id)";

/// Error number for an unknown connection.
const UNKNOWN_CONNECTION: u16 = 1094;

impl Driver for MySqlDriver {
    type Database = MySql;
    type Session = MySqlSession;

    fn set_up<'c>(
        &'c self,
        connection: &'c mut MySqlConnection,
    ) -> BoxFuture<'c, sqlx::Result<Option<MySqlSession>>> {
        async move {
            prepare_connection(connection).await?;
            if let Some(limits) = &self.limits {
                limits.set(connection).await?;
            }
            // Not prepared: the server does not reply when a statement is closed, and without
            // TCP_NODELAY, which sqlx does not set, the socket then delays its next packet by 40 ms.
            let row = connection.fetch_one(sqlx::raw_sql(NAME)).await?;
            let (server, id, packet) = <(String, u64, u64)>::from_row(&row)?;
            let packet = usize::try_from(packet).unwrap_or(usize::MAX);
            self.packet.fetch_min(packet, Ordering::Relaxed);
            Ok(Some(MySqlSession { server, id }))
        }
        .boxed()
    }

    fn cancel<'c>(
        connection: &'c mut MySqlConnection,
        session: &'c MySqlSession,
    ) -> BoxFuture<'c, sqlx::Result<bool>> {
        async move {
            let row = connection.fetch_one(sqlx::raw_sql(SERVER)).await?;
            let (here,) = <(String,)>::from_row(&row)?;
            if here != session.server {
                // This connection leads to another server, which cannot cancel it.
                return Ok(true);
            }
            let killed = sqlx::raw_sql(numbered("KILL", session.id));
            match connection.execute(killed).await {
                Ok(_) => Ok(false),
                Err(sqlx::Error::Database(error))
                    if error::number(&*error) == Some(UNKNOWN_CONNECTION) =>
                {
                    Ok(true)
                }
                Err(error) => Err(error),
            }
        }
        .boxed()
    }

    fn limits(&self) -> Limits {
        Limits::of(Family::MySql).with_packet(self.packet.load(Ordering::Relaxed))
    }

    fn bind(&self, arguments: &mut MySqlArguments, param: &Param<'_>) -> Result<()> {
        bind::param(arguments, param)
    }

    fn bind_rows(
        &self,
        arguments: &mut MySqlArguments,
        batch: &RowBatch,
        rows: &[usize],
    ) -> Result<()> {
        bind::rows(arguments, batch, rows)
    }

    fn run<'c>(
        &self,
        connection: &'c mut MySqlConnection,
        sql: SqlStr,
        arguments: MySqlArguments,
    ) -> ResultStream<'c, Self> {
        Box::pin(
            connection
                .fetch_many(sqlx::query_with(sql, arguments))
                .map_ok(|step| step.map_left(|done| done.rows_affected())),
        )
    }

    fn run_script(
        connection: &mut MySqlConnection,
        sql: SqlStr,
    ) -> BoxFuture<'_, sqlx::Result<()>> {
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

    fn should_replace(&self, connection: &MySqlConnection) -> bool {
        connection.cached_statements_size() > self.statements
    }

    fn taints(error: &dyn DatabaseError) -> bool {
        error::taints(error)
    }
}

/// Sets up a connection as the store requires it: the whole `sql_mode`, READ COMMITTED, UTC, utf8mb4,
/// autocommit, keys and checks that are enforced, texts that are sorted by all of their bytes, and
/// neither chained transactions nor limits on what a statement may read or change. `docs/backends.md`
/// lists every setting.
///
/// [`MySqlStore::connect`](crate::MySqlStore::connect) calls this. For
/// [`MySqlStore::from_pool`](crate::MySqlStore::from_pool), call it in `after_connect` of the pool:
///
/// ```
/// # use genledger_mysql::sqlx::mysql::MySqlPoolOptions;
/// let options = MySqlPoolOptions::new().after_connect(|connection, _| {
///     Box::pin(genledger_mysql::prepare_connection(connection))
/// });
/// ```
///
/// # Errors
/// The errors of sqlx.
pub async fn prepare_connection(connection: &mut MySqlConnection) -> sqlx::Result<()> {
    settings::set_up(connection).await
}

/// Runs SQL of the application on the connection of a transaction of a
/// [`MySqlStore`](crate::MySqlStore), so that it commits together with the statements of the library.
///
/// It must not end the transaction. One that it begins through sqlx (`connection.begin()`) is a
/// savepoint. An error that the closure returns ends the transaction.
///
/// ```no_run
/// # use genledger_contract::{Result, StoreExt};
/// # async fn example(store: genledger_mysql::MySqlStore) -> Result<()> {
/// use genledger_mysql::sqlx;
///
/// let users: i64 = store
///     .transaction(|tx| async move {
///         genledger_mysql::with_connection(&tx, |connection| {
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
    F: for<'c> FnOnce(&'c mut MySqlConnection) -> BoxFuture<'c, sqlx::Result<T>> + Send,
{
    genledger_sqlx::with_connection::<MySqlDriver, T, F>(tx, work).await
}
