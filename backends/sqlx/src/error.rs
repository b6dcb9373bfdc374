//! Classification of the errors of sqlx; the drivers classify those of the server.

use std::borrow::Cow;
use std::fmt;

use genledger_contract::{Error, ErrorKind, Violation};

use crate::driver::Driver;

/// An error of the server as the [source](std::error::Error::source) of an [`Error`]: its code, and its
/// message if such messages contain no values.
///
/// The errors of sqlx are not kept, since they may quote values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// The code: SQLSTATE, or the error number of `MySQL`.
    pub code: String,
    /// The message of the server, empty if it could quote a value.
    pub message: String,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            write!(f, "the server reported {}", self.code)
        } else {
            write!(f, "the server reported {}: {}", self.code, self.message)
        }
    }
}

impl std::error::Error for ServerError {}

/// Classifies an error of sqlx.
///
/// | sqlx | kind |
/// |---|---|
/// | `Database` | [`Driver::classify`] |
/// | `PoolTimedOut`, `PoolClosed`, `Io`, `Tls`, `Protocol`, `WorkerCrashed`, `BeginFailed` | `Unavailable` |
/// | `Decode`, `ColumnDecode`, `TypeNotFound`, `ColumnNotFound`, `ColumnIndexOutOfBounds` | `Corrupt` |
/// | `Encode`, `Configuration`, `InvalidArgument` | `Invalid`, a missing feature `Unsupported` |
/// | anything else | `Other` |
#[must_use]
pub fn classify<D: Driver>(error: sqlx::Error) -> Error {
    use sqlx::Error as E;
    match error {
        E::Database(error) => D::classify(&*error),
        E::PoolTimedOut => unavailable(
            "timed out waiting for a free connection: statements or transactions take too long, or \
             `max_connections` is too small",
        ),
        E::PoolClosed => unavailable("the store is closed"),
        E::Io(error) => unavailable(
            "the connection to the server failed: is it running, and are host and port correct?",
        )
        .with_source(error),
        E::Tls(error) => unavailable(
            "the TLS connection failed: does the server support TLS, and do its name and certificate \
             match?",
        )
        .with_source(error),
        E::Protocol(message) => unavailable("the server sent an unexpected response")
            .with_source(ServerError {
                code: "protocol".to_owned(),
                message,
            }),
        E::WorkerCrashed | E::BeginFailed => unavailable("the connection failed"),
        E::ColumnDecode { .. }
        | E::Decode(_)
        | E::TypeNotFound { .. }
        | E::ColumnNotFound(_)
        | E::ColumnIndexOutOfBounds { .. } => Error::corrupt("the result does not match the query"),
        E::Encode(_) => Error::invalid("a value cannot be sent to the server"),
        // The message of this version of sqlx.
        E::Configuration(error) if error.to_string().contains("mysql-rsa") => Error::unsupported(
            "this program was built without support for passwords over unencrypted connections: \
             enable the feature `mysql-rsa` of genledger, or encrypt the connections",
        ),
        E::Configuration(error) => {
            Error::invalid("the settings of the connection are invalid").with_source(error)
        }
        E::InvalidArgument(message) => Error::invalid(message),
        // The other errors contain no values.
        other => Error::new(ErrorKind::Other, "the driver failed").with_source(other),
    }
}

/// The effect of a statement by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// None, or none before a COMMIT.
    None,
    /// It writes and commits by itself.
    Own,
    /// It is the COMMIT.
    Commit,
}

/// Classifies an error of a statement with an effect. The outcome of a failed COMMIT, and of a write
/// whose connection is lost, is unknown unless the error proves that it had no effect.
pub(crate) fn classify_effect<D: Driver>(error: sqlx::Error, effect: Effect) -> Error {
    let no_effect = matches!(&error, sqlx::Error::Database(error) if D::proves_no_effect(&**error));
    let lost = connection_lost::<D>(&error);
    let error = classify::<D>(error);
    match effect {
        Effect::Commit if !no_effect => Error::new(
            ErrorKind::OutcomeUnknown,
            "the commit failed, and it is unknown whether it took effect",
        )
        .with_source(error),
        Effect::Own if !no_effect && lost => Error::new(
            ErrorKind::OutcomeUnknown,
            "the connection was lost after the write was sent, and it is unknown whether it took effect",
        )
        .with_source(error),
        _ => error,
    }
}

/// Whether the server is read-only.
pub(crate) fn refuses_writes<D: Driver>(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if D::refuses_writes(&**error))
}

/// Creates an error of kind [`Unavailable`](ErrorKind::Unavailable).
pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}

/// Creates an error of kind [`Invalid`](ErrorKind::Invalid) with one violation, at a column or, if the
/// server does not report it, at `value`.
#[must_use]
pub fn invalid(column: Option<&str>, rule: &'static str, message: &'static str) -> Error {
    let path = column.map_or(Cow::Borrowed("value"), |column| {
        Cow::Owned(column.to_owned())
    });
    Violation::new(path, rule, message).into()
}

/// Whether this error means that the connection is lost. The kind does not tell: a server without disk
/// space is unavailable, but its connections are usable.
pub(crate) fn connection_lost<D: Driver>(error: &sqlx::Error) -> bool {
    use sqlx::Error as E;
    match error {
        E::Database(error) => D::connection_lost(&**error),
        E::Io(_)
        | E::Tls(_)
        | E::Protocol(_)
        | E::WorkerCrashed
        | E::BeginFailed
        | E::PoolTimedOut
        | E::PoolClosed => true,
        _ => false,
    }
}

/// See [`Driver::session_changed`].
pub(crate) fn session_changed<D: Driver>(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if D::session_changed(&**error))
}

/// Whether the connection must be closed after its work; see [`Driver::taints`].
pub(super) fn taints<D: Driver>(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if D::taints(&**error))
}

/// The rows of the table under a heading of `docs/backends.md`: codes and their kind. For the tests of
/// the drivers.
#[doc(hidden)]
#[must_use]
pub fn documented_kinds(docs: &str, heading: &str) -> Vec<(String, String)> {
    let lines = docs.lines().skip_while(|line| *line != heading).skip(1);
    let table = lines
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    table
        .skip(2)
        .filter_map(|row| {
            let mut cells = row.trim_matches('|').split('|').map(str::trim);
            let codes = cells.next()?.to_owned();
            Some((codes, cells.next()?.trim_matches('`').to_owned()))
        })
        .collect()
}
