//! SQLite.

use anyhow::Result;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use sqlx::AssertSqlSafe;

use crate::measure::{Asked, Probe};
use crate::peer::{diesel_sqlite, rusqlite, sea_orm, sqlx_sqlite};
use crate::row::LogRow;

pub(super) async fn probes(url: &str, rows: usize) -> Result<Vec<Box<dyn Probe>>> {
    let by_hand = rusqlite::connect(url)?;
    let pool = sqlx_sqlite::pool(url).await?;
    let orm = sea_orm::connect(url, 1).await?;
    let diesel = diesel_sqlite::connect(url)?;
    let sql = super::query('"', rows);
    let limit = i64::try_from(rows)?;
    Ok(vec![
        Asked::new("rusqlite by hand", (by_hand, sql.clone()), |(connection, sql)| {
            Box::pin(async move {
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map([], rusqlite::read)?;
                Ok(rows.collect::<Result<Vec<LogRow>, _>>()?.len())
            })
        }),
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
                use diesel_sqlite::{Log, logs};
                let query = logs::table
                    .order((logs::created_at.desc(), logs::id.desc()))
                    .limit(limit);
                Ok(query.load::<Log>(connection)?.len())
            })
        }),
    ])
}
