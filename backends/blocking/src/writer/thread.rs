//! What the thread does.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use genledger_contract::Result;

use super::{Message, alone, exclusive, group};
use crate::connection::Blocking;
use crate::holder::{Doing, Holder};
use crate::quiet::Quiet;

/// How often the thread looks whether the reads have ended that it waits for.
const LOOK: Duration = Duration::from_millis(2);

/// The thread, with all that it owns.
pub(super) struct Thread<C> {
    connection: C,
    open: Box<dyn Fn() -> Result<C> + Send>,
    /// Whether the connection must be replaced before it is used again: SQL of the application
    /// ran on it, or a transaction could not be rolled back.
    spent: bool,
    queue: Receiver<Message<C>>,
    holder: Holder,
    quiet: Quiet,
    pub(super) idle: Duration,
}

impl<C: Blocking> Thread<C> {
    pub(super) const fn new(
        connection: C,
        open: Box<dyn Fn() -> Result<C> + Send>,
        queue: Receiver<Message<C>>,
        holder: Holder,
        quiet: Quiet,
        idle: Duration,
    ) -> Self {
        Self {
            connection,
            open,
            spent: false,
            queue,
            holder,
            quiet,
            idle,
        }
    }

    /// Works until it is told to close, or every handle of it is gone.
    pub(super) fn serve(mut self, close: impl FnOnce(C)) {
        let mut kept = None;
        let mut closed = None;
        while let Some(message) = kept.take().or_else(|| self.next()) {
            match message {
                Message::Close(done) => {
                    closed = Some(done);
                    break;
                }
                message => kept = self.message(message),
            }
            self.holder.set(None);
            // An error is met again, and told, when the connection is needed.
            drop(self.make_ready());
            self.quiet.poll(&mut self.connection);
        }
        self.quiet.give_up();
        close(self.connection);
        if let Some(done) = closed {
            let _ = done.send(());
        }
    }

    /// Does what it was told, and returns the message after it if that was received already.
    fn message(&mut self, message: Message<C>) -> Option<Message<C>> {
        match message {
            Message::Job(job) if job.mode().joins() => return group::run(self, job),
            Message::Job(job) => alone::run(self, job),
            Message::Begin(begin) => exclusive::run(self, begin),
            Message::Close(_) => return Some(message),
        }
        None
    }

    fn next(&mut self) -> Option<Message<C>> {
        while self.quiet.is_waiting() {
            match self.queue.recv_timeout(LOOK) {
                Ok(message) => return Some(message),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => self.quiet.poll(&mut self.connection),
            }
        }
        self.queue.recv().ok()
    }

    /// The next message, if there is one.
    pub(super) fn waiting(&self) -> Option<Message<C>> {
        self.queue.try_recv().ok()
    }

    pub(super) const fn connection(&mut self) -> &mut C {
        &mut self.connection
    }

    /// Notes that the connection is not to be used again.
    pub(super) const fn spend(&mut self) {
        self.spent = true;
    }

    /// Lets reads go on that wait for the log to be shortened.
    pub(super) fn release_reads(&mut self) {
        self.quiet.give_up();
    }

    /// Begins a transaction for this.
    pub(super) fn begin(&mut self, doing: Doing) -> Result<()> {
        self.make_ready()?;
        self.holder.set(Some(Doing::Waiting));
        self.connection.begin()?;
        self.holder.set(Some(doing));
        Ok(())
    }

    /// Rolls back, so that no transaction is open.
    pub(super) fn roll_back(&mut self) -> Result<()> {
        let undone = self.connection.roll_back();
        if let Err(error) = &undone {
            tracing::warn!(%error, "a transaction could not be rolled back");
            self.spent = true;
        }
        undone
    }

    /// Replaces the connection if it is spent.
    fn make_ready(&mut self) -> Result<()> {
        if !self.spent {
            return Ok(());
        }
        let fresh = (self.open)().inspect_err(|error| {
            tracing::warn!(%error, "the connection that writes could not be opened again");
        })?;
        // The old one is closed after the new one was opened: closing the last one would move the
        // whole log into the database.
        self.connection = fresh;
        self.spent = false;
        Ok(())
    }
}
