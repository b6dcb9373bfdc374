//! A database of its own on a MariaDB or MySQL server.

use anyhow::Result;
use async_trait::async_trait;
use sqlx::mysql::MySqlPoolOptions;
use sqlx::{AssertSqlSafe, MySqlPool, Row};

use super::{Target, scratch_name, with_database};
use crate::checksum::Checksum;
use crate::database::Database;
use crate::schema::Indexes;

pub(crate) struct MySqlTarget {
    url: String,
    pool: MySqlPool,
}

impl MySqlTarget {
    pub(crate) async fn open(database: Database) -> Result<Self> {
        let server = database.url()?;
        let name = scratch_name();
        let pool = MySqlPoolOptions::new()
            .max_connections(1)
            .connect(&server)
            .await?;
        for sql in [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("CREATE DATABASE {name}"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await?;
        }
        pool.close().await;
        let url = with_database(&server, &name)?;
        let pool = MySqlPoolOptions::new()
            .max_connections(1)
            .connect(&url)
            .await?;
        Ok(Self { url, pool })
    }
}

#[async_trait]
impl Target for MySqlTarget {
    fn url(&self) -> &str {
        &self.url
    }

    async fn create(&self, indexes: Indexes) -> Result<()> {
        for sql in indexes.statements(Database::Mysql) {
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }

    async fn empty(&self) -> Result<()> {
        // TRUNCATE drops the file, and with it the dirty pages.
        for sql in [
            "TRUNCATE TABLE logs",
            "TRUNCATE TABLE usage_rollups",
            "TRUNCATE TABLE usage_rollup_coverage",
        ] {
            sqlx::raw_sql(sql).execute(&self.pool).await?;
        }
        Ok(())
    }

    async fn settle(&self) -> Result<()> {
        sqlx::raw_sql("ANALYZE TABLE logs")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn checksum(&self) -> Result<Checksum> {
        let sql = Checksum::query("char_length", "SIGNED", "`group`", "other", "is_stream");
        Ok(sqlx::query_as(AssertSqlSafe(sql))
            .fetch_one(&self.pool)
            .await?)
    }

    async fn describe(&self) -> Result<String> {
        let version: String = sqlx::query("SELECT version()")
            .fetch_one(&self.pool)
            .await?
            .try_get(0)?;
        let mut settings = vec![version];
        for name in [
            "innodb_flush_log_at_trx_commit",
            "log_bin",
            "sync_binlog",
            "innodb_buffer_pool_size",
        ] {
            let sql = AssertSqlSafe(format!("SELECT CAST(@@GLOBAL.{name} AS CHAR)"));
            let value: String = sqlx::query(sql).fetch_one(&self.pool).await?.try_get(0)?;
            settings.push(format!("{name} {value}"));
        }
        Ok(settings.join(", "))
    }

    async fn remove(&self) -> Result<()> {
        let sql = format!("DROP DATABASE {}", scratch_name());
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&self.pool)
            .await?;
        self.pool.close().await;
        Ok(())
    }
}
