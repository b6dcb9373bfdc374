//! The queue on PostgreSQL, through sqlx.

use anyhow::{Result, ensure};
use sqlx::{PgConnection, PgPool};

use super::{Claimed, Queue, URLS, payload};
use crate::sqlx_postgres::pool;

pub struct Postgres(PgPool);

impl Postgres {
    pub async fn open(url: &str, connections: usize) -> Result<Self> {
        Ok(Self(pool(url, connections).await?))
    }

    /// Brings the statistics up to date.
    pub async fn analyze(&self) -> Result<()> {
        sqlx::raw_sql("VACUUM (ANALYZE) jimeng_image_generation_records")
            .execute(&self.0)
            .await?;
        Ok(())
    }

    /// Claims a task without an account, an attempt or an event.
    pub async fn bare(&self) -> Result<usize> {
        let sql = "UPDATE jimeng_image_generation_records SET generation_status = 1, ready = 0, version = version + 1 \
            WHERE id = (SELECT id FROM jimeng_image_generation_records WHERE ready = 1 AND account_type = 0 \
            ORDER BY priority DESC, create_time, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, version, prompt";
        let row: Option<(String, i64, String)> =
            sqlx::query_as(sql).fetch_optional(&self.0).await?;
        Ok(usize::from(row.is_some()))
    }
}

impl Queue for Postgres {
    async fn work(&self, most: usize) -> Result<usize> {
        let claimed = claim(&self.0, most).await?;
        for task in &claimed {
            let started = sqlx::query(
                "UPDATE generation_attempts SET submit_state = 1, submitted_at = now() \
                WHERE id = $1 AND seq = $2 AND outcome IS NULL AND submit_state = 0",
            );
            let started = started.bind(&task.attempt).bind(task.seq);
            ensure!(started.execute(&self.0).await?.rows_affected() == 1);
            complete(&self.0, task).await?;
        }
        Ok(claimed.len())
    }

    async fn clear(&self) -> Result<()> {
        let sql = "TRUNCATE jimeng_image_generation_records, generation_attempts, outbox_events; \
            UPDATE jimeng_accounts SET image_active = 0, image_count = 0";
        sqlx::raw_sql(sql).execute(&self.0).await?;
        sqlx::raw_sql("VACUUM (ANALYZE) jimeng_accounts")
            .execute(&self.0)
            .await?;
        let _ = sqlx::raw_sql("CHECKPOINT").execute(&self.0).await;
        Ok(())
    }
}

async fn claim(pool: &PgPool, most: usize) -> Result<Vec<Claimed>> {
    let mut tx = pool.begin().await?;
    let sql = "SELECT id, version, attempt_count, lease_seq, prompt FROM jimeng_image_generation_records \
        WHERE ready = 1 AND account_type = 0 AND NOT is_deleted \
        ORDER BY priority DESC, create_time, id LIMIT $1 FOR UPDATE SKIP LOCKED";
    let tasks: Vec<(String, i64, i32, i64, String)> = sqlx::query_as(sql)
        .bind(i64::try_from(most)?)
        .fetch_all(&mut *tx)
        .await?;
    let mut claimed = Vec::new();
    for (id, version, attempt_no, seq, _) in tasks {
        let sql = "UPDATE jimeng_accounts SET image_active = image_active + 1, lease_seq = lease_seq + 1, last_used_at = now() \
            WHERE id = (SELECT id FROM jimeng_accounts WHERE account_status = 0 AND NOT is_deleted \
            AND image_generation_status = 1 AND image_active < image_limit AND quota_reset_time > now() \
            ORDER BY priority DESC, last_used_at NULLS FIRST, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
            RETURNING id, lease_seq, site_type";
        let account: Option<(String, i64, i16)> =
            sqlx::query_as(sql).fetch_optional(&mut *tx).await?;
        let Some((account, account_seq, site)) = account else {
            break;
        };
        let sql = "INSERT INTO generation_attempts (id, media, task_id, attempt_no, account_id, account_seq, site, seq, holder, \
            claim_token, submit_state, started_at, expires_at) VALUES (gen_random_uuid()::text, 0, $1, $2, $3, $4, $5, $6, 'h', \
            gen_random_uuid()::text, 0, now(), now() + interval '60 seconds') RETURNING id";
        let attempt: String = sqlx::query_scalar(sql)
            .bind(&id)
            .bind(attempt_no + 1)
            .bind(&account)
            .bind(account_seq)
            .bind(site)
            .bind(seq + 1)
            .fetch_one(&mut *tx)
            .await?;
        let sql = "UPDATE jimeng_image_generation_records SET generation_status = 1, ready = 0, jimeng_accounts_id = $2, \
            site_used = $3, attempt_id = $4, attempt_count = attempt_count + 1, lease_seq = lease_seq + 1, started_at = now(), \
            update_time = now(), version = version + 1 WHERE id = $1";
        sqlx::query(sql)
            .bind(&id)
            .bind(&account)
            .bind(site)
            .bind(&attempt)
            .execute(&mut *tx)
            .await?;
        event(&mut tx, &id, version + 1, &account, 1).await?;
        claimed.push(Claimed {
            id,
            attempt,
            account,
            seq: seq + 1,
        });
    }
    tx.commit().await?;
    Ok(claimed)
}

async fn complete(pool: &PgPool, task: &Claimed) -> Result<()> {
    let mut tx = pool.begin().await?;
    let sql = "UPDATE generation_attempts SET outcome = 0, ended_at = now(), expires_at = NULL \
        WHERE id = $1 AND seq = $2 AND outcome IS NULL AND submit_state IN (1, 2)";
    let ended = sqlx::query(sql).bind(&task.attempt).bind(task.seq);
    ensure!(ended.execute(&mut *tx).await?.rows_affected() == 1);
    let sql = "UPDATE jimeng_image_generation_records SET generation_status = 2, image_urls = $3::json, image_local_paths = '[]', \
        generation_time = extract(epoch FROM now() - started_at)::int, error_code = NULL, error_message = NULL, \
        finished_at = now(), update_time = now(), version = version + 1 \
        WHERE id = $1 AND attempt_id = $2 AND generation_status = 1 RETURNING version";
    let version: i64 = sqlx::query_scalar(sql)
        .bind(&task.id)
        .bind(&task.attempt)
        .bind(URLS)
        .fetch_one(&mut *tx)
        .await?;
    let sql = "UPDATE jimeng_accounts SET image_active = image_active - 1, image_count = image_count + 1 \
        WHERE id = $1 AND image_active > 0";
    let released = sqlx::query(sql).bind(&task.account);
    ensure!(released.execute(&mut *tx).await?.rows_affected() == 1);
    event(&mut tx, &task.id, version, &task.account, 2).await?;
    tx.commit().await?;
    Ok(())
}

async fn event(
    connection: &mut PgConnection,
    id: &str,
    version: i64,
    account: &str,
    to: i16,
) -> Result<()> {
    let sql = "INSERT INTO outbox_events (id, topic, aggregate_id, seq, kind, payload, create_time) \
        VALUES (gen_random_uuid()::text, 'generation.image', $1, $2, 'status_changed', $3::json, now())";
    sqlx::query(sql)
        .bind(id)
        .bind(version)
        .bind(payload(id, version, account, to))
        .execute(connection)
        .await?;
    Ok(())
}
