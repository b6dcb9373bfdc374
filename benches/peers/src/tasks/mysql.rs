//! The queue on MariaDB and MySQL, through sqlx.

use anyhow::{Result, ensure};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::{MySqlConnection, MySqlPool};

use super::{Claimed, Queue, URLS, payload};
use crate::sqlx_mysql::pool;

pub struct MySql(MySqlPool);

impl MySql {
    pub async fn open(url: &str, connections: usize) -> Result<Self> {
        Ok(Self(pool(url, connections).await?))
    }
}

/// The transaction was rolled back, and is run again, as every application must.
fn is_deadlock(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<sqlx::Error>();
    let code = error.and_then(|error| {
        error
            .as_database_error()?
            .try_downcast_ref::<MySqlDatabaseError>()
    });
    code.is_some_and(|error| error.number() == 1213)
}

impl Queue for MySql {
    async fn work(&self, most: usize) -> Result<usize> {
        let claimed = loop {
            match claim(&self.0, most).await {
                Err(error) if is_deadlock(&error) => {}
                claimed => break claimed?,
            }
        };
        for task in &claimed {
            let started = sqlx::query(
                "UPDATE generation_attempts SET submit_state = 1, submitted_at = now(3) \
                WHERE id = ? AND seq = ? AND outcome IS NULL AND submit_state = 0",
            );
            let started = started.bind(&task.attempt).bind(task.seq);
            ensure!(started.execute(&self.0).await?.rows_affected() == 1);
            while let Err(error) = complete(&self.0, task).await {
                if !is_deadlock(&error) {
                    return Err(error);
                }
            }
        }
        Ok(claimed.len())
    }

    async fn clear(&self) -> Result<()> {
        for sql in [
            "TRUNCATE jimeng_image_generation_records",
            "TRUNCATE generation_attempts",
            "TRUNCATE outbox_events",
            "UPDATE jimeng_accounts SET image_active = 0, image_count = 0",
        ] {
            sqlx::raw_sql(sql).execute(&self.0).await?;
        }
        Ok(())
    }
}

async fn claim(pool: &MySqlPool, most: usize) -> Result<Vec<Claimed>> {
    let mut tx = pool.begin().await?;
    let sql = "SELECT id, version, attempt_count, lease_seq, prompt, uuid() FROM jimeng_image_generation_records \
        WHERE ready = 1 AND account_type = 0 AND NOT is_deleted \
        ORDER BY priority DESC, create_time, id LIMIT ? FOR UPDATE SKIP LOCKED";
    let tasks: Vec<(String, i64, i32, i64, String, String)> = sqlx::query_as(sql)
        .bind(i64::try_from(most)?)
        .fetch_all(&mut *tx)
        .await?;
    let mut claimed = Vec::new();
    for (id, version, attempt_no, seq, _, attempt) in tasks {
        let sql = "SELECT id, lease_seq, site_type FROM jimeng_accounts WHERE account_status = 0 AND NOT is_deleted \
            AND image_generation_status = 1 AND image_active < image_limit AND quota_reset_time > now(3) \
            ORDER BY priority DESC, last_used_at, id LIMIT 1 FOR UPDATE SKIP LOCKED";
        let account: Option<(String, i64, i16)> =
            sqlx::query_as(sql).fetch_optional(&mut *tx).await?;
        let Some((account, account_seq, site)) = account else {
            break;
        };
        let sql = "UPDATE jimeng_accounts SET image_active = image_active + 1, lease_seq = lease_seq + 1, \
            last_used_at = now(3) WHERE id = ?";
        sqlx::query(sql).bind(&account).execute(&mut *tx).await?;
        let sql = "INSERT INTO generation_attempts (id, media, task_id, attempt_no, account_id, account_seq, site, seq, holder, \
            claim_token, submit_state, started_at, expires_at) VALUES (?, 0, ?, ?, ?, ?, ?, ?, 'h', uuid(), 0, now(3), \
            now(3) + interval 60 second)";
        sqlx::query(sql)
            .bind(&attempt)
            .bind(&id)
            .bind(attempt_no + 1)
            .bind(&account)
            .bind(account_seq + 1)
            .bind(site)
            .bind(seq + 1)
            .execute(&mut *tx)
            .await?;
        let sql = "UPDATE jimeng_image_generation_records SET generation_status = 1, ready = 0, jimeng_accounts_id = ?, \
            site_used = ?, attempt_id = ?, attempt_count = attempt_count + 1, lease_seq = lease_seq + 1, started_at = now(3), \
            update_time = now(3), version = version + 1 WHERE id = ?";
        sqlx::query(sql)
            .bind(&account)
            .bind(site)
            .bind(&attempt)
            .bind(&id)
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

async fn complete(pool: &MySqlPool, task: &Claimed) -> Result<()> {
    let mut tx = pool.begin().await?;
    let sql = "UPDATE generation_attempts SET outcome = 0, ended_at = now(3), expires_at = NULL \
        WHERE id = ? AND seq = ? AND outcome IS NULL AND submit_state IN (1, 2)";
    let ended = sqlx::query(sql).bind(&task.attempt).bind(task.seq);
    ensure!(ended.execute(&mut *tx).await?.rows_affected() == 1);
    let sql = "UPDATE jimeng_image_generation_records SET generation_status = 2, image_urls = ?, image_local_paths = '[]', \
        generation_time = timestampdiff(second, started_at, now(3)), error_code = NULL, error_message = NULL, \
        finished_at = now(3), update_time = now(3), version = version + 1 \
        WHERE id = ? AND attempt_id = ? AND generation_status = 1";
    let changed = sqlx::query(sql)
        .bind(URLS)
        .bind(&task.id)
        .bind(&task.attempt)
        .execute(&mut *tx)
        .await?;
    ensure!(changed.rows_affected() == 1);
    let sql = "SELECT version FROM jimeng_image_generation_records WHERE id = ?";
    let version: i64 = sqlx::query_scalar(sql)
        .bind(&task.id)
        .fetch_one(&mut *tx)
        .await?;
    let sql = "UPDATE jimeng_accounts SET image_active = image_active - 1, image_count = image_count + 1 \
        WHERE id = ? AND image_active > 0";
    let released = sqlx::query(sql).bind(&task.account);
    ensure!(released.execute(&mut *tx).await?.rows_affected() == 1);
    event(&mut tx, &task.id, version, &task.account, 2).await?;
    tx.commit().await?;
    Ok(())
}

async fn event(
    connection: &mut MySqlConnection,
    id: &str,
    version: i64,
    account: &str,
    to: i16,
) -> Result<()> {
    let sql = "INSERT INTO outbox_events (id, topic, aggregate_id, seq, kind, payload, create_time) \
        VALUES (uuid(), 'generation.image', ?, ?, 'status_changed', ?, now(3))";
    sqlx::query(sql)
        .bind(id)
        .bind(version)
        .bind(payload(id, version, account, to))
        .execute(connection)
        .await?;
    Ok(())
}
