//! Group commit: the writes that wait at the same time are one transaction.

use genledger_contract::{Error, ErrorKind};

use crate::connection::SqliteConnection;
use crate::error::{classify, of_commit, unavailable};
use crate::job::Job;

/// The most writes of one commit.
pub(super) const MOST: usize = 512;

/// Runs jobs, each in a savepoint, and answers them after the commit.
pub(super) fn run(connection: &mut SqliteConnection, jobs: Vec<Box<dyn Job>>) {
    let mut jobs: Vec<Box<dyn Job>> = jobs.into_iter().filter(|job| job.start()).collect();
    if jobs.is_empty() {
        return;
    }
    if let Err(error) = connection.raw.execute_batch("BEGIN IMMEDIATE") {
        fail(jobs, &classify(error));
        return;
    }
    if jobs.len() == 1 {
        // What is alone is undone with the whole transaction.
        let succeeded = jobs.iter_mut().all(|job| job.run(connection));
        end(connection, jobs, succeeded);
        return;
    }
    let mut done = Vec::with_capacity(jobs.len());
    while !jobs.is_empty() {
        let mut job = jobs.remove(0);
        let point = savepoint(connection, &mut job);
        done.push(job);
        if point.is_err() || connection.raw.is_autocommit() {
            // SQLite gave up the whole transaction, as it does when the disk is full.
            lost(connection, done);
            run_again(connection, jobs);
            return;
        }
    }
    end(connection, done, true);
}

/// Runs a job so that it is undone alone when it fails. A savepoint costs a third of a small write,
/// since SQLite copies every page that is changed after it.
fn savepoint(connection: &mut SqliteConnection, job: &mut Box<dyn Job>) -> rusqlite::Result<()> {
    if !job.needs_savepoint() {
        job.run(connection);
        return Ok(());
    }
    prepared(connection, "SAVEPOINT genledger_job")?;
    if !job.run(connection) {
        prepared(connection, "ROLLBACK TO SAVEPOINT genledger_job")?;
    }
    prepared(connection, "RELEASE SAVEPOINT genledger_job")
}

fn prepared(connection: &SqliteConnection, sql: &str) -> rusqlite::Result<()> {
    connection.raw.prepare_cached(sql)?.raw_execute().map(drop)
}

/// Commits and answers. A job that failed has its answer already, and it holds whatever the commit
/// comes to.
fn end(connection: &mut SqliteConnection, jobs: Vec<Box<dyn Job>>, commit: bool) {
    if !commit {
        rollback(connection);
    } else if let Err(error) = connection.raw.execute_batch("COMMIT") {
        rollback(connection);
        fail(jobs, &of_commit(error));
        return;
    }
    for job in jobs {
        job.answer();
    }
}

fn lost(connection: &mut SqliteConnection, jobs: Vec<Box<dyn Job>>) {
    rollback(connection);
    let error = unavailable("the database gave up the transaction that this write was part of");
    fail(jobs, &error);
}

/// The jobs behind a lost transaction were started, so they are run on their own.
fn run_again(connection: &mut SqliteConnection, jobs: Vec<Box<dyn Job>>) {
    for mut job in jobs {
        if let Err(error) = connection.raw.execute_batch("BEGIN IMMEDIATE") {
            fail(vec![job], &classify(error));
            continue;
        }
        let succeeded = job.run(connection);
        end(connection, vec![job], succeeded);
    }
}

fn rollback(connection: &mut SqliteConnection) {
    if !connection.raw.is_autocommit()
        && let Err(error) = connection.raw.execute_batch("ROLLBACK")
    {
        tracing::warn!(%error, "a transaction could not be rolled back");
    }
}

/// Sends every job an error of the same kind.
fn fail(jobs: Vec<Box<dyn Job>>, error: &Error) {
    let kind: ErrorKind = error.kind();
    tracing::warn!(error = %error, jobs = jobs.len(), "writes failed together");
    for job in jobs {
        job.fail(Error::new(kind, error.message().to_owned()));
    }
}
