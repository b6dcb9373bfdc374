//! Classification of SQLite's result codes; the documentation of the crate has the table.

use genledger_contract::{Error, ErrorKind};
use rusqlite::ffi;
use tokio::task::JoinError;

/// Classifies an error of a statement.
pub(crate) fn classify(error: rusqlite::Error) -> Error {
    let (code, message) = match &error {
        rusqlite::Error::SqliteFailure(code, message) => {
            (*code, message.as_deref().unwrap_or_default())
        }
        rusqlite::Error::SqlInputError { error, msg, .. } => (*error, msg.as_str()),
        _ => return Error::new(ErrorKind::Other, "SQLite failed").with_source(error),
    };
    let kind = kind(code, message);
    let mut classified = Error::new(kind, describe(kind));
    if let Some(column) = column(message) {
        classified = classified.with_column(column.to_owned());
    }
    classified.with_source(without_sql(error))
}

/// Removes the text of a statement, since that of the application may contain values.
fn without_sql(error: rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqlInputError { error, .. } => rusqlite::Error::SqliteFailure(error, None),
        error => error,
    }
}

/// The error if the thread that opens a database failed.
pub(crate) fn open_failed(error: JoinError) -> Error {
    let open_failed = if error.is_panic() {
        Error::new(ErrorKind::Other, "the driver panicked")
    } else {
        unavailable("the runtime is shutting down")
    };
    open_failed.with_source(error)
}

/// An error of kind [`Unavailable`](ErrorKind::Unavailable).
pub(crate) fn unavailable(message: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}

/// Classifies an error of a COMMIT: its outcome is unknown, except for errors that prove that nothing
/// was committed.
pub(crate) fn classify_commit(error: rusqlite::Error) -> Error {
    use ffi::ErrorCode::{ConstraintViolation, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly};
    match error.sqlite_error_code() {
        Some(ConstraintViolation | DatabaseBusy | DatabaseLocked | DiskFull | ReadOnly) => {
            classify(error)
        }
        _ => Error::new(
            ErrorKind::OutcomeUnknown,
            "the commit failed, and it is unknown whether it took effect",
        )
        .with_source(error),
    }
}

fn kind(error: ffi::Error, message: &str) -> ErrorKind {
    match error.extended_code {
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_ROWID => return ErrorKind::UniqueViolation,
        _ => {}
    }
    match error.code {
        ffi::ErrorCode::ConstraintViolation
        | ffi::ErrorCode::TypeMismatch
        | ffi::ErrorCode::TooBig => ErrorKind::Invalid,
        ffi::ErrorCode::DatabaseBusy | ffi::ErrorCode::DatabaseLocked => {
            ErrorKind::SerializationFailure
        }
        ffi::ErrorCode::DatabaseCorrupt | ffi::ErrorCode::NotADatabase => ErrorKind::Corrupt,
        ffi::ErrorCode::CannotOpen
        | ffi::ErrorCode::DiskFull
        | ffi::ErrorCode::OutOfMemory
        | ffi::ErrorCode::SystemIoFailure => ErrorKind::Unavailable,
        ffi::ErrorCode::PermissionDenied
        | ffi::ErrorCode::ReadOnly
        | ffi::ErrorCode::AuthorizationForStatementDenied => ErrorKind::Denied,
        ffi::ErrorCode::SchemaChanged => ErrorKind::Schema,
        ffi::ErrorCode::OperationInterrupted => ErrorKind::Timeout,
        // SQLite has no specific codes for these.
        _ if message.starts_with("no such table")
            || message.starts_with("no such column")
            || message.contains("has no column named") =>
        {
            ErrorKind::Schema
        }
        _ if message.contains("integer overflow") => ErrorKind::Invalid,
        _ => ErrorKind::Other,
    }
}

const fn describe(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::UniqueViolation => "a unique key is taken",
        ErrorKind::Invalid => "SQLite rejected a value",
        ErrorKind::SerializationFailure => {
            "the database is locked by another connection, and `busy_timeout` has elapsed"
        }
        ErrorKind::Corrupt => "the file is damaged, or not an SQLite database",
        ErrorKind::Unavailable => {
            "the database file cannot be opened or used: its folder must exist and be writable, and \
             the disk must not be full"
        }
        ErrorKind::Denied => {
            "the database is not writable: check the permissions of its file, and `mode` in the URL"
        }
        ErrorKind::Schema => {
            "a table or column is missing: call `migrate` with its set; `verify_schema` lists the \
             differences"
        }
        ErrorKind::Timeout => "the statement was interrupted",
        _ => "SQLite failed",
    }
}

/// The column in a message: `UNIQUE constraint failed: logs.id`, `CHECK constraint failed: quota`
/// (the first name of the condition), `cannot store REAL value in INTEGER column logs.quota`.
fn column(message: &str) -> Option<&str> {
    let place = message
        .split_once("constraint failed: ")
        .or_else(|| message.split_once(" column "))
        .map(|(_, place)| place)?;
    let first = place.split(',').next()?;
    let name = first.split_once('.').map_or(first, |(_, column)| column);
    let plain = |char: char| char.is_ascii_alphanumeric() || char == '_';
    name.chars().all(plain).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::column;

    #[test]
    fn messages_name_a_column() {
        for (message, name) in [
            ("UNIQUE constraint failed: logs.id, logs.at", Some("id")),
            ("CHECK constraint failed: quota", Some("quota")),
            ("CHECK constraint failed: quota > 0", None),
            (
                "cannot store REAL value in INTEGER column logs.quota",
                Some("quota"),
            ),
            ("database is locked", None),
        ] {
            assert_eq!(column(message), name, "{message}");
        }
    }
}
