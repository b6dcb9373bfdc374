//! The queue on SQLite, through rusqlite. One connection is enough: the database has one writer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, ensure};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Claimed, Queue, URLS, payload};
use crate::rusqlite::connect;

pub struct Sqlite(Arc<Mutex<Connection>>);

impl Sqlite {
    pub fn open(url: &str) -> Result<Self> {
        let connection = connect(url)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            let mut connection: MutexGuard<'_, Connection> =
                connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connection)
        })
        .await?
    }
}

const NOW: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

impl Queue for Sqlite {
    async fn work(&self, most: usize) -> Result<usize> {
        let claimed = self.run(move |connection| claim(connection, most)).await?;
        let count = claimed.len();
        for task in claimed {
            let task = self
                .run(move |connection| {
                    let sql = format!(
                        "UPDATE generation_attempts SET submit_state = 1, submitted_at = {NOW} \
                        WHERE id = ? AND seq = ? AND outcome IS NULL AND submit_state = 0"
                    );
                    let mut start = connection.prepare_cached(&sql)?;
                    ensure!(start.execute(params![task.attempt, task.seq])? == 1);
                    Ok(task)
                })
                .await?;
            self.run(move |connection| complete(connection, &task))
                .await?;
        }
        Ok(count)
    }

    async fn clear(&self) -> Result<()> {
        self.run(|connection| {
            connection.execute_batch(
                "DELETE FROM jimeng_image_generation_records; DELETE FROM generation_attempts; DELETE FROM outbox_events; \
                UPDATE jimeng_accounts SET image_active = 0, image_count = 0; PRAGMA wal_checkpoint(TRUNCATE);",
            )?;
            Ok(())
        })
        .await
    }
}

fn claim(connection: &mut Connection, most: usize) -> Result<Vec<Claimed>> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tasks: Vec<(String, i64, i32, i64, String)> = {
        let mut select = tx.prepare_cached(
            "SELECT id, version, attempt_count, lease_seq, prompt FROM jimeng_image_generation_records \
            WHERE ready = 1 AND account_type = 0 AND NOT is_deleted \
            ORDER BY priority DESC, create_time, id LIMIT ?",
        )?;
        let rows = select.query_map([i64::try_from(most)?], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })?;
        rows.collect::<Result<_, _>>()?
    };
    let mut claimed = Vec::new();
    for (id, version, attempt_no, seq, _) in tasks {
        let sql = format!(
            "UPDATE jimeng_accounts SET image_active = image_active + 1, lease_seq = lease_seq + 1, last_used_at = {NOW} \
            WHERE id = (SELECT id FROM jimeng_accounts WHERE account_status = 0 AND NOT is_deleted \
            AND image_generation_status = 1 AND image_active < image_limit AND quota_reset_time > {NOW} \
            ORDER BY priority DESC, last_used_at, id LIMIT 1) RETURNING id, lease_seq, site_type"
        );
        let account: Option<(String, i64, i64)> = tx
            .prepare_cached(&sql)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((account, account_seq, site)) = account else {
            break;
        };
        let sql = format!(
            "INSERT INTO generation_attempts (id, media, task_id, attempt_no, account_id, account_seq, site, seq, holder, \
            claim_token, submit_state, started_at, expires_at) VALUES (lower(hex(randomblob(18))), 0, ?, ?, ?, ?, ?, ?, 'h', \
            lower(hex(randomblob(18))), 0, {NOW}, {NOW} + 60000) RETURNING id"
        );
        let attempt: String = tx.prepare_cached(&sql)?.query_row(
            params![id, attempt_no + 1, account, account_seq, site, seq + 1],
            |row| row.get(0),
        )?;
        let sql = format!(
            "UPDATE jimeng_image_generation_records SET generation_status = 1, ready = 0, jimeng_accounts_id = ?, \
            site_used = ?, attempt_id = ?, attempt_count = attempt_count + 1, lease_seq = lease_seq + 1, started_at = {NOW}, \
            update_time = {NOW}, version = version + 1 WHERE id = ?"
        );
        tx.prepare_cached(&sql)?
            .execute(params![account, site, attempt, id])?;
        event(&tx, &id, version + 1, &account, 1)?;
        claimed.push(Claimed {
            id,
            attempt,
            account,
            seq: seq + 1,
        });
    }
    tx.commit()?;
    Ok(claimed)
}

fn complete(connection: &mut Connection, task: &Claimed) -> Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = format!(
        "UPDATE generation_attempts SET outcome = 0, ended_at = {NOW}, expires_at = NULL \
        WHERE id = ? AND seq = ? AND outcome IS NULL AND submit_state IN (1, 2)"
    );
    let ended = tx
        .prepare_cached(&sql)?
        .execute(params![task.attempt, task.seq])?;
    ensure!(ended == 1);
    let sql = format!(
        "UPDATE jimeng_image_generation_records SET generation_status = 2, image_urls = ?, image_local_paths = '[]', \
        generation_time = ({NOW} - started_at) / 1000, error_code = NULL, error_message = NULL, \
        finished_at = {NOW}, update_time = {NOW}, version = version + 1 \
        WHERE id = ? AND attempt_id = ? AND generation_status = 1 RETURNING version"
    );
    let version: i64 = tx
        .prepare_cached(&sql)?
        .query_row(params![URLS, task.id, task.attempt], |row| row.get(0))?;
    let released = tx
        .prepare_cached(
            "UPDATE jimeng_accounts SET image_active = image_active - 1, image_count = image_count + 1 \
            WHERE id = ? AND image_active > 0",
        )?
        .execute([&task.account])?;
    ensure!(released == 1);
    event(&tx, &task.id, version, &task.account, 2)?;
    tx.commit()?;
    Ok(())
}

fn event(tx: &Transaction<'_>, id: &str, version: i64, account: &str, to: i16) -> Result<()> {
    let sql = format!(
        "INSERT INTO outbox_events (id, topic, aggregate_id, seq, kind, payload, create_time) \
        VALUES (lower(hex(randomblob(18))), 'generation.image', ?, ?, 'status_changed', ?, {NOW})"
    );
    tx.prepare_cached(&sql)?
        .execute(params![id, version, payload(id, version, account, to)])?;
    Ok(())
}
