//! The error of a command: a sentence for the user.

use std::fmt;

/// The result of a step of a command.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// A sentence that states the failure and its remedy.
#[derive(Debug)]
pub(crate) struct Error(String);

impl Error {
    /// An error with this sentence.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// An error whose details have already been printed.
    pub(crate) fn printed() -> Self {
        Self(String::new())
    }

    /// Whether everything has been printed.
    pub(crate) fn is_printed(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Adds the failed action to an error of another type.
pub(crate) trait Context<T> {
    /// The error becomes `doing: error`.
    fn context(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Error(format!("{}: {error}", doing())))
    }
}
