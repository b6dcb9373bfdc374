//! SQLite through plain sqlx.

use std::sync::Arc;

use anyhow::Result;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, SqlitePool};

use crate::row::LogRow;
use crate::writer::Writer;
use crate::{columns, marks};

/// A pool of one connection.
pub async fn pool(url: &str) -> Result<SqlitePool> {
    let options = url
        .parse::<SqliteConnectOptions>()?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    Ok(SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(options)
        .await?)
}

/// INSERT … VALUES of many rows.
pub struct Values {
    pub url: String,
}

impl Writer for Values {
    type Session = SqlitePool;
    type Batch = (Arc<str>, Vec<LogRow>);

    async fn open(&self, _callers: usize) -> Result<Vec<SqlitePool>> {
        Ok(vec![pool(&self.url).await?])
    }

    fn batch(&self, rows: &[LogRow]) -> Result<Self::Batch> {
        let sql = format!(
            "INSERT INTO logs ({}) VALUES {}",
            columns('"'),
            marks(rows.len())
        );
        Ok((sql.into(), rows.to_vec()))
    }

    async fn write(&self, session: &mut SqlitePool, (sql, rows): Self::Batch) -> Result<()> {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for row in rows {
            // Owned, otherwise sqlx would copy every text for its thread.
            query = query
                .bind(row.id)
                .bind(row.user_id)
                .bind(row.created_at)
                .bind(row.kind)
                .bind(row.content)
                .bind(row.username)
                .bind(row.token_name)
                .bind(row.model_name)
                .bind(row.quota)
                .bind(row.prompt_tokens)
                .bind(row.completion_tokens)
                .bind(row.use_time)
                .bind(row.is_stream)
                .bind(row.channel_id)
                .bind(row.token_id)
                .bind(row.group)
                .bind(row.ip)
                .bind(row.request_id)
                .bind(row.other);
        }
        query.execute(&*session).await?;
        Ok(())
    }

    async fn close(&self, sessions: Vec<SqlitePool>) -> Result<()> {
        for pool in sessions {
            pool.close().await;
        }
        Ok(())
    }
}

/// Reads rows and returns their number.
///
/// # Errors
/// Those of the database.
pub async fn select(pool: &SqlitePool, sql: &Arc<str>) -> Result<usize> {
    let query = sqlx::query_as::<_, LogRow>(AssertSqlSafe(Arc::clone(sql)));
    Ok(query.fetch_all(pool).await?.len())
}

/// Reads a number.
///
/// # Errors
/// Those of the database.
pub async fn number(pool: &SqlitePool, sql: &Arc<str>) -> Result<i64> {
    let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(Arc::clone(sql)));
    Ok(query.fetch_one(pool).await?)
}
