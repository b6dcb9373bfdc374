//! Whether a pooler in transaction mode is before the server.

use genledger_contract::Result;
use genledger_sqlx::classify;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor, Row};

use crate::connection::PgDriver;

/// A pooler under way for others may give a connection the same process of the server twice.
const ROUNDS: usize = 6;

/// Whether two connections share a process of the server, or one of them changes it: then nothing that
/// is set for a session holds from one transaction to the next.
///
/// Sends text only, since a statement that is prepared may be looked for in another process. Where no
/// second connection is allowed, there is no answer and none is needed to work without a pooler.
pub(super) async fn is_between(
    first: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<bool> {
    let Ok(mut second) = options.connect().await else {
        return Ok(false);
    };
    let between = compare(first, &mut second).await;
    // It ends the transaction. A farewell that fails harms nothing.
    drop(second.close().await);
    between.map_err(classify::<PgDriver>)
}

async fn compare(first: &mut PgConnection, second: &mut PgConnection) -> sqlx::Result<bool> {
    for _ in 0..ROUNDS {
        let before = process(first).await?;
        // It has its process to itself as long as its transaction is open.
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
