//! What the logs of every kind have in common on their way to the database.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use genledger_contract::session::RetryPolicy;
use genledger_contract::{Entity, Error, Store};

use super::stats::Counters;
use crate::group_commit::{Budget, GroupLimits};

/// What is done with a log while the queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The caller waits for room.
    Wait,
    /// The caller gets [`Unavailable`](crate::ErrorKind::Unavailable).
    Refuse,
    /// The log goes to the [spill](super::LogWriterConfig::with_spill), for which the caller waits. If the spill is full too, the
    /// caller gets [`Unavailable`](crate::ErrorKind::Unavailable).
    Spill,
}

/// A log that could not be written and for which no caller waits.
pub struct RejectedLog {
    pub(super) table: &'static str,
    pub(super) error: Error,
    pub(super) log: Box<dyn Any + Send>,
}

impl RejectedLog {
    /// The table that it belongs in.
    #[must_use]
    pub const fn table(&self) -> &'static str {
        self.table
    }

    /// Why it could not be written.
    #[must_use]
    pub const fn error(&self) -> &Error {
        &self.error
    }

    /// The log; `None` if it is of another type.
    #[must_use]
    pub fn log<L: Entity>(&self) -> Option<&L> {
        self.log.downcast_ref()
    }
}

impl fmt::Debug for RejectedLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectedLog")
            .field("table", &self.table)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for RejectedLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a log of the table {} was not written: {}",
            self.table, self.error
        )
    }
}

pub(super) type OnRejected = Arc<dyn Fn(RejectedLog) + Send + Sync>;

/// The settings of a lane, and what the lanes of a writer share.
pub(super) struct LaneSettings {
    pub(super) when_full: WhenFull,
    pub(super) groups: GroupLimits,
    pub(super) waits: RetryPolicy,
    pub(super) attempt_timeout: Duration,
    pub(super) spill_after: Duration,
    pub(super) budget: Budget,
    pub(super) counters: Arc<Counters>,
    pub(super) spill: Option<Arc<dyn Store>>,
    pub(super) on_rejected: OnRejected,
}
