//! What a driver gives.

use genledger_contract::{Error, ErrorKind, Result};

/// Stops the statement that runs on a connection, from another thread.
pub type Interrupt = Box<dyn Fn() + Send>;

/// A connection whose calls block the thread. Every error is classified already.
pub trait Blocking: Send + 'static {
    /// Begins a transaction that has the right to write.
    ///
    /// # Errors
    /// Those of the database. Nothing has begun then.
    fn begin(&mut self) -> Result<()>;

    /// Commits the transaction.
    ///
    /// # Errors
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) unless it is certain that nothing was committed;
    /// the transaction may still be open.
    fn commit(&mut self) -> Result<()>;

    /// Rolls the transaction back, if one is open.
    ///
    /// # Errors
    /// Those of the database. The connection is not used again.
    fn roll_back(&mut self) -> Result<()>;

    /// Whether a transaction is open. Some errors end it in the database.
    fn in_transaction(&self) -> bool;

    /// Sets a savepoint. There is at most one of these at a time.
    ///
    /// # Errors
    /// Those of the database.
    fn set_savepoint(&mut self) -> Result<()>;

    /// Undoes what was done since the savepoint, which stays.
    ///
    /// # Errors
    /// Those of the database.
    fn undo_to_savepoint(&mut self) -> Result<()>;

    /// Removes the savepoint and all that were set after it.
    ///
    /// # Errors
    /// Those of the database, also when the savepoint does not exist.
    fn release_savepoint(&mut self) -> Result<()>;

    /// What stops the statement that runs on this connection.
    fn interrupt(&self) -> Interrupt;

    /// The length in bytes of a log that the database can shorten only while there are no reads; 0
    /// when there is none.
    fn log_length(&self) -> u64 {
        0
    }

    /// Shortens the log, without waiting for anything but the disk. Called while this store has no
    /// reads and no transaction. Returns whether it was possible.
    fn shorten_log(&mut self) -> bool {
        true
    }
}

/// The error of a transaction that the database ended by itself.
pub(crate) fn ended() -> Error {
    Error::new(ErrorKind::Aborted, "the database has ended the transaction")
}

/// The error of a transaction that was ended by SQL of the application.
pub(crate) fn ended_by_own_sql() -> Error {
    Error::new(
        ErrorKind::Aborted,
        "SQL of the application has ended the transaction that it ran in",
    )
}

pub(crate) fn unavailable(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}
