//! The kinds of error, and which of them may be tried again.

use std::fmt;

/// What happened. Each backend documents which of its driver's codes it maps to which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An operation that needs a row found none.
    NotFound,
    /// A unique key is taken by another row. Nothing was written.
    Conflict,
    /// The input breaks a rule; [`Error::violations`](crate::Error::violations) lists each one.
    /// Nothing was written.
    Invalid,
    /// A stored value cannot be read as its type.
    Corrupt,
    /// The database cannot be reached or has no free connection, or the connection was lost in a
    /// read or inside of a transaction, which is undone then. Nothing happened.
    Unavailable,
    /// The server refused the user, the password or the permission.
    Denied,
    /// A table or column is missing, or is not what this version needs.
    Schema,
    /// The connection was lost, or a time-out struck, after a commit or an autocommit write was
    /// sent: it may or may not have happened. Read the key to learn which; never retry blindly.
    OutcomeUnknown,
    /// Concurrent transactions were in each other's way. Running the transaction again may succeed.
    Serialization,
    /// The transaction is dead: an earlier statement failed in it, or it has ended.
    Aborted,
    /// A statement ran longer than allowed; it had no effect.
    Timeout,
    /// This backend cannot do it; its capability says so.
    Unsupported,
    /// Anything else; the source tells.
    Other,
}

impl ErrorKind {
    /// Whether running the whole transaction again may succeed and cannot do its work twice.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Serialization)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Corrupt => "corrupt",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Schema => "schema",
            Self::OutcomeUnknown => "outcome unknown",
            Self::Serialization => "serialization",
            Self::Aborted => "aborted",
            Self::Timeout => "timeout",
            Self::Unsupported => "unsupported",
            Self::Other => "other",
        })
    }
}
