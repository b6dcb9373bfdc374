//! How connections are set up, and how the driver runs a statement.

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use genledger_contract::{Error, Result, RowBatch};
use genledger_sql::{Limits, Param};
use genledger_sqlx::{Answer, Driver};
use sqlx::error::DatabaseError;
use sqlx::mysql::{MySqlArguments, MySqlConnection};
use sqlx::{Executor, MySql, SqlStr};

use crate::{bind, error, settings};

/// The driver, which knows how much the server takes at once.
#[derive(Clone, Copy, Debug)]
pub struct MySqlDriver {
    pub(crate) limits: Limits,
}

impl Driver for MySqlDriver {
    type Database = MySql;

    fn limits(&self) -> Limits {
        self.limits
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

    fn run(
        connection: &mut MySqlConnection,
        sql: SqlStr,
        arguments: MySqlArguments,
    ) -> Answer<'_, Self> {
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
