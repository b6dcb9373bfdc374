//! The connection that writes, and its state.

use genledger_contract::Result;

use crate::activity::{Activity, WriterActivity};
use crate::connection::{Blocking, ended, ended_by_application_sql};
use crate::job::Mode;
use crate::log_shortener::LogShortener;

/// The connection that writes. The writer thread and open transactions use it one at a time.
pub(crate) struct WriterConnection<C> {
    connection: C,
    open: Box<dyn Fn() -> Result<C> + Send>,
    /// Whether the connection must be replaced before it is used again: SQL of the application
    /// ran on it, or a transaction could not be rolled back.
    tainted: bool,
    activity: WriterActivity,
    log_shortener: LogShortener,
}

impl<C: Blocking> WriterConnection<C> {
    pub(super) const fn new(
        connection: C,
        open: Box<dyn Fn() -> Result<C> + Send>,
        activity: WriterActivity,
        log_shortener: LogShortener,
    ) -> Self {
        Self {
            connection,
            open,
            tainted: false,
            activity,
            log_shortener,
        }
    }

    /// Lets reads continue and returns the connection, to be closed.
    pub(super) fn into_inner(mut self) -> C {
        self.log_shortener.release_reads();
        self.connection
    }

    pub(super) const fn inner(&mut self) -> &mut C {
        &mut self.connection
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

    /// Begins a transaction for an activity, unless that could block the thread; returns whether it began.
    pub(super) fn try_begin(&mut self, activity: Activity) -> Result<bool> {
        let begun = !self.tainted && self.connection.try_begin()?;
        if begun {
            self.activity.set(Some(activity));
        }
        Ok(begun)
    }

    pub(super) fn in_transaction(&self) -> bool {
        self.connection.in_transaction()
    }

    /// Runs work in the open transaction. The outer error is that of a transaction which is no longer open
    /// although the work succeeded. A missing savepoint shows that SQL of the application has ended the
    /// transaction, even if it has begun another one, which is rolled back.
    pub(super) fn step<T, E>(
        &mut self,
        mode: Mode,
        work: impl FnOnce(&mut C) -> Result<T, E>,
    ) -> Result<Result<T, E>> {
        let own = mode == Mode::Own;
        if own {
            self.tainted = true;
            self.connection.set_savepoint()?;
        }
        let result = work(&mut self.connection);
        let lost = if own {
            let released = self.connection.release_savepoint();
            released.err().map(|error| {
                drop(self.roll_back());
                ended_by_application_sql().with_source(error)
            })
        } else {
            (!self.in_transaction()).then(ended)
        };
        match lost {
            Some(error) if result.is_ok() => Err(error),
            _ => Ok(result),
        }
    }

    /// Commits the open transaction. After an error it may still be open.
    pub(super) fn commit(&mut self) -> Result<()> {
        if !self.in_transaction() {
            // SQLite ended the transaction by itself, as it does when the disk is full.
            return Err(ended());
        }
        self.connection.commit()
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

    /// Whether work has left nothing to [`settle`](Self::settle).
    pub(super) fn is_settled(&mut self) -> bool {
        self.activity.set(None);
        !self.tainted && !self.log_shortener.is_due(&self.connection)
    }

    /// Finishes work: replaces a tainted connection, and checks the log.
    pub(super) fn settle(&mut self) {
        self.activity.set(None);
        // An error occurs again, and is returned, when the connection is needed.
        drop(self.replace_if_tainted());
        self.log_shortener.poll(&mut self.connection);
    }

    /// Whether reads are being delayed, so that [`settle`](Self::settle) must be called soon.
    pub(super) const fn delays_reads(&self) -> bool {
        self.log_shortener.is_waiting()
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
