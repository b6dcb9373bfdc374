//! Writes that run in their own transaction.

use super::connection::WriterConnection;
use crate::activity::Activity;
use crate::connection::Blocking;
use crate::job::Job;

/// Runs a write in its own transaction.
pub(super) fn run<C: Blocking>(connection: &mut WriterConnection<C>, job: Box<dyn Job<C>>) {
    if !job.start() {
        return;
    }
    connection.release_reads();
    match connection.begin(Activity::Alone) {
        Ok(()) => finish(connection, job),
        Err(error) => job.fail(error),
    }
}

/// Runs a write in the transaction that has just begun, ends the transaction, and sends the result.
pub(super) fn finish<C: Blocking>(connection: &mut WriterConnection<C>, mut job: Box<dyn Job<C>>) {
    let ran = connection.step(job.mode(), |inner| job.run(inner).then_some(()).ok_or(()));
    let committed = match ran {
        Ok(Ok(())) => connection.commit(),
        Ok(Err(())) => {
            drop(connection.roll_back());
            return job.finish();
        }
        Err(lost) => Err(lost),
    };
    match committed {
        Ok(()) => job.finish(),
        Err(error) => {
            drop(connection.roll_back());
            job.fail(error);
        }
    }
}
