//! What the thread that writes is doing, for the errors of those that wait for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use genledger_contract::Error;

use crate::connection::unavailable;

/// What occupies the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// The writes of a group.
    Writes,
    /// A write that runs alone.
    Alone,
    /// An open transaction.
    Transaction,
    /// Waiting for the right to write, which another connection has.
    Waiting,
}

/// What occupies the thread, and since when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holder(Arc<Mutex<Option<(Doing, Instant)>>>);

impl Holder {
    pub(crate) fn set(&self, doing: Option<Doing>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            doing.map(|doing| (doing, Instant::now()));
    }

    /// The error of a call that has waited for too long.
    pub(crate) fn timed_out(&self) -> Error {
        let doing = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((doing, since)) = doing else {
            return unavailable(
                "timed out waiting for the writer: the queue of writes is too long",
            );
        };
        let time = readable(since.elapsed());
        unavailable(match doing {
            Doing::Writes => "timed out waiting for the writer: other writes of this store were \
                              before this one all the time"
                .to_owned(),
            Doing::Alone => format!(
                "timed out waiting for the writer: a migration, or SQL of the application, \
                 has been running for {time}"
            ),
            Doing::Transaction => format!(
                "timed out waiting for the writer: a transaction of this store has been open for \
                 {time}"
            ),
            Doing::Waiting => format!(
                "timed out waiting for the writer: a connection that is not this store's has held \
                 the write lock of the database for {time}"
            ),
        })
    }
}

/// Seconds, or milliseconds below one.
pub(crate) fn readable(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds => format!("{seconds} s"),
    }
}
