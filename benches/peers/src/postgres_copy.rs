//! `COPY … FROM STDIN (FORMAT binary)` through plain sqlx.

use std::sync::OnceLock;

use anyhow::{Result, ensure};
use sqlx::PgPool;
use sqlx::postgres::PgPoolCopyExt;

use crate::columns;
use crate::row::{COLUMNS, LogRow};
use crate::sqlx_postgres::Sessions;
use crate::writer::Writer;

/// One COPY for each batch.
pub struct Copy(pub Sessions);

/// What a binary COPY begins with: its signature, no flags, no extension.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

fn sql() -> &'static str {
    static SQL: OnceLock<String> = OnceLock::new();
    SQL.get_or_init(|| format!("COPY logs ({}) FROM STDIN (FORMAT binary)", columns('"')))
}

fn field(to: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    to.extend_from_slice(&i32::try_from(bytes.len())?.to_be_bytes());
    to.extend_from_slice(bytes);
    Ok(())
}

fn text(to: &mut Vec<u8>, text: Option<&str>) -> Result<()> {
    if let Some(text) = text {
        return field(to, text.as_bytes());
    }
    to.extend_from_slice(&(-1_i32).to_be_bytes());
    Ok(())
}

fn append(to: &mut Vec<u8>, row: &LogRow) -> Result<()> {
    to.extend_from_slice(&i16::try_from(COLUMNS.len())?.to_be_bytes());
    for value in [row.id, row.user_id, row.created_at] {
        field(to, &value.to_be_bytes())?;
    }
    field(to, &row.kind.to_be_bytes())?;
    for value in [
        &row.content,
        &row.username,
        &row.token_name,
        &row.model_name,
    ] {
        text(to, Some(value))?;
    }
    for value in [row.quota, row.prompt_tokens, row.completion_tokens] {
        field(to, &value.to_be_bytes())?;
    }
    field(to, &row.use_time.to_be_bytes())?;
    field(to, &[u8::from(row.is_stream)])?;
    for value in [row.channel_id, row.token_id] {
        field(to, &value.to_be_bytes())?;
    }
    text(to, Some(&row.group))?;
    text(to, row.ip.as_deref())?;
    text(to, row.request_id.as_deref())?;
    text(to, Some(&row.other))
}

impl Writer for Copy {
    type Session = PgPool;
    type Batch = Vec<LogRow>;

    async fn open(&self, callers: usize) -> Result<Vec<PgPool>> {
        self.0.open(callers).await
    }

    fn batch(&self, rows: &[LogRow]) -> Result<Self::Batch> {
        Ok(rows.to_vec())
    }

    async fn write(&self, session: &mut PgPool, rows: Self::Batch) -> Result<()> {
        let mut data = Vec::with_capacity(rows.len() * 600);
        data.extend_from_slice(HEAD);
        for row in &rows {
            append(&mut data, row)?;
        }
        data.extend_from_slice(&(-1_i16).to_be_bytes());
        let mut copy = session.copy_in_raw(sql()).await?;
        copy.send(data).await?;
        ensure!(copy.finish().await? == rows.len() as u64);
        Ok(())
    }
}
