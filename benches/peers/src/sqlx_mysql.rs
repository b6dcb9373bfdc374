//! MariaDB and MySQL through plain sqlx.

use std::sync::Arc;

use anyhow::Result;
use sqlx::mysql::MySqlPoolOptions;
use sqlx::{AssertSqlSafe, MySqlPool};

use crate::row::LogRow;
use crate::writer::Writer;
use crate::{bind_row, columns, marks};

/// A pool whose connections are open already.
pub async fn pool(url: &str, connections: usize) -> Result<MySqlPool> {
    let connections = u32::try_from(connections)?;
    Ok(MySqlPoolOptions::new()
        .min_connections(connections)
        .max_connections(connections)
        .test_before_acquire(false)
        .connect(url)
        .await?)
}

/// INSERT … VALUES of many rows, or with BEGIN and COMMIT around each single one.
pub struct Values {
    url: String,
    pool: tokio::sync::OnceCell<MySqlPool>,
    transactions: bool,
}

impl Values {
    /// Each batch is a statement that commits by itself.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            pool: tokio::sync::OnceCell::new(),
            transactions: false,
        }
    }

    /// Each batch has a transaction around it.
    pub fn in_transactions(url: &str) -> Self {
        Self {
            transactions: true,
            ..Self::new(url)
        }
    }
}

impl Writer for Values {
    type Session = MySqlPool;
    type Batch = (Arc<str>, Vec<LogRow>);

    async fn open(&self, callers: usize) -> Result<Vec<MySqlPool>> {
        let pool = self
            .pool
            .get_or_try_init(|| pool(&self.url, callers))
            .await?;
        Ok(vec![pool.clone(); callers])
    }

    fn batch(&self, rows: &[LogRow]) -> Result<Self::Batch> {
        let sql = format!(
            "INSERT INTO logs ({}) VALUES {}",
            columns('`'),
            marks(rows.len())
        );
        Ok((sql.into(), rows.to_vec()))
    }

    async fn write(&self, session: &mut MySqlPool, (sql, rows): Self::Batch) -> Result<()> {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for row in &rows {
            query = bind_row!(query, row);
        }
        if self.transactions {
            let mut transaction = session.begin().await?;
            let done = query.execute(&mut *transaction).await?;
            std::hint::black_box(done.last_insert_id());
            transaction.commit().await?;
        } else {
            query.execute(&*session).await?;
        }
        Ok(())
    }
}

/// Reads rows and returns their number.
///
/// # Errors
/// Those of the database.
pub async fn select(pool: &MySqlPool, sql: &Arc<str>) -> Result<usize> {
    let query = sqlx::query_as::<_, LogRow>(AssertSqlSafe(Arc::clone(sql)));
    Ok(query.fetch_all(pool).await?.len())
}

/// Reads a number.
///
/// # Errors
/// Those of the database.
pub async fn number(pool: &MySqlPool, sql: &Arc<str>) -> Result<i64> {
    let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(Arc::clone(sql)));
    Ok(query.fetch_one(pool).await?)
}
