//! The writer thread: its connection, its queue, and the state of its connection.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use genledger_contract::Result;

use super::message::Message;
use crate::activity::{Activity, WriterActivity};
use crate::connection::Blocking;
use crate::log_shortener::LogShortener;

/// How often the thread checks whether the reads that it waits for have ended.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// The state of the thread.
pub(super) struct WriterThread<C> {
    connection: C,
    open: Box<dyn Fn() -> Result<C> + Send>,
    /// Whether the connection must be replaced before it is used again: SQL of the application
    /// ran on it, or a transaction could not be rolled back.
    tainted: bool,
    queue: Receiver<Message<C>>,
    activity: WriterActivity,
    log_shortener: LogShortener,
    pub(super) idle: Duration,
}

impl<C: Blocking> WriterThread<C> {
    pub(super) const fn new(
        connection: C,
        open: Box<dyn Fn() -> Result<C> + Send>,
        queue: Receiver<Message<C>>,
        activity: WriterActivity,
        log_shortener: LogShortener,
        idle: Duration,
    ) -> Self {
        Self {
            connection,
            open,
            tainted: false,
            queue,
            activity,
            log_shortener,
            idle,
        }
    }

    /// Finishes the work of a message: replaces a tainted connection, and checks the log.
    pub(super) fn after_message(&mut self) {
        self.activity.set(None);
        // An error occurs again, and is returned, when the connection is needed.
        drop(self.replace_if_tainted());
        self.log_shortener.poll(&mut self.connection);
    }

    /// Lets reads continue and returns the connection, to be closed.
    pub(super) fn into_connection(mut self) -> C {
        self.log_shortener.release_reads();
        self.connection
    }

    /// Waits for the next message; `None` when every sender is gone.
    pub(super) fn next(&mut self) -> Option<Message<C>> {
        while self.log_shortener.is_waiting() {
            match self.queue.recv_timeout(POLL_INTERVAL) {
                Ok(message) => return Some(message),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => self.log_shortener.poll(&mut self.connection),
            }
        }
        self.queue.recv().ok()
    }

    /// The next message, if one is waiting.
    pub(super) fn try_next(&self) -> Option<Message<C>> {
        self.queue.try_recv().ok()
    }

    pub(super) const fn connection(&mut self) -> &mut C {
        &mut self.connection
    }

    /// Marks the connection as tainted.
    pub(super) const fn taint(&mut self) {
        self.tainted = true;
    }

    /// Lets reads continue that wait for the log to be shortened.
    pub(super) fn release_reads(&mut self) {
        self.log_shortener.release_reads();
    }

    /// Begins a transaction for an activity.
    pub(super) fn begin(&mut self, activity: Activity) -> Result<()> {
        self.replace_if_tainted()?;
        self.activity.set(Some(Activity::Waiting));
        self.connection.begin()?;
        self.activity.set(Some(activity));
        Ok(())
    }

    /// Rolls back, so that no transaction is open.
    pub(super) fn roll_back(&mut self) -> Result<()> {
        let rolled_back = self.connection.roll_back();
        if let Err(error) = &rolled_back {
            tracing::warn!(%error, "a transaction could not be rolled back");
            self.tainted = true;
        }
        rolled_back
    }

    /// Replaces a tainted connection.
    fn replace_if_tainted(&mut self) -> Result<()> {
        if !self.tainted {
            return Ok(());
        }
        let replacement = (self.open)().inspect_err(|error| {
            tracing::warn!(%error, "the connection that writes could not be opened again");
        })?;
        // The old one is closed after the new one was opened: closing the last connection would move
        // the whole log into the database.
        self.connection = replacement;
        self.tainted = false;
        Ok(())
    }
}
