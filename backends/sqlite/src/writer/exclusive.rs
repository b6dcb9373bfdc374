//! An explicit transaction: it has the thread for itself until it ends.

use std::sync::mpsc::{Receiver, channel};

use genledger_contract::{Error, ErrorKind, Result};
use tokio::sync::oneshot;

use super::Begin;
use crate::connection::SqliteConnection;
use crate::error::{classify, of_commit};
use crate::job::Job;

/// What a transaction does next. When its handle is dropped, it is rolled back.
pub(crate) enum Step {
    /// Runs a statement.
    Run(Box<dyn Job>),
    /// Commits.
    Commit(oneshot::Sender<Result<()>>),
    /// Rolls back.
    Rollback(oneshot::Sender<Result<()>>),
}

pub(super) fn run(connection: &mut SqliteConnection, begin: Begin) {
    if !begin.stage.start() {
        return;
    }
    if let Err(error) = connection.raw.execute_batch("BEGIN IMMEDIATE") {
        drop(begin.reply.send(Err(classify(error))));
        return;
    }
    let (steps, queue) = channel();
    if begin.reply.send(Ok(steps)).is_ok() {
        serve(connection, &queue);
    }
    if !connection.raw.is_autocommit()
        && let Err(error) = connection.raw.execute_batch("ROLLBACK")
    {
        tracing::warn!(%error, "a transaction could not be rolled back");
    }
}

fn serve(connection: &mut SqliteConnection, queue: &Receiver<Step>) {
    while let Ok(step) = queue.recv() {
        match step {
            Step::Run(job) => one(connection, job),
            Step::Commit(reply) => {
                drop(reply.send(commit(connection)));
                return;
            }
            Step::Rollback(reply) => {
                drop(reply.send(rollback(connection)));
                return;
            }
        }
    }
}

fn one(connection: &mut SqliteConnection, mut job: Box<dyn Job>) {
    if connection.raw.is_autocommit() {
        // SQLite ended the transaction itself, as it does when the disk is full.
        job.fail(ended());
    } else if job.start() {
        job.run(connection);
        job.answer();
    }
}

fn commit(connection: &SqliteConnection) -> Result<()> {
    if connection.raw.is_autocommit() {
        return Err(ended());
    }
    connection.raw.execute_batch("COMMIT").map_err(of_commit)
}

fn rollback(connection: &SqliteConnection) -> Result<()> {
    if connection.raw.is_autocommit() {
        return Ok(());
    }
    connection.raw.execute_batch("ROLLBACK").map_err(classify)
}

fn ended() -> Error {
    Error::new(ErrorKind::Aborted, "the database has ended the transaction")
}
