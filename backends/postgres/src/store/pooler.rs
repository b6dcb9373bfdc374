//! Detects a pooler in transaction mode (`PgBouncer` and the like) in front of the server. One that is not
//! detected here is noticed later, by the errors of `session_changed` in `error.rs`.

use genledger_contract::Result;
use genledger_sqlx::classify;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor, Row};

use crate::connection::PgDriver;

/// A busy pooler may give a connection the same server process twice.
const ROUNDS: usize = 6;

/// Whether two connections share a server process, or one of them changes its process: then session
/// settings do not last from one transaction to the next.
///
/// Sends text only, since a prepared statement may be executed in another process. Returns `false` if
/// no second connection can be opened.
pub(super) async fn is_in_front(
    first: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<bool> {
    let Ok(mut second) = options.connect().await else {
        return Ok(false);
    };
    let in_front = compare(first, &mut second).await;
    // Ends the transaction. Errors while closing are ignored.
    drop(second.close().await);
    in_front.map_err(classify::<PgDriver>)
}

async fn compare(first: &mut PgConnection, second: &mut PgConnection) -> sqlx::Result<bool> {
    for _ in 0..ROUNDS {
        let before = process(first).await?;
        // A connection keeps its process as long as its transaction is open.
        second.execute(sqlx::raw_sql("BEGIN")).await?;
        if process(second).await? == before || process(first).await? != before {
            return Ok(true);
        }
        second.execute(sqlx::raw_sql("ROLLBACK")).await?;
    }
    Ok(false)
}

async fn process(connection: &mut PgConnection) -> sqlx::Result<i32> {
    let row = connection
        .fetch_one(sqlx::raw_sql("SELECT pg_catalog.pg_backend_pid()"))
        .await?;
    row.try_get(0)
}
