//! Group commit: writes that wait at the same time share one transaction.

use std::time::{Duration, Instant};

use genledger_contract::{Error, ErrorKind, Result};

use super::alone;
use super::connection::WriterConnection;
use super::queue::Writes;
use crate::activity::Activity;
use crate::connection::{Blocking, ended};
use crate::job::{Job, Mode};

type Write<C> = Box<dyn Job<C>>;

/// The most writes of one commit.
pub(super) const MAX_WRITES: usize = 512;

/// How long a group accepts further writes, since those that it has wait for its commit.
const MAX_TIME: Duration = Duration::from_millis(50);

/// Runs a write and those that wait behind it, and sends their results after the commit.
pub(super) fn run<C: Blocking>(
    connection: &mut WriterConnection<C>,
    writes: &mut Writes<C>,
    first: Write<C>,
) {
    if !first.start() {
        return;
    }
    if let Err(error) = connection.begin(Activity::Writes) {
        return refuse(writes, first, &error);
    }
    let begun = Instant::now();
    let mut done: Vec<Write<C>> = Vec::new();
    let mut next = Some(first);
    while let Some(mut job) = next.take() {
        if done.len() + 1 < MAX_WRITES && begun.elapsed() < MAX_TIME {
            next = writes.next_to_join();
        }
        if done.is_empty() && next.is_none() {
            // A single write needs no savepoint.
            return alone::finish(connection, job);
        }
        let kept = step(connection.inner(), job.as_mut());
        done.push(job);
        if kept.is_err() {
            // The database rolled the whole transaction back, as SQLite does when the disk is full.
            done.extend(next.take());
            return rerun_alone(connection, done);
        }
    }
    commit(connection, done);
}

/// Runs a write so that it is rolled back alone when it fails. An error means that the transaction is lost.
///
/// A savepoint costs a third of a small write, since SQLite copies every page that is changed after it.
fn step<C: Blocking>(connection: &mut C, job: &mut dyn Job<C>) -> Result<()> {
    if job.mode() == Mode::Statement {
        job.run(connection);
    } else {
        connection.set_savepoint()?;
        if !job.run(connection) {
            connection.roll_back_to_savepoint()?;
        }
        connection.release_savepoint()?;
    }
    if connection.in_transaction() {
        Ok(())
    } else {
        Err(ended())
    }
}

/// Commits and sends the results. An error of a write may depend on rows of another write of the group, so it
/// is valid only once those are stored.
fn commit<C: Blocking>(connection: &mut WriterConnection<C>, jobs: Vec<Write<C>>) {
    match connection.commit() {
        Ok(()) => jobs.into_iter().for_each(Job::finish),
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
            drop(connection.roll_back());
            fail(jobs, &error);
        }
        Err(error) => {
            tracing::debug!(%error, jobs = jobs.len(), "the writes of a group are run again, one by one");
            rerun_alone(connection, jobs);
        }
    }
}

/// Rolls back and runs every write again, in its own transaction.
fn rerun_alone<C: Blocking>(connection: &mut WriterConnection<C>, jobs: Vec<Write<C>>) {
    drop(connection.roll_back());
    let mut jobs = jobs.into_iter();
    while let Some(job) = jobs.next() {
        match connection.begin(Activity::Writes) {
            Ok(()) => alone::finish(connection, job),
            Err(error) => {
                // It timed out waiting for a lock of another process; the others would as well.
                fail(vec![job], &error);
                fail(jobs.by_ref().collect(), &error);
            }
        }
    }
}

/// Sends an error of BEGIN to all writes that wait.
fn refuse<C: Blocking>(writes: &mut Writes<C>, first: Write<C>, error: &Error) {
    let mut jobs = vec![first];
    while jobs.len() < MAX_WRITES
        && let Some(job) = writes.next_to_join()
    {
        jobs.push(job);
    }
    fail(jobs, error);
}

/// Sends an error of the same kind to every write.
fn fail<C>(jobs: Vec<Write<C>>, error: &Error) {
    tracing::warn!(%error, jobs = jobs.len(), "writes failed together");
    for job in jobs {
        job.fail(Error::new(error.kind(), error.message().to_owned()));
    }
}
