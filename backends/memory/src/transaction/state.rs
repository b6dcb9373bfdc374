//! The state of an open transaction, which the store shares with the writes that wait for it.

use std::sync::Arc;
use std::time::Duration;

use genledger_contract::{Error, Result};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::error;
use crate::tables::Tables;

/// The permit to write: one session or transaction holds it at a time, until it is dropped.
pub(crate) type WritePermit = OwnedSemaphorePermit;

/// The state of an open transaction.
#[derive(Debug, Default)]
pub(crate) struct TransactionState {
    pub(super) writing: Option<Writing>,
    /// The error of a transaction that was rolled back after its idle timeout.
    pub(super) idle_error: Option<Error>,
    /// The tables at each savepoint; `None` if nothing was written before it.
    pub(super) savepoints: Vec<Option<Arc<Tables>>>,
}

/// The write permit of a transaction, and its tables.
#[derive(Debug)]
pub(super) struct Writing {
    pub(super) permit: WritePermit,
    pub(super) tables: Arc<Tables>,
    pub(super) since: Instant,
    /// When its last statement began or ended.
    pub(super) used: Instant,
}

impl TransactionState {
    /// Rolls back if the transaction is idle; returns the earliest time at which it may be.
    pub(crate) fn end_idle(&mut self, limit: Duration) -> Instant {
        let now = Instant::now();
        match &self.writing {
            Some(writing) if now < writing.used + limit => writing.used + limit,
            Some(_) => {
                self.writing = None;
                self.idle_error = Some(error::idle(limit));
                now + limit
            }
            None => now + limit,
        }
    }

    /// Since when it holds the write permit, if it does.
    pub(crate) fn writes_since(&self) -> Option<Instant> {
        self.writing.as_ref().map(|writing| writing.since)
    }

    /// Notes that a statement begins or ends.
    pub(super) fn touch(&mut self) {
        if let Some(writing) = &mut self.writing {
            writing.used = Instant::now();
        }
    }

    /// Ends a statement; an error ends the transaction.
    pub(super) fn end_statement<T>(&mut self, outcome: Result<T>) -> Result<T> {
        self.touch();
        // Without a savepoint the transaction can only be rolled back, so other writes need not wait for its
        // end.
        if outcome.is_err() && self.savepoints.is_empty() {
            self.writing = None;
        }
        outcome
    }
}
