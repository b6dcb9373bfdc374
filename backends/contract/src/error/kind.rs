//! The kinds of error, which of them may be retried, and their HTTP status.

use std::fmt;

use serde::Serialize;

/// The kind of an error. Each backend documents which codes of its driver it maps to which kind. In JSON its
/// name in `snake_case`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// An operation that needs a row found none.
    NotFound,
    /// A unique key or the primary key is taken by another row (on PostgreSQL also: an exclusion constraint
    /// refuses the row). Nothing was written.
    UniqueViolation,
    /// The row has another version than the one that was to be changed: it was changed meanwhile.
    /// Nothing was written; read it again.
    VersionConflict,
    /// A status cannot follow the one that the row has. Nothing was written.
    InvalidTransition,
    /// The lease of the caller was taken over by another caller. Nothing was written.
    StaleLease,
    /// A rule of the domain refuses the operation; [`Error::code`](crate::Error::code) is its code.
    Refused,
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
    /// sent: it may or may not have happened, and may still happen, so that reading proves nothing.
    /// Settle it by a write: insert the same rows again, or use
    /// [`transaction_once`](crate::StoreExt::transaction_once).
    OutcomeUnknown,
    /// Concurrent transactions conflicted, as in a deadlock. Running the transaction again may succeed.
    SerializationFailure,
    /// The transaction is aborted: an earlier statement failed in it, whose error is the source, or it has
    /// ended.
    Aborted,
    /// A statement ran longer than allowed; it had no effect.
    Timeout,
    /// This backend does not support the operation; see its capability.
    Unsupported,
    /// Anything else; see the source.
    Other,
}

impl ErrorKind {
    /// Every kind, in the order of their declaration: for tables, metrics and documentation.
    pub const ALL: &'static [Self] = &[
        Self::NotFound,
        Self::UniqueViolation,
        Self::VersionConflict,
        Self::InvalidTransition,
        Self::StaleLease,
        Self::Refused,
        Self::Invalid,
        Self::Corrupt,
        Self::Unavailable,
        Self::Denied,
        Self::Schema,
        Self::OutcomeUnknown,
        Self::SerializationFailure,
        Self::Aborted,
        Self::Timeout,
        Self::Unsupported,
        Self::Other,
    ];

    /// Whether running the whole transaction again may succeed and cannot do its work twice.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::SerializationFailure)
    }

    /// The HTTP status that a service returns for the error.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::UniqueViolation
            | Self::VersionConflict
            | Self::InvalidTransition
            | Self::StaleLease => 409,
            Self::Invalid | Self::Refused => 422,
            Self::Unavailable | Self::SerializationFailure | Self::OutcomeUnknown => 503,
            Self::Timeout => 504,
            Self::Unsupported => 501,
            Self::Corrupt | Self::Denied | Self::Schema | Self::Aborted | Self::Other => 500,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::UniqueViolation => "unique violation",
            Self::VersionConflict => "version conflict",
            Self::InvalidTransition => "invalid transition",
            Self::StaleLease => "stale lease",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Corrupt => "corrupt",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Schema => "schema",
            Self::OutcomeUnknown => "outcome unknown",
            Self::SerializationFailure => "serialization failure",
            Self::Aborted => "aborted",
            Self::Timeout => "timeout",
            Self::Unsupported => "unsupported",
            Self::Other => "other",
        })
    }
}

// `Other` stays the last one, so that a kind that is missing from the list does not compile.
const _: () = {
    assert!(ErrorKind::ALL.len() == ErrorKind::Other as usize + 1);
    let mut index = 0;
    while index < ErrorKind::ALL.len() {
        assert!(ErrorKind::ALL[index] as usize == index);
        index += 1;
    }
};
