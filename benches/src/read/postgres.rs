//! PostgreSQL.

use std::sync::Arc;

use anyhow::Result;
use peers::{diesel_postgres, sea_orm, sqlx_postgres};

use crate::measure::{Asked, Probe};

pub(super) async fn probes(url: &str, rows: usize) -> Result<Vec<Box<dyn Probe>>> {
    let pool = sqlx_postgres::pool(url, 1).await?;
    let orm = sea_orm::connect(url, 1).await?;
    let diesel = diesel_postgres::connect(url).await?;
    // As text, or the driver would parse it.
    let sql: Arc<str> = super::query('"', rows)
        .replace("\"other\"", "\"other\"::text")
        .into();
    let limit = i64::try_from(rows)?;
    Ok(vec![
        Asked::new("sqlx query_as", pool, move |pool| {
            let sql = Arc::clone(&sql);
            Box::pin(async move { sqlx_postgres::select(pool, &sql).await })
        }),
        Asked::new("SeaORM", orm, move |orm| {
            Box::pin(sea_orm::newest_json(orm, limit.unsigned_abs()))
        }),
        Asked::new("Diesel", diesel, move |connection| {
            Box::pin(diesel_postgres::newest(connection, limit))
        }),
    ])
}
