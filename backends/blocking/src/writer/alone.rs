//! A write that shares its transaction with no other.

use genledger_contract::Error;

use super::thread::Thread;
use crate::connection::{Blocking, ended, ended_by_own_sql};
use crate::holder::Doing;
use crate::job::{Job, Mode};

/// Runs a write in a transaction of its own.
pub(super) fn run<C: Blocking>(thread: &mut Thread<C>, job: Box<dyn Job<C>>) {
    if !job.start() {
        return;
    }
    thread.release_reads();
    match thread.begin(Doing::Alone) {
        Ok(()) => finish(thread, job),
        Err(error) => job.fail(error),
    }
}

/// Runs a write in the transaction that has just begun, ends that, and sends the result.
pub(super) fn finish<C: Blocking>(thread: &mut Thread<C>, mut job: Box<dyn Job<C>>) {
    let ran = step(thread, job.as_mut());
    if ran.succeeded {
        let committed = match ran.lost {
            Some(error) => Err(error),
            None => thread.connection().commit(),
        };
        match committed {
            Ok(()) => job.finish(),
            Err(error) => {
                drop(thread.roll_back());
                job.fail(error);
            }
        }
    } else {
        drop(thread.roll_back());
        job.finish();
    }
}

/// What became of a write and of the transaction that it ran in.
pub(super) struct Ran {
    /// Whether the write has a result.
    pub(super) succeeded: bool,
    /// Why the transaction is not open any more.
    pub(super) lost: Option<Error>,
}

/// Runs a write in an open transaction. A savepoint that is gone shows that SQL of the application
/// has ended the transaction, even if it has begun another one.
pub(super) fn step<C: Blocking>(thread: &mut Thread<C>, job: &mut dyn Job<C>) -> Ran {
    let own = job.mode() == Mode::Own;
    if own {
        thread.spend();
    }
    let connection = thread.connection();
    if own && let Err(error) = connection.set_savepoint() {
        return Ran {
            succeeded: true,
            lost: Some(error),
        };
    }
    let succeeded = job.run(connection);
    let lost = if own {
        connection
            .release_savepoint()
            .err()
            .map(|error| ended_by_own_sql().with_source(error))
    } else {
        (!connection.in_transaction()).then(ended)
    };
    Ran { succeeded, lost }
}
