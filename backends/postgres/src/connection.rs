//! How connections are set up, and how the driver runs a statement.

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use genledger_contract::{Error, Result, RowBatch};
use genledger_sql::{Family, Limits, Param};
use genledger_sqlx::{Answer, Driver};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{Executor, Postgres, SqlStr};

use crate::{bind, error, settings};

/// The driver: stateless.
#[derive(Clone, Copy, Debug)]
pub struct PgDriver;

impl Driver for PgDriver {
    type Database = Postgres;

    fn limits(&self) -> Limits {
        Limits::of(Family::Postgres)
    }

    fn bind(&self, arguments: &mut PgArguments, param: &Param<'_>) -> Result<()> {
        bind::param(arguments, param)
    }

    fn bind_rows(
        &self,
        arguments: &mut PgArguments,
        batch: &RowBatch,
        rows: &[usize],
    ) -> Result<()> {
        bind::columns(arguments, batch, rows)
    }

    fn run(connection: &mut PgConnection, sql: SqlStr, arguments: PgArguments) -> Answer<'_, Self> {
        Box::pin(
            connection
                .fetch_many(sqlx::query_with(sql, arguments))
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
    settings::set_up(connection, None, None).await
}
