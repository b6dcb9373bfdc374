//! SQLite through plain rusqlite: the fastest way.

use std::sync::Arc;

use anyhow::{Context, Result};
use rusqlite::{Connection, params};

use crate::row::LogRow;
use crate::writer::Writer;
use crate::{columns, marks};

/// A connection in WAL mode with `synchronous = NORMAL`.
pub fn connect(url: &str) -> Result<Connection> {
    let connection = Connection::open(url.trim_start_matches("sqlite:"))?;
    connection.pragma_update(None, "synchronous", "normal")?;
    Ok(connection)
}

/// One prepared statement in a loop, in one transaction for each batch.
pub struct Loop {
    pub url: String,
}

impl Writer for Loop {
    type Session = Connection;
    type Batch = Vec<LogRow>;

    async fn open(&self, _callers: usize) -> Result<Vec<Connection>> {
        Ok(vec![connect(&self.url)?])
    }

    fn batch(&self, rows: &[LogRow]) -> Result<Self::Batch> {
        Ok(rows.to_vec())
    }

    async fn write(&self, session: &mut Connection, rows: Self::Batch) -> Result<()> {
        // On the caller's thread: no other task runs on it here.
        let transaction = session.transaction()?;
        {
            let sql = format!("INSERT INTO logs ({}) VALUES {}", columns('"'), marks(1));
            let mut statement = transaction.prepare_cached(&sql)?;
            for row in &rows {
                statement.execute(params![
                    row.id,
                    row.user_id,
                    row.created_at,
                    row.kind,
                    row.content,
                    row.username,
                    row.token_name,
                    row.model_name,
                    row.quota,
                    row.prompt_tokens,
                    row.completion_tokens,
                    row.use_time,
                    row.is_stream,
                    row.channel_id,
                    row.token_id,
                    row.group,
                    row.ip,
                    row.request_id,
                    row.other,
                ])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

/// Reads a row, in the order of the columns.
fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<LogRow> {
    Ok(LogRow {
        id: row.get(0)?,
        user_id: row.get(1)?,
        created_at: row.get(2)?,
        kind: row.get(3)?,
        content: row.get(4)?,
        username: row.get(5)?,
        token_name: row.get(6)?,
        model_name: row.get(7)?,
        quota: row.get(8)?,
        prompt_tokens: row.get(9)?,
        completion_tokens: row.get(10)?,
        use_time: row.get(11)?,
        is_stream: row.get(12)?,
        channel_id: row.get(13)?,
        token_id: row.get(14)?,
        group: row.get(15)?,
        ip: row.get(16)?,
        request_id: row.get(17)?,
        other: row.get(18)?,
    })
}

/// Reads rows on the caller's thread.
///
/// # Errors
/// Those of the database.
pub fn select(connection: &Connection, sql: &str) -> Result<Vec<LogRow>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Reads rows on a thread for blocking work, as a service must, and returns their number.
///
/// # Errors
/// Those of the database, and when another read has the connection.
pub async fn select_off_thread(slot: &mut Option<Connection>, sql: Arc<str>) -> Result<usize> {
    let connection = slot.take().context("the connection is in use")?;
    let read = tokio::task::spawn_blocking(move || {
        let rows = select(&connection, &sql);
        (connection, rows)
    });
    let (connection, rows) = read.await?;
    *slot = Some(connection);
    Ok(rows?.len())
}
