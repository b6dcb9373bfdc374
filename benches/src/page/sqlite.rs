//! SQLite.

use anyhow::Result;
use sqlx::{AssertSqlSafe, SqlitePool};

use super::{Listing, SIZE};
use crate::measure::{Asked, Probe};
use crate::peer::{columns, sea_orm, sqlx_sqlite};
use crate::row::LogRow;

pub(super) async fn probes(url: &str, listing: Listing) -> Result<Vec<Box<dyn Probe>>> {
    let pool = sqlx_sqlite::pool(url).await?;
    let orm = sea_orm::connect(url, 1).await?;
    let columns = columns('"');
    let page = u64::try_from(listing.depth / SIZE)?;
    Ok(vec![
        rows("sqlx OFFSET, first", &pool, listing.offset(&columns, 0)),
        rows("sqlx OFFSET, deep", &pool, listing.offset(&columns, listing.depth)),
        Asked::new("SeaORM paginator, deep", orm, move |orm| {
            Box::pin(sea_orm::page_text(orm, listing.user, SIZE as u64, page))
        }),
        count("sqlx COUNT(*)", &pool, listing.count()),
    ])
}

fn rows(name: &str, pool: &SqlitePool, sql: String) -> Box<dyn Probe> {
    Asked::new(name, (pool.clone(), sql), |(pool, sql)| {
        Box::pin(async move {
            let query = sqlx::query_as::<_, LogRow>(AssertSqlSafe(sql.as_str()));
            Ok(query.fetch_all(&*pool).await?.len())
        })
    })
}

fn count(name: &str, pool: &SqlitePool, sql: String) -> Box<dyn Probe> {
    Asked::new(name, (pool.clone(), sql), |(pool, sql)| {
        Box::pin(async move {
            let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql.as_str()));
            std::hint::black_box(query.fetch_one(&*pool).await?);
            Ok(SIZE)
        })
    })
}
