//! Inserts: first in the hope that every key is new, then without those that are not.
//!
//! The answer is exact: each row is new, present, or present with other content. The way is the same
//! on every database. What a database would offer instead loses something: `ON CONFLICT DO NOTHING`
//! says which rows were new but not which others differ, and `INSERT IGNORE` also swallows errors
//! that are no duplicates.

use genledger_contract::backend::Outcome;
use genledger_contract::row::RowBatch;
use genledger_contract::statement::{Duplicates, Insert, Reply};
use genledger_contract::{Error, ErrorKind, Result, RowOutcome};

use crate::chunk::{Binding, chunks};
use crate::connection::{Connection, CopyIn};
use crate::dialect::{Dialect, Limits};
use crate::executor::{Context, Scope};
use crate::lower::{Lower, bulk_insert, copy_in};

use super::key_order::in_key_order;
use super::present::Present;
use super::refuse;
use super::unit::Unit;

/// How often the rows that are left are tried before the others are too many.
const ROUNDS: u32 = 8;

/// The most rows of one COPY: a limit of the server on the time of a statement is one on this many.
const COPIED: usize = 5_000;

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
            Err(error) if keeps(insert, &error) => failed = Some(error),
            Err(error) => return Err(error),
        }
    }
    if chunks.len() > 1 {
        let mut tried = copied(&mut context, batch, &rows).await?;
        let keeps = insert.duplicates == Duplicates::Keep;
        if matches!(tried, Tried::Not) && keeps && dialect.aborts_on_error() {
            tried = at_once(&mut context, batch, &chunks, Way::Insert).await?;
        }
        match tried {
            Tried::New => {
                let new = vec![RowOutcome::New; batch.len()];
                return Ok(Outcome::Done(Reply::Inserted(new)));
            }
            Tried::Taken { conflict, .. } if !keeps => return Err(conflict),
            Tried::Taken { first, conflict } => failed = Some(conflict).filter(|_| first),
            Tried::Not => {}
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

/// What became of an insert in the hope that every key is new.
enum Tried {
    New,
    /// A key is taken, and everything is as before.
    Taken {
        /// Whether the first chunk of an INSERT has it.
        first: bool,
        conflict: Error,
    },
    /// It cannot be tried in this way, and everything is as before.
    Not,
}

/// How the rows of a chunk are sent.
#[derive(Clone, Copy, Debug)]
enum Way<'c> {
    Insert,
    Copy(&'c CopyIn),
}

/// Inserts all rows by COPY in the hope that every key is new. Fewer rows than an INSERT takes would need
/// more round trips by COPY.
async fn copied(context: &mut Context<'_>, batch: &RowBatch, rows: &[usize]) -> Result<Tried> {
    let dialect = context.dialect;
    let Some(copy) = copy_in(dialect, batch.table()) else {
        return Ok(Tried::Not);
    };
    if !context.connection.can_copy(&copy) {
        return Ok(Tried::Not);
    }
    let limits = Limits {
        rows: COPIED,
        ..context.connection.limits()
    };
    let chunks = chunks(dialect, &limits, batch, rows, Binding::Bulk)?;
    at_once(context, batch, &chunks, Way::Copy(&copy)).await
}

/// Inserts all chunks in the hope that every key is new: with a savepoint around all of them, or none
/// where the step has a transaction of its own, instead of one around each, which would be two more round
/// trips.
async fn at_once(
    context: &mut Context<'_>,
    batch: &RowBatch,
    chunks: &[&[usize]],
    way: Way<'_>,
) -> Result<Tried> {
    let dialect = context.dialect;
    let unit = Unit::begin(context).await?;
    let mut done = 0;
    let sent = if unit.is_own() {
        send_each(context.connection, dialect, batch, chunks, way, &mut done).await
    } else {
        guarded(context.connection, dialect, batch, chunks, way, &mut done).await
    };
    match unit.end(context, sent).await {
        Ok(()) => Ok(Tried::New),
        Err(conflict) if conflict.kind() == ErrorKind::UniqueViolation => Ok(Tried::Taken {
            first: done == 0 && matches!(way, Way::Insert),
            conflict,
        }),
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(Tried::Not),
        Err(error) => Err(error),
    }
}

/// Inserts chunks inside a savepoint; after a conflict, and where this way is refused, everything is as
/// before.
async fn guarded(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    batch: &RowBatch,
    chunks: &[&[usize]],
    way: Way<'_>,
    done: &mut usize,
) -> Result<()> {
    connection.run_script(SAVEPOINT).await?;
    match send_each(connection, dialect, batch, chunks, way, done).await {
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

/// Inserts chunks and counts those that are done.
async fn send_each(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    batch: &RowBatch,
    chunks: &[&[usize]],
    way: Way<'_>,
    done: &mut usize,
) -> Result<()> {
    for rows in chunks {
        match way {
            Way::Insert => send(connection, dialect, batch, rows).await?,
            Way::Copy(copy) => connection
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
    send_each(connection, dialect, batch, chunks, Way::Insert, &mut 0).await?;
    Ok(vec![RowOutcome::New; batch.len()])
}

/// `failed` is the conflict that the first chunk was tried with already.
async fn keep(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    batch: &RowBatch,
    chunks: &[&[usize]],
    mut failed: Option<Error>,
) -> Result<Vec<RowOutcome>> {
    let mut keep = Keep::new(dialect, batch);
    for chunk in chunks {
        if dialect.row_by_row() {
            keep.rows(connection, chunk).await?;
        } else {
            keep.chunk(connection, chunk, failed.take()).await?;
        }
    }
    Ok(keep.present.outcomes())
}

fn keeps(insert: &Insert, error: &Error) -> bool {
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

/// Sends one row as values, which costs a server with arrays less than arrays of one value.
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

/// Rows of a chunk that are still to be inserted.
struct Left {
    rows: Vec<usize>,
    /// How often they were tried.
    round: u32,
    /// Whether the last try was refused and yet none of their keys was found.
    untaken: bool,
    /// A conflict that they were tried with already.
    failed: Option<Error>,
}

/// An insert that keeps what is present.
struct Keep<'b> {
    dialect: &'static Dialect,
    batch: &'b RowBatch,
    present: Present<'b>,
}

impl<'b> Keep<'b> {
    fn new(dialect: &'static Dialect, batch: &'b RowBatch) -> Self {
        Self {
            dialect,
            batch,
            present: Present::new(dialect, batch),
        }
    }

    /// Inserts the rows of a chunk one by one, each of which fails alone. No one else writes in the
    /// meantime, so a conflict that is none of the primary key is one of another key.
    async fn rows(&mut self, connection: &mut dyn Connection, chunk: &[usize]) -> Result<()> {
        let sql = bulk_insert(self.dialect, self.batch.table(), 1, &[]);
        let mut conflict = None;
        let mut taken = Vec::new();
        for row in chunk {
            // What became of the first row of a key is that of all.
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

    /// Inserts the rows of a chunk that are not present. `failed` is the conflict that it was tried
    /// with already.
    async fn chunk(
        &mut self,
        connection: &mut dyn Connection,
        chunk: &[usize],
        failed: Option<Error>,
    ) -> Result<()> {
        let mut left = vec![Left {
            rows: chunk.to_vec(),
            round: 0,
            untaken: false,
            failed,
        }];
        while let Some(one) = left.pop() {
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
                    "others insert and delete the same keys all the time",
                )
                .with_table(self.batch.table().name)
                .with_source(conflict));
            }
            let rest = self.present.without(connection, &one.rows).await?;
            // No key is taken: it is one of the other unique keys, unless someone deleted the row
            // between the conflict and the look, which hardly happens twice in a row.
            let untaken = rest.len() == one.rows.len();
            if untaken && one.untaken && !self.batch.table().unique.is_empty() {
                return Err(conflict);
            }
            let limits = connection.limits();
            for rows in chunks(self.dialect, &limits, self.batch, &rest, Binding::Bulk)? {
                left.push(Left {
                    rows: rows.to_vec(),
                    round: one.round + 1,
                    untaken,
                    failed: None,
                });
            }
        }
        Ok(())
    }

    /// Inserts rows; after a conflict everything is as before.
    async fn attempt(&self, connection: &mut dyn Connection, rows: &[usize]) -> Result<()> {
        if !self.dialect.aborts_on_error() {
            return send(connection, self.dialect, self.batch, rows).await;
        }
        let table = self.batch.table();
        if let [row] = rows
            && table.unique.is_empty()
        {
            // One row under one key needs no savepoint, which would be two more round trips: the count
            // says what became of it.
            return match send_one(connection, self.dialect, self.batch, *row, true).await? {
                0 => Err(Error::new(ErrorKind::UniqueViolation, "the key is taken")
                    .with_table(table.name)),
                _ => Ok(()),
            };
        }
        guarded(
            connection,
            self.dialect,
            self.batch,
            &[rows],
            Way::Insert,
            &mut 0,
        )
        .await
    }
}
