//! COPY: rows that reach the server faster than by any INSERT.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use genledger_contract::row::RowBatch;
use genledger_sql::CopyIn;
use genledger_sqlx::safe;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgArgumentBuffer, PgConnection};
use sqlx::{Executor, raw_sql};

use crate::bind;

/// What binary data begin with: their signature, no flags, and no extension.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What they end with, in place of the number of values of a row.
const END: &[u8] = &(-1_i16).to_be_bytes();

/// How many bytes are collected before they are sent.
const PIECE: usize = 128 << 10;

/// The COPY statements that are not tried any more, of a store and all its clones. A table that takes them
/// again, after a change of its schema or of the permissions, takes them from a store that connects
/// afterwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refused(Arc<Mutex<HashSet<Arc<str>>>>);

impl Refused {
    /// Whether a COPY was refused before.
    pub(crate) fn contains(&self, copy: &CopyIn) -> bool {
        self.statements().contains(&copy.sql)
    }

    /// Runs a COPY. Returns whether it was what an INSERT would have been.
    pub(crate) async fn copy(
        &self,
        connection: &mut PgConnection,
        copy: &CopyIn,
        batch: &RowBatch,
        rows: &[usize],
    ) -> sqlx::Result<bool> {
        let was_insert = match copied(connection, copy, batch, rows).await {
            Err(sqlx::Error::Database(error)) if refuses(&*error) => false,
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

/// Whether an error is about COPY, or about the table as COPY has it, so that an INSERT may be taken: what
/// is unsupported (row security, foreign servers), and what is wrong with the statement (other types
/// of columns, a view, no right to read), unless something does not exist. Errors of the data are
/// the same for both.
fn refuses(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    match &*code {
        // A table, a column, a schema; a statement of another session.
        "42P01" | "42703" | "42P05" => false,
        // Data in a format that the server does not know.
        "22P03" | "22P04" => true,
        code => code.starts_with("0A") || code.starts_with("42"),
    }
}

/// Runs a COPY and then looks for rules: nothing can add one between the COPY and the end of its
/// transaction.
async fn copied(
    connection: &mut PgConnection,
    copy: &CopyIn,
    batch: &RowBatch,
    rows: &[usize],
) -> sqlx::Result<bool> {
    let mut data = connection.copy_in_raw(&copy.sql).await?;
    let mut buffer = PgArgumentBuffer::default();
    buffer.extend_from_slice(HEAD);
    for row in rows {
        if let Err(error) = bind::row(&mut buffer, batch, *row) {
            data.abort("a value cannot be sent").await?;
            return Err(sqlx::Error::Encode(error));
        }
        if buffer.len() >= PIECE {
            data.send(&buffer[..]).await?;
            buffer.clear();
        }
    }
    buffer.extend_from_slice(END);
    data.send(&buffer[..]).await?;
    data.finish().await?;
    let rules = raw_sql(safe(Arc::clone(&copy.rules)));
    Ok(connection.execute(rules).await?.rows_affected() == 0)
}
