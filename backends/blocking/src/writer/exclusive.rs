//! Explicit transactions, which own the thread until they end.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

use genledger_contract::Result;

use super::alone;
use super::message::Begin;
use super::thread::WriterThread;
use crate::activity::Activity;
use crate::connection::{Blocking, ended};
use crate::job::{Job, Mode};
use crate::transaction::{Exclusive, Idle, Step};

pub(super) fn run<C: Blocking>(thread: &mut WriterThread<C>, begin: Begin<C>) {
    if !begin.stage.start() {
        return;
    }
    thread.release_reads();
    if let Err(error) = thread.begin(Activity::Transaction) {
        drop(begin.reply.send(Err(error)));
        return;
    }
    let (steps, queue) = channel();
    let idle = Arc::new(Idle::new());
    let handle = Exclusive::new(steps, Arc::clone(&idle));
    if begin.reply.send(Ok(handle)).is_ok() {
        serve(thread, &queue, &idle);
    }
    drop(thread.roll_back());
}

fn serve<C: Blocking>(thread: &mut WriterThread<C>, queue: &Receiver<Step<C>>, idle: &Idle) {
    loop {
        match queue.recv_timeout(thread.idle) {
            Ok(Step::Run(job)) => statement(thread, job),
            Ok(Step::Commit(reply)) => {
                let committed = commit(thread);
                // Before the caller continues.
                let undone = thread.roll_back();
                drop(reply.send(committed.and(undone)));
                return;
            }
            Ok(Step::RollBack(reply)) => {
                drop(reply.send(thread.roll_back()));
                return;
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                tracing::warn!(idle = ?thread.idle, "a transaction ran no statement and is rolled back");
                let _ = idle.set(thread.idle);
                return;
            }
        }
    }
}

fn statement<C: Blocking>(thread: &mut WriterThread<C>, mut job: Box<dyn Job<C>>) {
    if !thread.connection().in_transaction() {
        // SQLite ended the transaction by itself, as it does when the disk is full.
        job.fail(ended());
    } else if job.start() {
        let ran = alone::step(thread, job.as_mut());
        let own = job.mode() == Mode::Own;
        if own && ran.lost.is_some() {
            // It may have begun another transaction.
            drop(thread.roll_back());
        }
        match ran.lost {
            Some(error) if ran.succeeded => job.fail(error),
            _ => job.finish(),
        }
    }
}

fn commit<C: Blocking>(thread: &mut WriterThread<C>) -> Result<()> {
    if !thread.connection().in_transaction() {
        return Err(ended());
    }
    thread.connection().commit()
}
