//! A database of its own on a PostgreSQL server.

use anyhow::Result;
use async_trait::async_trait;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool, Row};

use super::{Target, scratch_name, with_database};
use crate::checksum::Checksum;
use crate::database::Database;
use crate::schema::Indexes;

pub(crate) struct PostgresTarget {
    url: String,
    server: PgPool,
    pool: PgPool,
}

impl PostgresTarget {
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let server = PgPoolOptions::new().max_connections(1).connect(url).await?;
        let name = scratch_name();
        for sql in [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("CREATE DATABASE {name}"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&server).await?;
        }
        let url = with_database(url, &name)?;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect(&url)
            .await?;
        Ok(Self { url, server, pool })
    }
}

#[async_trait]
impl Target for PostgresTarget {
    fn url(&self) -> &str {
        &self.url
    }

    async fn create(&self, indexes: Indexes) -> Result<()> {
        for sql in indexes.statements(Database::Postgres) {
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }

    async fn empty(&self) -> Result<()> {
        sqlx::raw_sql("TRUNCATE logs, usage_rollups, usage_rollup_coverage")
            .execute(&self.pool)
            .await?;
        // Every contender starts right after a checkpoint, so none writes the pages of another.
        // Only a superuser or a member of pg_checkpoint may do this; without it the rounds are only noisier.
        let _ = sqlx::raw_sql("CHECKPOINT").execute(&self.pool).await;
        Ok(())
    }

    async fn settle(&self) -> Result<()> {
        sqlx::raw_sql("VACUUM (ANALYZE) logs, usage_rollups")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn checksum(&self) -> Result<Checksum> {
        let sql = Checksum::query(
            "length",
            "BIGINT",
            "\"group\"",
            "other::text",
            "is_stream::integer",
        );
        Ok(sqlx::query_as(AssertSqlSafe(sql))
            .fetch_one(&self.pool)
            .await?)
    }

    async fn describe(&self) -> Result<String> {
        let mut settings = Vec::new();
        for name in [
            "server_version",
            "fsync",
            "synchronous_commit",
            "shared_buffers",
        ] {
            let row = sqlx::query("SELECT current_setting($1)").bind(name);
            let value: String = row.fetch_one(&self.pool).await?.try_get(0)?;
            settings.push(match name {
                "server_version" => value,
                _ => format!("{name} {value}"),
            });
        }
        Ok(settings.join(", "))
    }

    async fn remove(&self) -> Result<()> {
        self.pool.close().await;
        let sql = format!("DROP DATABASE {} WITH (FORCE)", scratch_name());
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&self.server)
            .await?;
        Ok(())
    }
}
