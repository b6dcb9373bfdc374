//! The connection that a driver implements.

use genledger_contract::{Error, ErrorKind, Result};

/// Stops the statement that runs on a connection, from another thread.
pub type Interrupt = Box<dyn Fn() + Send>;

/// A connection whose calls block the thread. Its errors already have their kind.
pub trait Blocking: Send + 'static {
    /// Begins a transaction that holds the write lock.
    ///
    /// # Errors
    /// Returns the errors of the database. No transaction has begun then.
    fn begin(&mut self) -> Result<()>;

    /// Begins such a transaction unless that would wait for a lock; returns whether it has begun.
    ///
    /// # Errors
    /// Returns the errors of the database. No transaction has begun then.
    fn try_begin(&mut self) -> Result<bool>;

    /// Commits the transaction.
    ///
    /// # Errors
    /// Returns [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) unless it is certain that nothing was committed;
    /// the transaction may still be open.
    fn commit(&mut self) -> Result<()>;

    /// Rolls the transaction back, if one is open.
    ///
    /// # Errors
    /// Returns the errors of the database. The connection is not used again then.
    fn roll_back(&mut self) -> Result<()>;

    /// Whether a transaction is open. Some errors end it in the database.
    fn in_transaction(&self) -> bool;

    /// Sets a savepoint. There is at most one of these at a time.
    ///
    /// # Errors
    /// Returns the errors of the database.
    fn set_savepoint(&mut self) -> Result<()>;

    /// Rolls back to the savepoint, which is kept.
    ///
    /// # Errors
    /// Returns the errors of the database.
    fn roll_back_to_savepoint(&mut self) -> Result<()>;

    /// Releases the savepoint and all that were set after it.
    ///
    /// # Errors
    /// Returns the errors of the database, also when the savepoint does not exist.
    fn release_savepoint(&mut self) -> Result<()>;

    /// Returns a function that stops the statement that runs on this connection.
    fn interrupt(&self) -> Interrupt;

    /// The length in bytes of a log that the database can shorten only while no read is running; 0 when there
    /// is none.
    fn log_length(&self) -> u64 {
        0
    }

    /// Shortens the log, waiting for nothing but the disk. Called while this store runs no read and no
    /// transaction. Returns whether it was possible.
    fn shorten_log(&mut self) -> bool {
        true
    }
}

/// The error of a transaction that the database ended by itself.
pub(crate) fn ended() -> Error {
    Error::new(ErrorKind::Aborted, "the database has ended the transaction")
}

/// The error of a transaction that was ended by SQL of the application.
pub(crate) fn ended_by_application_sql() -> Error {
    Error::new(
        ErrorKind::Aborted,
        "SQL of the application has ended the transaction that it ran in",
    )
}

pub(crate) fn unavailable(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}
