//! MariaDB and MySQL.

use std::sync::Arc;

use anyhow::Result;
use peers::{columns, sea_orm, sqlx_mysql};

use super::{Listing, SIZE};
use crate::measure::{Asked, Probe};

pub(super) async fn probes(url: &str, listing: Listing) -> Result<Vec<Box<dyn Probe>>> {
    let pool = sqlx_mysql::pool(url, 1).await?;
    let orm = sea_orm::connect(url, 1).await?;
    let columns = columns('`');
    let page = u64::try_from(listing.depth / SIZE)?;
    let rows = |name: &str, offset: usize| {
        let sql: Arc<str> = listing.offset(&columns, offset).into();
        Asked::new(name, pool.clone(), move |pool| {
            let sql = Arc::clone(&sql);
            Box::pin(async move { sqlx_mysql::select(pool, &sql).await })
        })
    };
    let count: Arc<str> = listing.count().into();
    Ok(vec![
        rows("sqlx OFFSET, first", 0),
        rows("sqlx OFFSET, deep", listing.depth),
        Asked::new("SeaORM paginator, deep", orm, move |orm| {
            Box::pin(sea_orm::page_text(orm, listing.user, SIZE as u64, page))
        }),
        Asked::new("sqlx COUNT(*)", pool.clone(), move |pool| {
            let sql = Arc::clone(&count);
            Box::pin(async move {
                std::hint::black_box(sqlx_mysql::number(pool, &sql).await?);
                Ok(SIZE)
            })
        }),
    ])
}
