//! Binary COPY, which is faster than any INSERT. Whether a batch is copied is decided in `run/insert.rs` of
//! `genledger-sql`; here is what the server has to be asked, and how rows are sent.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use genledger_contract::row::RowBatch;
use genledger_sql::CopyIn;
use genledger_sqlx::safe;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgArgumentBuffer, PgConnection};
use sqlx::{Executor, raw_sql};

use crate::bind;

/// The header of the binary format: the signature, no flags, and no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The trailer, in place of the number of values of a row.
const TRAILER: &[u8] = &(-1_i16).to_be_bytes();

/// How many bytes are collected before they are sent.
const CHUNK: usize = 128 << 10;

/// The COPY statements that the server rejected, shared by a store and its clones. They are not tried
/// again, even after a change of the schema or the permissions, until a new store connects.
#[derive(Clone, Debug, Default)]
pub(crate) struct RejectedCopies(Arc<Mutex<HashSet<Arc<str>>>>);

impl RejectedCopies {
    /// Whether a COPY was rejected before.
    pub(crate) fn contains(&self, copy: &CopyIn) -> bool {
        self.statements().contains(&copy.sql)
    }

    /// Runs a COPY. Returns whether it had the effect of an INSERT.
    pub(crate) async fn copy(
        &self,
        connection: &mut PgConnection,
        copy: &CopyIn,
        batch: &RowBatch,
        rows: &[usize],
    ) -> sqlx::Result<bool> {
        let was_insert = match copy_in(connection, copy, batch, rows).await {
            Err(sqlx::Error::Database(error)) if is_rejection(&*error) => false,
            outcome => outcome?,
        };
        if !was_insert {
            self.statements().insert(Arc::clone(&copy.sql));
        }
        Ok(was_insert)
    }

    fn statements(&self) -> MutexGuard<'_, HashSet<Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an INSERT may succeed where this error failed a COPY: what COPY does not support (row
/// security, foreign servers), and errors of the statement (other column types, a view, no permission
/// to read), unless an object does not exist. Errors of the data are the same for both.
fn is_rejection(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    match &*code {
        // A table, a column, a schema; a statement of another session.
        "42P01" | "42703" | "42P05" => false,
        // Data in a format that the server does not know.
        "22P03" | "22P04" => true,
        code => code.starts_with("0A") || code.starts_with("42"),
    }
}

/// Runs a COPY and then checks for rules: none can be added between the COPY and the end of its
/// transaction.
async fn copy_in(
    connection: &mut PgConnection,
    copy: &CopyIn,
    batch: &RowBatch,
    rows: &[usize],
) -> sqlx::Result<bool> {
    let mut data = connection.copy_in_raw(&copy.sql).await?;
    let mut buffer = PgArgumentBuffer::default();
    buffer.extend_from_slice(HEADER);
    for row in rows {
        if let Err(error) = bind::row(&mut buffer, batch, *row) {
            data.abort("a value cannot be sent").await?;
            return Err(sqlx::Error::Encode(error));
        }
        if buffer.len() >= CHUNK {
            data.send(&buffer[..]).await?;
            buffer.clear();
        }
    }
    buffer.extend_from_slice(TRAILER);
    data.send(&buffer[..]).await?;
    data.finish().await?;
    let rules = raw_sql(safe(Arc::clone(&copy.rules)));
    Ok(connection.execute(rules).await?.rows_affected() == 0)
}
