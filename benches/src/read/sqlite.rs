//! SQLite.

use std::sync::Arc;

use anyhow::Result;
use peers::{diesel_sqlite, rusqlite, sea_orm, sqlx_sqlite};

use crate::measure::{Asked, Probe};

pub(super) async fn probes(url: &str, rows: usize) -> Result<Vec<Box<dyn Probe>>> {
    let by_hand = rusqlite::connect(url)?;
    let pool = sqlx_sqlite::pool(url).await?;
    let orm = sea_orm::connect(url, 1).await?;
    let diesel = diesel_sqlite::connect(url)?;
    let sql: Arc<str> = super::query('"', rows).into();
    let limit = i64::try_from(rows)?;
    let (same, blocking) = (Arc::clone(&sql), Arc::clone(&sql));
    let off_thread = Some(rusqlite::connect(url)?);
    Ok(vec![
        Asked::new("rusqlite by hand", by_hand, move |connection| {
            let read = rusqlite::select(connection, &same);
            Box::pin(async move { Ok(read?.len()) })
        }),
        Asked::new(
            "rusqlite by hand, spawn_blocking",
            off_thread,
            move |slot| Box::pin(rusqlite::select_off_thread(slot, Arc::clone(&blocking))),
        ),
        Asked::new("sqlx query_as", pool, move |pool| {
            let sql = Arc::clone(&sql);
            Box::pin(async move { sqlx_sqlite::select(pool, &sql).await })
        }),
        Asked::new("SeaORM", orm, move |orm| {
            Box::pin(sea_orm::newest_text(orm, limit.unsigned_abs()))
        }),
        Asked::new("Diesel", diesel, move |connection| {
            let read = diesel_sqlite::newest(connection, limit);
            Box::pin(async move { read })
        }),
    ])
}
