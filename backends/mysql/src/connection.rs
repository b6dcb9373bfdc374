//! How connections are set up, and how the driver runs a statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use genledger_contract::row::RowBatch;
use genledger_contract::{Error, Result, Tx};
use genledger_sql::{Family, Limits, Param};
use genledger_sqlx::{Answer, Driver, numbered};
use sqlx::error::DatabaseError;
use sqlx::mysql::{MySqlArguments, MySqlConnection};
use sqlx::{Connection as _, Executor, FromRow, MySql, SqlStr};

use crate::store::StatementLimit;
use crate::{bind, error, settings};

/// The driver, which knows how much the server takes at once.
#[derive(Clone, Debug)]
pub struct MySqlDriver {
    /// The smallest `max_allowed_packet` of a connection: it is what the server was set to when the
    /// connection was made, and stays.
    pub(crate) packet: Arc<AtomicUsize>,
    pub(crate) statement_limit: Option<StatementLimit>,
    /// With more prepared statements than this, a connection is not used again.
    pub(crate) statements: usize,
}

/// What the server calls a connection.
#[derive(Clone, Debug)]
pub struct MySqlSession {
    /// Where it is: behind one address there may be several servers, which number their connections
    /// alike.
    server: String,
    id: u64,
}

const NAME: &str = "SELECT CONCAT(@@hostname, ':', @@port, ':', @@server_id), \
    CAST(CONNECTION_ID() AS UNSIGNED), CAST(@@SESSION.max_allowed_packet AS UNSIGNED)";

const SERVER: &str = "SELECT CONCAT(@@hostname, ':', @@port, ':', @@server_id)";

/// The server knows no such connection.
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
            if let Some(limit) = self.statement_limit {
                limit.set(connection).await?;
            }
            // Not prepared: closing a statement takes the server no reply, and a socket that waits for one
            // before it sends what comes next (sqlx sets no TCP_NODELAY) waits for 40 ms.
            let row = connection.fetch_one(sqlx::raw_sql(NAME)).await?;
            let (server, id, packet) = <(String, u64, u64)>::from_row(&row)?;
            let packet = usize::try_from(packet).unwrap_or(usize::MAX);
            self.packet.fetch_min(packet, Ordering::Relaxed);
            Ok(Some(MySqlSession { server, id }))
        }
        .boxed()
    }

    fn stop<'c>(
        connection: &'c mut MySqlConnection,
        session: &'c MySqlSession,
    ) -> BoxFuture<'c, sqlx::Result<bool>> {
        async move {
            let row = connection.fetch_one(sqlx::raw_sql(SERVER)).await?;
            let (here,) = <(String,)>::from_row(&row)?;
            if here != session.server {
                // It cannot be reached from here.
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
    ) -> Answer<'c, Self> {
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

    fn undone(error: &dyn DatabaseError) -> bool {
        error::undone(error)
    }

    fn lost(error: &dyn DatabaseError) -> bool {
        error::lost(error)
    }

    fn refuses_writes(error: &dyn DatabaseError) -> bool {
        error::refuses_writes(error)
    }

    fn worn(&self, connection: &MySqlConnection) -> bool {
        connection.cached_statements_size() > self.statements
    }

    fn spoils(error: &dyn DatabaseError) -> bool {
        error::spoils(error)
    }
}

/// Sets up a connection as the store needs it: the whole `sql_mode`, READ COMMITTED, UTC, utf8mb4,
/// autocommit, keys and checks that are enforced, texts that are sorted by all of their bytes, and
/// neither chained transactions nor limits on what a statement may read or change. `docs/backends.md`
/// lists every setting.
///
/// [`MySqlStore::connect`](crate::MySqlStore::connect) does this by itself. For
/// [`MySqlStore::from_pool`](crate::MySqlStore::from_pool), give it to the pool:
///
/// ```
/// # use genledger_mysql::sqlx::mysql::MySqlPoolOptions;
/// let options = MySqlPoolOptions::new().after_connect(|connection, _| {
///     Box::pin(genledger_mysql::prepare_connection(connection))
/// });
/// ```
///
/// # Errors
/// Those of sqlx.
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
/// Those of the closure, classified;
/// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) when the transaction is one of another
/// backend; [`Aborted`](genledger_contract::ErrorKind::Aborted) when it is dead.
pub async fn with_connection<T, F>(tx: &Tx, work: F) -> Result<T>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut MySqlConnection) -> BoxFuture<'c, sqlx::Result<T>> + Send,
{
    genledger_sqlx::with_connection::<MySqlDriver, T, F>(tx, work).await
}
