//! The current activity of the writer, for the errors of calls that time out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use genledger_contract::Error;

use crate::connection::unavailable;

/// An activity of the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// The writes of a group.
    Writes,
    /// A write that runs alone.
    Alone,
    /// An open transaction.
    Transaction,
    /// Waiting for the write lock, which another connection holds.
    Waiting,
}

/// The current activity of the writer, and its start.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriterActivity(Arc<Mutex<Option<(Activity, Instant)>>>);

impl WriterActivity {
    pub(crate) fn set(&self, activity: Option<Activity>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            activity.map(|activity| (activity, Instant::now()));
    }

    /// The error of a call that timed out waiting for the writer.
    pub(crate) fn timed_out(&self) -> Error {
        let activity = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((activity, since)) = activity else {
            return unavailable(
                "timed out waiting for the writer: the queue of writes is too long",
            );
        };
        let time = readable(since.elapsed());
        unavailable(match activity {
            Activity::Writes => {
                "timed out waiting for the writer: it was executing other writes of \
                              this store"
                    .to_owned()
            }
            Activity::Alone => format!(
                "timed out waiting for the writer: a migration, or SQL of the application, \
                 has been running for {time}"
            ),
            Activity::Transaction => format!(
                "timed out waiting for the writer: a transaction of this store has been open for \
                 {time}"
            ),
            Activity::Waiting => format!(
                "timed out waiting for the writer: a connection of another process or store has held \
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
