//! MariaDB and MySQL through plain sqlx.

use anyhow::{Result, ensure};
use async_trait::async_trait;
use peers::sqlx_mysql;
use sqlx::{Executor, FromRow, MySql, MySqlPool};

use super::{Rows, Tally};

const INSERT: &str = "INSERT INTO tallies (id, owner, name, version, balance, remark) \
    VALUES (?, ?, ?, ?, ?, ?)";
const FIND: &str = "SELECT id, owner, name, version, balance, remark FROM tallies WHERE id = ?";
const UPDATE: &str = "UPDATE tallies SET balance = balance - 1, version = version + 1 \
    WHERE id = ? AND balance >= 1";

#[derive(FromRow)]
struct Found {
    id: i64,
    owner: i64,
    name: String,
    version: i64,
    balance: i64,
    remark: Option<String>,
}

pub(super) struct Sqlx(MySqlPool);

impl Sqlx {
    pub(super) async fn open(url: &str, connections: usize) -> Result<Self> {
        Ok(Self(sqlx_mysql::pool(url, connections).await?))
    }
}

async fn insert<'c>(on: impl Executor<'c, Database = MySql>, id: i64) -> Result<()> {
    let row = Tally::new(id);
    sqlx::query(INSERT)
        .bind(row.id)
        .bind(row.owner)
        .bind(row.name)
        .bind(row.version)
        .bind(row.balance)
        .bind(row.remark)
        .execute(on)
        .await?;
    Ok(())
}

async fn find<'c>(on: impl Executor<'c, Database = MySql>, id: i64) -> Result<()> {
    let found: Found = sqlx::query_as(FIND).bind(id).fetch_one(on).await?;
    let found = Tally {
        id: found.id,
        owner: found.owner,
        name: found.name,
        version: found.version,
        balance: found.balance,
        remark: found.remark,
    };
    ensure!(std::hint::black_box(found).id == id);
    Ok(())
}

async fn update<'c>(on: impl Executor<'c, Database = MySql>, id: i64) -> Result<()> {
    let done = sqlx::query(UPDATE).bind(id).execute(on).await?;
    ensure!(done.rows_affected() == 1);
    Ok(())
}

#[async_trait]
impl Rows for Sqlx {
    fn name(&self) -> &'static str {
        "sqlx by hand"
    }

    async fn insert(&self, id: i64) -> Result<()> {
        insert(&self.0, id).await
    }

    async fn find(&self, id: i64) -> Result<()> {
        find(&self.0, id).await
    }

    async fn update(&self, id: i64) -> Result<()> {
        update(&self.0, id).await
    }

    async fn transaction(&self, new: i64, id: i64) -> Result<()> {
        let mut tx = self.0.begin().await?;
        insert(&mut *tx, new).await?;
        update(&mut *tx, id).await?;
        find(&mut *tx, id).await?;
        Ok(tx.commit().await?)
    }
}
