//! Group commit: writes that wait at the same time share one transaction.

use std::time::{Duration, Instant};

use genledger_contract::{Error, ErrorKind, Result};

use super::alone;
use super::message::Message;
use super::thread::WriterThread;
use crate::activity::Activity;
use crate::connection::{Blocking, ended};
use crate::job::{Job, Mode};

type Write<C> = Box<dyn Job<C>>;

/// The most writes of one commit.
pub(super) const MAX_WRITES: usize = 512;

/// How long a group accepts further writes, since those that it has wait for its commit.
const MAX_TIME: Duration = Duration::from_millis(50);

/// Runs a write and those that wait behind it, and sends their results after the commit. Returns the first
/// message that cannot join the group.
pub(super) fn run<C: Blocking>(
    thread: &mut WriterThread<C>,
    first: Write<C>,
) -> Option<Message<C>> {
    if !first.start() {
        return None;
    }
    if let Err(error) = thread.begin(Activity::Writes) {
        return refuse(thread, first, &error);
    }
    let begun = Instant::now();
    let mut done: Vec<Write<C>> = Vec::new();
    let (mut next, mut other) = (Some(first), None);
    while let Some(mut job) = next.take() {
        if done.len() + 1 < MAX_WRITES && begun.elapsed() < MAX_TIME {
            (next, other) = next_write(thread);
        }
        if done.is_empty() && next.is_none() {
            // A single write needs no savepoint.
            alone::finish(thread, job);
            return other;
        }
        let kept = step(thread.connection(), job.as_mut());
        done.push(job);
        if kept.is_err() {
            // The database rolled the whole transaction back, as SQLite does when the disk is full.
            done.extend(next.take());
            rerun_alone(thread, done);
            return other;
        }
    }
    commit(thread, done);
    other
}

/// The next write that can join the group, or the first message that cannot.
fn next_write<C: Blocking>(thread: &WriterThread<C>) -> (Option<Write<C>>, Option<Message<C>>) {
    while let Some(message) = thread.try_next() {
        match message {
            Message::Job(job) if job.mode().joins() => {
                if job.start() {
                    return (Some(job), None);
                }
            }
            other => return (None, Some(other)),
        }
    }
    (None, None)
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
fn commit<C: Blocking>(thread: &mut WriterThread<C>, jobs: Vec<Write<C>>) {
    match thread.connection().commit() {
        Ok(()) => jobs.into_iter().for_each(Job::finish),
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
            drop(thread.roll_back());
            fail(jobs, &error);
        }
        Err(error) => {
            tracing::debug!(%error, jobs = jobs.len(), "the writes of a group are run again, one by one");
            rerun_alone(thread, jobs);
        }
    }
}

/// Rolls back and runs every write again, in its own transaction.
fn rerun_alone<C: Blocking>(thread: &mut WriterThread<C>, jobs: Vec<Write<C>>) {
    drop(thread.roll_back());
    let mut jobs = jobs.into_iter();
    while let Some(job) = jobs.next() {
        match thread.begin(Activity::Writes) {
            Ok(()) => alone::finish(thread, job),
            Err(error) => {
                // It timed out waiting for a lock of another process; the others would as well.
                fail(vec![job], &error);
                fail(jobs.by_ref().collect(), &error);
            }
        }
    }
}

/// Sends an error of BEGIN to all writes that wait.
fn refuse<C: Blocking>(
    thread: &WriterThread<C>,
    first: Write<C>,
    error: &Error,
) -> Option<Message<C>> {
    let (mut jobs, mut next) = (vec![first], next_write(thread));
    while let (Some(job), _) = next {
        jobs.push(job);
        next = if jobs.len() < MAX_WRITES {
            next_write(thread)
        } else {
            (None, None)
        };
    }
    fail(jobs, error);
    next.1
}

/// Sends an error of the same kind to every write.
fn fail<C>(jobs: Vec<Write<C>>, error: &Error) {
    tracing::warn!(%error, jobs = jobs.len(), "writes failed together");
    for job in jobs {
        job.fail(Error::new(error.kind(), error.message().to_owned()));
    }
}
