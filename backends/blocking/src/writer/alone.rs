//! Writes that run in their own transaction.

use genledger_contract::Error;

use super::thread::WriterThread;
use crate::activity::Activity;
use crate::connection::{Blocking, ended, ended_by_application_sql};
use crate::job::{Job, Mode};

/// Runs a write in its own transaction.
pub(super) fn run<C: Blocking>(thread: &mut WriterThread<C>, job: Box<dyn Job<C>>) {
    if !job.start() {
        return;
    }
    thread.release_reads();
    match thread.begin(Activity::Alone) {
        Ok(()) => finish(thread, job),
        Err(error) => job.fail(error),
    }
}

/// Runs a write in the transaction that has just begun, ends the transaction, and sends the result.
pub(super) fn finish<C: Blocking>(thread: &mut WriterThread<C>, mut job: Box<dyn Job<C>>) {
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

/// The outcome of a write in an open transaction.
pub(super) struct WriteOutcome {
    /// Whether the write succeeded.
    pub(super) succeeded: bool,
    /// The error of a transaction that is no longer open.
    pub(super) lost: Option<Error>,
}

/// Runs a write in an open transaction. A missing savepoint shows that SQL of the application has ended the
/// transaction, even if it has begun another one.
pub(super) fn step<C: Blocking>(
    thread: &mut WriterThread<C>,
    job: &mut dyn Job<C>,
) -> WriteOutcome {
    let own = job.mode() == Mode::Own;
    if own {
        thread.taint();
    }
    let connection = thread.connection();
    if own && let Err(error) = connection.set_savepoint() {
        return WriteOutcome {
            succeeded: true,
            lost: Some(error),
        };
    }
    let succeeded = job.run(connection);
    let lost = if own {
        connection
            .release_savepoint()
            .err()
            .map(|error| ended_by_application_sql().with_source(error))
    } else {
        (!connection.in_transaction()).then(ended)
    };
    WriteOutcome { succeeded, lost }
}
