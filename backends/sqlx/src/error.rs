//! What the errors of sqlx itself mean; those of the server are classified by the drivers.

use std::borrow::Cow;
use std::fmt;

use genledger_contract::{Error, ErrorKind, Violation};

use crate::driver::Driver;

/// What is kept of an error of the server as the [source](std::error::Error::source) of an [`Error`]:
/// its code, and its message only where such messages hold no values.
///
/// The errors of the drivers are not kept: theirs quote the offending values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// The code: SQLSTATE, or the error number of `MySQL`.
    pub code: String,
    /// The server's own words, empty where they could quote a value.
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

/// What an error of sqlx means.
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
            "no connection became free in time: statements take long or transactions stay open, or \
             `max_connections` is too small",
        ),
        E::PoolClosed => unavailable("the store is closed"),
        E::Io(error) => unavailable(
            "the connection to the server failed: is it running, and are host and port right?",
        )
        .with_source(error),
        E::Tls(error) => unavailable(
            "no encrypted connection could be made: does the server have TLS, and do its name and \
             certificate fit?",
        )
        .with_source(error),
        E::Protocol(message) => unavailable("the server answered something unexpected")
            .with_source(ServerError {
                code: "protocol".to_owned(),
                message,
            }),
        E::WorkerCrashed | E::BeginFailed => unavailable("the connection failed"),
        E::ColumnDecode { .. }
        | E::Decode(_)
        | E::TypeNotFound { .. }
        | E::ColumnNotFound(_)
        | E::ColumnIndexOutOfBounds { .. } => Error::corrupt("the reply is not what was asked for"),
        E::Encode(_) => Error::invalid("a value cannot be sent to the server"),
        // The words are those of this very version of sqlx.
        E::Configuration(error) if error.to_string().contains("mysql-rsa") => Error::unsupported(
            "this program was built without passwords over connections that are not encrypted: turn \
             on the feature `mysql-rsa` of genledger, or encrypt them",
        ),
        E::Configuration(error) => {
            Error::invalid("the settings of the connection are wrong").with_source(error)
        }
        E::InvalidArgument(message) => Error::invalid(message),
        // None of the others holds a value.
        other => Error::new(ErrorKind::Other, "the driver failed").with_source(other),
    }
}

/// What a statement does to the database by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing, or nothing before a COMMIT.
    None,
    /// It writes and commits by itself.
    Own,
    /// It is the COMMIT.
    Commit,
}

/// What an error means where the statement may have had its effect: unless the error proves that it
/// had none, a COMMIT that fails in any way, and a write whose connection is lost, have an outcome
/// that is unknown.
pub(crate) fn classify_effect<D: Driver>(error: sqlx::Error, effect: Effect) -> Error {
    let undone = matches!(&error, sqlx::Error::Database(error) if D::undone(&**error));
    let lost = lost::<D>(&error);
    let error = classify::<D>(error);
    match effect {
        Effect::Commit if !undone => Error::new(
            ErrorKind::OutcomeUnknown,
            "the commit failed in a way that does not say whether it happened",
        )
        .with_source(error),
        Effect::Own if !undone && lost => Error::new(
            ErrorKind::OutcomeUnknown,
            "the connection was lost after the write was sent; it may or may not have happened",
        )
        .with_source(error),
        _ => error,
    }
}

/// Whether the server takes no writes now.
pub(crate) fn refuses_writes<D: Driver>(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if D::refuses_writes(&**error))
}

/// [`Unavailable`](ErrorKind::Unavailable) with a message.
pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}

/// [`Invalid`](ErrorKind::Invalid) with one violation at a column, or at the value where the server
/// does not say which column it was.
#[must_use]
pub fn invalid(column: Option<&str>, rule: &'static str, message: &'static str) -> Error {
    let path = column.map_or(Cow::Borrowed("value"), |column| {
        Cow::Owned(column.to_owned())
    });
    Violation::new(path, rule, message).into()
}

/// Whether the connection is gone after this error. Read off the error of the driver: a server that
/// is out of space says that it is unavailable, and its connections live.
pub(crate) fn lost<D: Driver>(error: &sqlx::Error) -> bool {
    use sqlx::Error as E;
    match error {
        E::Database(error) => D::lost(&**error),
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

/// See [`Driver::misplaced`].
pub(crate) fn misplaced<D: Driver>(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if D::misplaced(&**error))
}

/// Whether the connection is to be closed once its work is done; see [`Driver::spoils`].
pub(super) fn spoils<D: Driver>(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if D::spoils(&**error))
}

/// The rows of the table under a heading of `docs/backends.md`: codes, and the kind that they are. For
/// the tests of the drivers, which compare it with what they do.
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
