//! Removing the rows of a database, and describing the rest.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use super::Database;
use crate::Reusable;

/// A table with fewer rows is cleared by `DELETE`; a larger one is truncated.
const FEW: usize = 500;

impl Reusable for Database {
    fn name(&self) -> &str {
        self.scratch.name()
    }

    async fn clear(&self) -> sqlx::Result<String> {
        let options = self.server.clone().database(self.name());
        let mut connection = options.connect().await?;
        let described = clear(&mut connection, self.name()).await;
        connection.close().await?;
        described
    }
}

async fn clear(connection: &mut sqlx::MySqlConnection, name: &str) -> sqlx::Result<String> {
    const OTHERS: &str = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist \
        WHERE db = ? AND id <> connection_id()";
    loop {
        let others: Vec<i64> = sqlx::query_scalar(OTHERS)
            .bind(name)
            .fetch_all(&mut *connection)
            .await?;
        if others.is_empty() {
            break;
        }
        for id in others {
            // It may have ended by now.
            drop(run(connection, format!("KILL {id}")).await);
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let tables: Vec<String> = sqlx::raw_sql("SHOW TABLES")
        .fetch_all(&mut *connection)
        .await?
        .iter()
        .map(|row| row.try_get(0))
        .collect::<sqlx::Result<_>>()?;
    let own = || tables.iter().filter(|table| !table.starts_with('_'));
    for table in own() {
        let deleted = run(connection, format!("DELETE FROM `{table}` LIMIT {FEW}")).await?;
        if deleted >= u64::try_from(FEW).unwrap() {
            run(connection, format!("TRUNCATE TABLE `{table}`")).await?;
        }
    }
    let mut description = String::new();
    for table in &tables {
        let show = AssertSqlSafe(format!("SHOW CREATE TABLE `{table}`"));
        let row = sqlx::raw_sql(show).fetch_one(&mut *connection).await?;
        description += row.try_get::<&str, _>(1)?;
        let sum = AssertSqlSafe(format!("CHECKSUM TABLE `{table}`"));
        let row = sqlx::raw_sql(sum).fetch_one(&mut *connection).await?;
        description += &format!("\n{:?}\n", row.try_get::<Option<i64>, _>(1)?);
    }
    Ok(description)
}

async fn run(connection: &mut sqlx::MySqlConnection, sql: String) -> sqlx::Result<u64> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
