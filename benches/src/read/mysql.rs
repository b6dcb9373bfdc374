//! MariaDB and MySQL.

use std::sync::Arc;

use anyhow::Result;
use peers::{diesel_mysql, sea_orm, sqlx_mysql};

use crate::measure::{Asked, Probe};

pub(super) async fn probes(url: &str, rows: usize) -> Result<Vec<Box<dyn Probe>>> {
    let pool = sqlx_mysql::pool(url, 1).await?;
    let orm = sea_orm::connect(url, 1).await?;
    let diesel = diesel_mysql::connect(url).await?;
    let sql: Arc<str> = super::query('`', rows).into();
    let limit = i64::try_from(rows)?;
    Ok(vec![
        Asked::new("sqlx query_as", pool, move |pool| {
            let sql = Arc::clone(&sql);
            Box::pin(async move { sqlx_mysql::select(pool, &sql).await })
        }),
        Asked::new("SeaORM", orm, move |orm| {
            Box::pin(sea_orm::newest_text(orm, limit.unsigned_abs()))
        }),
        Asked::new("Diesel", diesel, move |connection| {
            Box::pin(diesel_mysql::newest(connection, limit))
        }),
    ])
}
