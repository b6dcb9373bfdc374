//! Runs inserts: first of all rows, and after a conflict of those that are not present.
//!
//! The outcome is exact: each row is new, present, or present with other content. The algorithm is the
//! same on every database, since their own features lose information: `ON CONFLICT DO NOTHING` reports
//! which rows were new, but not which ones differ, and `INSERT IGNORE` also ignores errors other than
//! duplicates.

use genledger_contract::backend::Outcome;
use genledger_contract::row::RowBatch;
use genledger_contract::statement::{Duplicates, Insert, Reply};
use genledger_contract::{Error, ErrorKind, Result, RowOutcome};

use crate::chunk::{Binding, chunks, in_key_order};
use crate::connection::{Connection, CopyIn};
use crate::dialect::{Dialect, Limits};
use crate::executor::{Context, Scope};
use crate::lower::{Lower, bulk_insert, copy_in};

use super::present::Present;
use super::refuse::refuse;
use super::unit::Unit;

/// How often the remaining rows are tried before the insert fails because of concurrent writes.
const ROUNDS: u32 = 8;

/// The most rows of one COPY, which a time limit of the server applies to.
const COPY_ROWS: usize = 5_000;

const SAVEPOINT: &str = "SAVEPOINT genledger_chunk";
const ROLLBACK: &str = "ROLLBACK TO SAVEPOINT genledger_chunk";
const RELEASE: &str = "RELEASE SAVEPOINT genledger_chunk";

pub(crate) async fn insert(mut context: Context<'_>, insert: &Insert) -> Result<Outcome<Reply>> {
    let batch: &RowBatch = &insert.rows;
    let dialect = context.dialect;
    let rows = in_key_order(batch);
    let limits = context.connection.limits();
    let chunks = refuse!(chunks(dialect, &limits, batch, &rows, Binding::Bulk));
    let mut failed = None;
    if context.scope == Scope::Autocommit
        && let [all] = chunks[..]
    {
        match send(context.connection, dialect, batch, all).await {
            Ok(()) => {
                let new = vec![RowOutcome::New; batch.len()];
                return Ok(Outcome::Done(Reply::Inserted(new)));
            }
            Err(error) if is_kept(insert, &error) => failed = Some(error),
            Err(error) => return Err(error),
        }
    }
    if chunks.len() > 1 {
        let mut attempt = copy_all(&mut context, batch, &rows).await?;
        let is_kept = insert.duplicates == Duplicates::Keep;
        if matches!(attempt, Attempt::Unsupported) && is_kept && dialect.aborts_on_error() {
            attempt = insert_all(&mut context, batch, &chunks, Method::Insert).await?;
        }
        match attempt {
            Attempt::New => {
                let new = vec![RowOutcome::New; batch.len()];
                return Ok(Outcome::Done(Reply::Inserted(new)));
            }
            Attempt::Conflict { conflict, .. } if !is_kept => return Err(conflict),
            Attempt::Conflict { first, conflict } => failed = Some(conflict).filter(|_| first),
            Attempt::Unsupported => {}
        }
    }
    let unit = Unit::begin(&mut context).await?;
    let outcomes = match insert.duplicates {
        Duplicates::Refuse => all_new(context.connection, dialect, batch, &chunks).await,
        Duplicates::Keep => keep(context.connection, dialect, batch, &chunks, failed).await,
    };
    let outcomes = unit.end(&mut context, outcomes).await?;
    Ok(Outcome::Done(Reply::Inserted(outcomes)))
}

/// The outcome of an attempt to insert all rows as new.
enum Attempt {
    New,
    /// A key exists, and the attempt was rolled back.
    Conflict {
        /// Whether the first chunk of an INSERT caused it.
        first: bool,
        conflict: Error,
    },
    /// Not supported, and the attempt was rolled back.
    Unsupported,
}

/// How the rows of a chunk are sent.
#[derive(Clone, Copy, Debug)]
enum Method<'c> {
    Insert,
    Copy(&'c CopyIn),
}

/// Attempts to insert all rows as new by COPY, if the dialect has it, every column has a binary form, and the
/// connection has not refused it for this table before (`can_copy`). For the rows of a single INSERT, COPY would
/// need more round trips.
async fn copy_all(context: &mut Context<'_>, batch: &RowBatch, rows: &[usize]) -> Result<Attempt> {
    let dialect = context.dialect;
    let Some(copy) = copy_in(dialect, batch.table()) else {
        return Ok(Attempt::Unsupported);
    };
    if !context.connection.can_copy(&copy) {
        return Ok(Attempt::Unsupported);
    }
    let limits = Limits {
        rows: COPY_ROWS,
        ..context.connection.limits()
    };
    let chunks = chunks(dialect, &limits, batch, rows, Binding::Bulk)?;
    insert_all(context, batch, &chunks, Method::Copy(&copy)).await
}

/// Attempts to insert all chunks as new: with one savepoint around all of them, or none in a
/// transaction of its own, instead of one around each, which would cost two more round trips per chunk.
async fn insert_all(
    context: &mut Context<'_>,
    batch: &RowBatch,
    chunks: &[&[usize]],
    method: Method<'_>,
) -> Result<Attempt> {
    let dialect = context.dialect;
    let unit = Unit::begin(context).await?;
    let mut done = 0;
    let sent = if unit.is_own() {
        send_each(
            context.connection,
            dialect,
            batch,
            chunks,
            method,
            &mut done,
        )
        .await
    } else {
        with_savepoint(
            context.connection,
            dialect,
            batch,
            chunks,
            method,
            &mut done,
        )
        .await
    };
    match unit.end(context, sent).await {
        Ok(()) => Ok(Attempt::New),
        Err(conflict) if conflict.kind() == ErrorKind::UniqueViolation => Ok(Attempt::Conflict {
            first: done == 0 && matches!(method, Method::Insert),
            conflict,
        }),
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(Attempt::Unsupported),
        Err(error) => Err(error),
    }
}

/// Inserts chunks inside a savepoint, which is rolled back after a conflict, and if the method is not
/// supported.
async fn with_savepoint(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    batch: &RowBatch,
    chunks: &[&[usize]],
    method: Method<'_>,
    done: &mut usize,
) -> Result<()> {
    connection.run_script(SAVEPOINT).await?;
    match send_each(connection, dialect, batch, chunks, method, done).await {
        Ok(()) => connection.run_script(RELEASE).await,
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::UniqueViolation | ErrorKind::Unsupported
            ) =>
        {
            connection.run_script(ROLLBACK).await?;
            connection.run_script(RELEASE).await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

/// Inserts chunks and counts the completed ones.
async fn send_each(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    batch: &RowBatch,
    chunks: &[&[usize]],
    method: Method<'_>,
    done: &mut usize,
) -> Result<()> {
    for rows in chunks {
        match method {
            Method::Insert => send(connection, dialect, batch, rows).await?,
            Method::Copy(copy) => connection
                .copy_rows(copy, batch, rows)
                .await
                .map_err(|error| error.with_table(batch.table().name))?,
        }
        *done += 1;
    }
    Ok(())
}

async fn all_new(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    batch: &RowBatch,
    chunks: &[&[usize]],
) -> Result<Vec<RowOutcome>> {
    send_each(connection, dialect, batch, chunks, Method::Insert, &mut 0).await?;
    Ok(vec![RowOutcome::New; batch.len()])
}

/// `failed` is the conflict of an earlier attempt of the first chunk.
async fn keep(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    batch: &RowBatch,
    chunks: &[&[usize]],
    mut failed: Option<Error>,
) -> Result<Vec<RowOutcome>> {
    let mut keep = InsertIfAbsent::new(dialect, batch);
    for chunk in chunks {
        if dialect.row_by_row() {
            keep.rows(connection, chunk).await?;
        } else {
            keep.chunk(connection, chunk, failed.take()).await?;
        }
    }
    Ok(keep.present.outcomes())
}

fn is_kept(insert: &Insert, error: &Error) -> bool {
    insert.duplicates == Duplicates::Keep && error.kind() == ErrorKind::UniqueViolation
}

async fn send(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    batch: &RowBatch,
    rows: &[usize],
) -> Result<()> {
    if let [row] = rows
        && dialect.has_arrays()
    {
        return send_one(connection, dialect, batch, *row, false)
            .await
            .map(drop);
    }
    let sql = bulk_insert(dialect, batch.table(), rows.len(), &[]);
    connection
        .insert_rows(&sql, batch, rows)
        .await
        .map(drop)
        .map_err(|error| error.with_table(batch.table().name))
}

/// Sends one row as values, which a server with arrays handles faster than arrays of one value.
async fn send_one(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    batch: &RowBatch,
    row: usize,
    unless_taken: bool,
) -> Result<u64> {
    let table = batch.table();
    let values = (0..table.columns.len()).map(|column| batch.value(row, column));
    let statement =
        Lower::new(dialect, connection.limits(), table).insert_one(values, unless_taken)?;
    connection
        .execute(statement.sql(), &statement.params())
        .await
        .map_err(|error| error.with_table(table.name))
}

/// Rows of a chunk that are not inserted yet.
struct Pending {
    rows: Vec<usize>,
    /// The number of attempts.
    round: u32,
    /// Whether the last attempt failed although none of their primary keys was found.
    key_not_found: bool,
    /// The conflict of an earlier attempt.
    failed: Option<Error>,
}

/// An insert that skips rows that are present.
struct InsertIfAbsent<'b> {
    dialect: &'static Dialect,
    batch: &'b RowBatch,
    present: Present<'b>,
}

impl<'b> InsertIfAbsent<'b> {
    fn new(dialect: &'static Dialect, batch: &'b RowBatch) -> Self {
        Self {
            dialect,
            batch,
            present: Present::new(dialect, batch),
        }
    }

    /// Inserts the rows of a chunk one by one. There are no concurrent writes, so a conflict that is
    /// not of the primary key is of another unique key.
    async fn rows(&mut self, connection: &mut dyn Connection, chunk: &[usize]) -> Result<()> {
        let sql = bulk_insert(self.dialect, self.batch.table(), 1, &[]);
        let mut conflict = None;
        let mut taken = Vec::new();
        for row in chunk {
            // The outcome of the first row with a key applies to all rows with it.
            if conflict.is_some() && !self.present.is_first(*row) {
                continue;
            }
            match connection.insert_rows(&sql, self.batch, &[*row]).await {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::UniqueViolation => {
                    taken.push(*row);
                    conflict = Some(error);
                }
                Err(error) => return Err(error.with_table(self.batch.table().name)),
            }
        }
        match conflict {
            Some(conflict) if !self.present.without(connection, &taken).await?.is_empty() => {
                Err(conflict.with_table(self.batch.table().name))
            }
            _ => Ok(()),
        }
    }

    /// Inserts the rows of a chunk that are not present. `failed` is the conflict of an earlier
    /// attempt.
    async fn chunk(
        &mut self,
        connection: &mut dyn Connection,
        chunk: &[usize],
        failed: Option<Error>,
    ) -> Result<()> {
        let mut pending = vec![Pending {
            rows: chunk.to_vec(),
            round: 0,
            key_not_found: false,
            failed,
        }];
        while let Some(one) = pending.pop() {
            let conflict = match one.failed {
                Some(conflict) => conflict,
                None => match self.attempt(connection, &one.rows).await {
                    Ok(()) => continue,
                    Err(error) if error.kind() == ErrorKind::UniqueViolation => error,
                    Err(error) => return Err(error),
                },
            };
            if one.round >= ROUNDS {
                return Err(Error::new(
                    ErrorKind::SerializationFailure,
                    "the same keys are inserted and deleted concurrently",
                )
                .with_table(self.batch.table().name)
                .with_source(conflict));
            }
            let rest = self.present.without(connection, &one.rows).await?;
            // No primary key exists, so the conflict is of another unique key, unless the row was
            // deleted between the conflict and this query, which is unlikely to happen twice.
            let key_not_found = rest.len() == one.rows.len();
            if key_not_found && one.key_not_found && self.has_other_keys() {
                return Err(conflict);
            }
            let limits = connection.limits();
            for rows in chunks(self.dialect, &limits, self.batch, &rest, Binding::Bulk)? {
                pending.push(Pending {
                    rows: rows.to_vec(),
                    round: one.round + 1,
                    key_not_found,
                    failed: None,
                });
            }
        }
        Ok(())
    }

    /// Whether a conflict may be of another key than the primary key. A table that is to be partitioned may not have been
    /// moved over yet: then its key has fewer columns.
    fn has_other_keys(&self) -> bool {
        let table = self.dialect.place(self.batch.table());
        !table.unique.is_empty() || table.partitioned_by.is_some()
    }

    /// Inserts rows; a conflict has no effect.
    async fn attempt(&self, connection: &mut dyn Connection, rows: &[usize]) -> Result<()> {
        if !self.dialect.aborts_on_error() {
            return send(connection, self.dialect, self.batch, rows).await;
        }
        let table = self.batch.table();
        if let [row] = rows
            && table.unique.is_empty()
        {
            // One row with one unique key needs no savepoint, which would cost two more round trips:
            // the count of inserted rows is the outcome.
            return match send_one(connection, self.dialect, self.batch, *row, true).await? {
                0 => Err(Error::unique_violation()
                    .with_table(table.name)
                    .with_column(table.primary_key[0])),
                _ => Ok(()),
            };
        }
        with_savepoint(
            connection,
            self.dialect,
            self.batch,
            &[rows],
            Method::Insert,
            &mut 0,
        )
        .await
    }
}
