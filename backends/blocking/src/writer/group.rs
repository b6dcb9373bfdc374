//! Group commit: the writes that wait at the same time are one transaction.

use std::time::{Duration, Instant};

use genledger_contract::{Error, ErrorKind, Result};

use super::thread::Thread;
use super::{Message, alone};
use crate::connection::{Blocking, ended};
use crate::holder::Doing;
use crate::job::{Job, Mode};

type Write<C> = Box<dyn Job<C>>;

/// The most writes of one commit.
pub(super) const MOST: usize = 512;

/// How long a group takes further writes. Those that it has wait for its commit.
const TIME: Duration = Duration::from_millis(50);

/// Runs a write and those that wait behind it, and sends their results after the commit. Returns the
/// first message that is something else.
pub(super) fn run<C: Blocking>(thread: &mut Thread<C>, first: Write<C>) -> Option<Message<C>> {
    if !first.start() {
        return None;
    }
    if let Err(error) = thread.begin(Doing::Writes) {
        return refuse(thread, first, &error);
    }
    let begun = Instant::now();
    let mut done: Vec<Write<C>> = Vec::new();
    let (mut next, mut other) = (Some(first), None);
    while let Some(mut job) = next.take() {
        if done.len() + 1 < MOST && begun.elapsed() < TIME {
            (next, other) = waiting(thread);
        }
        if done.is_empty() && next.is_none() {
            // What has the transaction for itself is undone with it.
            alone::finish(thread, job);
            return other;
        }
        let kept = step(thread.connection(), job.as_mut());
        done.push(job);
        if kept.is_err() {
            // The database gave up the whole transaction, as SQLite does when the disk is full.
            done.extend(next.take());
            again(thread, done);
            return other;
        }
    }
    commit(thread, done);
    other
}

/// The next write that may join, or the message that may not.
fn waiting<C: Blocking>(thread: &Thread<C>) -> (Option<Write<C>>, Option<Message<C>>) {
    while let Some(message) = thread.waiting() {
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

/// Runs a write so that it is undone alone when it fails. An error says that the transaction is lost.
///
/// A savepoint costs a third of a small write, since SQLite copies every page that is changed after it.
fn step<C: Blocking>(connection: &mut C, job: &mut dyn Job<C>) -> Result<()> {
    if job.mode() == Mode::Statement {
        job.run(connection);
    } else {
        connection.set_savepoint()?;
        if !job.run(connection) {
            connection.undo_to_savepoint()?;
        }
        connection.release_savepoint()?;
    }
    if connection.in_transaction() {
        Ok(())
    } else {
        Err(ended())
    }
}

/// Commits and sends the results. An error of a write may rest on rows of another one of the group, so
/// it holds only once these are stored.
fn commit<C: Blocking>(thread: &mut Thread<C>, jobs: Vec<Write<C>>) {
    match thread.connection().commit() {
        Ok(()) => jobs.into_iter().for_each(Job::finish),
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
            drop(thread.roll_back());
            fail(jobs, &error);
        }
        Err(error) => {
            tracing::debug!(%error, jobs = jobs.len(), "a group is run again, one by one");
            again(thread, jobs);
        }
    }
}

/// Undoes the transaction and runs every write anew, in a transaction of its own.
fn again<C: Blocking>(thread: &mut Thread<C>, jobs: Vec<Write<C>>) {
    drop(thread.roll_back());
    let mut jobs = jobs.into_iter();
    while let Some(job) = jobs.next() {
        match thread.begin(Doing::Writes) {
            Ok(()) => alone::finish(thread, job),
            Err(error) => {
                // A lock that another process has was waited for; once is enough.
                fail(vec![job], &error);
                fail(jobs.by_ref().collect(), &error);
            }
        }
    }
}

/// Sends an error of BEGIN to all that wait.
fn refuse<C: Blocking>(thread: &Thread<C>, first: Write<C>, error: &Error) -> Option<Message<C>> {
    let (mut jobs, mut next) = (vec![first], waiting(thread));
    while let (Some(job), _) = next {
        jobs.push(job);
        next = if jobs.len() < MOST {
            waiting(thread)
        } else {
            (None, None)
        };
    }
    fail(jobs, error);
    next.1
}

/// Sends every write an error of the same kind.
fn fail<C>(jobs: Vec<Write<C>>, error: &Error) {
    tracing::warn!(%error, jobs = jobs.len(), "writes failed together");
    for job in jobs {
        job.fail(Error::new(error.kind(), error.message().to_owned()));
    }
}
