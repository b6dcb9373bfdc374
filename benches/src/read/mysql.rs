//! MariaDB and MySQL.

use anyhow::Result;
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use sqlx::{AssertSqlSafe, MySqlPool};

use crate::measure::{Asked, Probe};
use crate::peer::{diesel_mysql, sea_orm, sqlx_mysql};
use crate::row::LogRow;

pub(super) async fn probes(url: &str, rows: usize) -> Result<Vec<Box<dyn Probe>>> {
    let pool: MySqlPool = sqlx_mysql::pool(url, 1).await?;
    let orm = sea_orm::connect(url, 1).await?;
    let diesel = diesel_mysql::connect(url).await?;
    let sql = super::query('`', rows);
    let limit = i64::try_from(rows)?;
    Ok(vec![
        Asked::new("sqlx query_as", (pool, sql), |(pool, sql)| {
            Box::pin(async move {
                let query = sqlx::query_as::<_, LogRow>(AssertSqlSafe(sql.as_str()));
                Ok(query.fetch_all(&*pool).await?.len())
            })
        }),
        Asked::new("SeaORM", orm, move |orm| {
            Box::pin(async move { sea_orm::newest_text(orm, limit.unsigned_abs()).await })
        }),
        Asked::new("Diesel", diesel, move |connection| {
            Box::pin(async move {
                use diesel_mysql::{Log, logs};
                let query = logs::table
                    .order((logs::created_at.desc(), logs::id.desc()))
                    .limit(limit);
                Ok(query.load::<Log>(connection).await?.len())
            })
        }),
    ])
}
