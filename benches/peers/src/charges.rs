//! Charges written by hand, each in one transaction with its record and its entry: the account is locked, then changed. The
//! rows are those of the library, with digests of the right size that nothing was computed for.

use std::future::Future;

use anyhow::{Result, ensure};
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, MySqlPool, PgPool};

use crate::{sqlx_mysql, sqlx_postgres};

/// The text of 64 characters where the library has a digest.
const DIGEST: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// One charge.
#[derive(Clone, Debug)]
pub struct Charge {
    pub id: String,
    pub customer: String,
    pub key: String,
    pub amount: Decimal,
    /// The text of the request, as the library keeps it.
    pub request: String,
}

/// Charges accounts.
pub trait Accounts: Send + Sync + 'static {
    /// Charges, and returns when it is committed.
    fn charge(&self, charge: &Charge) -> impl Future<Output = Result<()>> + Send;
}

const PG_RECORD: &str = "INSERT INTO accounting_records (id, customer_id, currency, request_id, amount, status, accounted_at, opened_seq, \
     last_seq, digest, created_at, updated_at) VALUES ($1, $2, 'CNY', $3, $4, 'accounted', now(), $5, $5, $6, now(), now())";
const PG_ENTRY: &str = "INSERT INTO balance_entries (customer_id, currency, seq, request_id, kind, outcome, record_id, asked, amount, hold, \
     balance, reserved, credit_limit, residual, status, request, created_at, digest) \
     VALUES ($1, 'CNY', $2, $3, 'charge', 'done', $4, $5, -$5, 0, $6, $7, $8, 0, 'open', $9, now(), $10)";

/// `PostgreSQL`: BEGIN, four statements, COMMIT.
pub struct Postgres(PgPool);

impl Postgres {
    pub async fn open(url: &str, connections: usize) -> Result<Self> {
        Ok(Self(sqlx_postgres::pool(url, connections).await?))
    }
}

impl Accounts for Postgres {
    async fn charge(&self, charge: &Charge) -> Result<()> {
        let mut tx = self.0.begin().await?;
        let sql = "SELECT balance, reserved, credit_limit, last_entry_seq FROM customer_balance \
            WHERE customer_id = $1 AND currency = 'CNY' FOR UPDATE";
        let account: (Decimal, Decimal, Decimal, i64) = sqlx::query_as(sql)
            .bind(&charge.customer)
            .fetch_one(&mut *tx)
            .await?;
        let (balance, reserved, limit, seq) = account;
        ensure!(balance + limit - reserved >= charge.amount, "too little");
        let (balance, seq) = (balance - charge.amount, seq + 1);
        let sql = "UPDATE customer_balance SET balance = $2, available = $3, last_entry_seq = $4, head_digest = $5, \
            digest = $5, updated_at = now() WHERE customer_id = $1 AND currency = 'CNY'";
        sqlx::query(sql)
            .bind(&charge.customer)
            .bind(balance)
            .bind(balance + limit - reserved)
            .bind(seq)
            .bind(DIGEST)
            .execute(&mut *tx)
            .await?;
        sqlx::query(PG_RECORD)
            .bind(&charge.id)
            .bind(&charge.customer)
            .bind(&charge.key)
            .bind(charge.amount)
            .bind(seq)
            .bind(DIGEST)
            .execute(&mut *tx)
            .await?;
        sqlx::query(PG_ENTRY)
            .bind(&charge.customer)
            .bind(seq)
            .bind(&charge.key)
            .bind(&charge.id)
            .bind(charge.amount)
            .bind(balance)
            .bind(reserved)
            .bind(limit)
            .bind(&charge.request)
            .bind(DIGEST)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// `PostgreSQL`: one statement with CTEs.
pub struct PostgresCte(PgPool);

impl PostgresCte {
    pub async fn open(url: &str, connections: usize) -> Result<Self> {
        Ok(Self(sqlx_postgres::pool(url, connections).await?))
    }
}

impl Accounts for PostgresCte {
    async fn charge(&self, charge: &Charge) -> Result<()> {
        let sql = "WITH account AS (UPDATE customer_balance SET balance = balance - $4, available = available - $4, \
            last_entry_seq = last_entry_seq + 1, head_digest = $6, digest = $6, updated_at = now() \
            WHERE customer_id = $2 AND currency = 'CNY' AND balance + credit_limit - reserved >= $4 \
            RETURNING balance, reserved, credit_limit, last_entry_seq), \
            record AS (INSERT INTO accounting_records (id, customer_id, currency, request_id, amount, status, accounted_at, \
            opened_seq, last_seq, digest, created_at, updated_at) SELECT $1, $2, 'CNY', $3, $4, 'accounted', now(), \
            last_entry_seq, last_entry_seq, $6, now(), now() FROM account) \
            INSERT INTO balance_entries (customer_id, currency, seq, request_id, kind, outcome, record_id, asked, amount, \
            hold, balance, reserved, credit_limit, residual, status, request, created_at, digest) \
            SELECT $2, 'CNY', last_entry_seq, $3, 'charge', 'done', $1, $4, -$4, 0, balance, reserved, credit_limit, 0, \
            'open', $5, now(), $6 FROM account";
        let done = sqlx::query(sql)
            .bind(&charge.id)
            .bind(&charge.customer)
            .bind(&charge.key)
            .bind(charge.amount)
            .bind(&charge.request)
            .bind(DIGEST)
            .execute(&self.0)
            .await?;
        ensure!(done.rows_affected() == 1, "too little");
        Ok(())
    }
}

/// MariaDB and MySQL: BEGIN, four statements, COMMIT.
pub struct MySql(MySqlPool);

impl MySql {
    pub async fn open(url: &str, connections: usize) -> Result<Self> {
        Ok(Self(sqlx_mysql::pool(url, connections).await?))
    }
}

impl Accounts for MySql {
    async fn charge(&self, charge: &Charge) -> Result<()> {
        let mut tx = self.0.begin().await?;
        let sql = "SELECT balance, reserved, credit_limit, last_entry_seq FROM customer_balance \
            WHERE customer_id = ? AND currency = 'CNY' FOR UPDATE";
        let account: (Decimal, Decimal, Decimal, i64) = sqlx::query_as(sql)
            .bind(&charge.customer)
            .fetch_one(&mut *tx)
            .await?;
        let (balance, reserved, limit, seq) = account;
        ensure!(balance + limit - reserved >= charge.amount, "too little");
        let (balance, seq) = (balance - charge.amount, seq + 1);
        let sql = "UPDATE customer_balance SET balance = ?, available = ?, last_entry_seq = ?, head_digest = ?, \
            digest = ?, updated_at = now(6) WHERE customer_id = ? AND currency = 'CNY'";
        sqlx::query(sql)
            .bind(balance)
            .bind(balance + limit - reserved)
            .bind(seq)
            .bind(DIGEST)
            .bind(DIGEST)
            .bind(&charge.customer)
            .execute(&mut *tx)
            .await?;
        let sql = "INSERT INTO accounting_records (id, customer_id, currency, request_id, amount, status, accounted_at, \
            opened_seq, last_seq, digest, created_at, updated_at) \
            VALUES (?, ?, 'CNY', ?, ?, 'accounted', now(6), ?, ?, ?, now(6), now(6))";
        sqlx::query(sql)
            .bind(&charge.id)
            .bind(&charge.customer)
            .bind(&charge.key)
            .bind(charge.amount)
            .bind(seq)
            .bind(seq)
            .bind(DIGEST)
            .execute(&mut *tx)
            .await?;
        let sql = "INSERT INTO balance_entries (customer_id, currency, seq, request_id, kind, outcome, record_id, asked, \
            amount, hold, balance, reserved, credit_limit, residual, status, request, created_at, digest) \
            VALUES (?, 'CNY', ?, ?, 'charge', 'done', ?, ?, ?, 0, ?, ?, ?, 0, 'open', ?, now(6), ?)";
        sqlx::query(sql)
            .bind(&charge.customer)
            .bind(seq)
            .bind(&charge.key)
            .bind(&charge.id)
            .bind(charge.amount)
            .bind(-charge.amount)
            .bind(balance)
            .bind(reserved)
            .bind(limit)
            .bind(&charge.request)
            .bind(DIGEST)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Empties a table.
pub async fn truncate_postgres(pool: &PgPool, table: &'static str) -> Result<()> {
    let sql = AssertSqlSafe(format!("TRUNCATE {table}"));
    sqlx::raw_sql(sql).execute(pool).await?;
    Ok(())
}

/// Empties a table.
pub async fn truncate_mysql(pool: &MySqlPool, table: &'static str) -> Result<()> {
    let sql = AssertSqlSafe(format!("TRUNCATE {table}"));
    sqlx::raw_sql(sql).execute(pool).await?;
    Ok(())
}
