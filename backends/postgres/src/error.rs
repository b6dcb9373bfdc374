//! What a SQLSTATE means. The table in the crate's documentation is this match.

use genledger_contract::{Error, ErrorKind};
use genledger_sqlx::{ServerError, invalid, unavailable};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// Classifies an error of the server, without a word of it that could quote a value.
pub(crate) fn classify(error: &dyn DatabaseError) -> Error {
    let Some(error) = error.try_downcast_ref::<PgDatabaseError>() else {
        return Error::new(ErrorKind::Other, "the server reported an error");
    };
    // A unique key or a check is named by its constraint, a NOT NULL by its column.
    let item = error.constraint().or_else(|| error.column());
    let classified = meaning(error.code(), error.message(), item).with_source(ServerError {
        code: error.code().to_owned(),
        message: message(error).to_owned(),
    });
    let classified = match item {
        Some(item) => classified.with_column(item.to_owned()),
        None => classified,
    };
    match error.table() {
        Some(table) => classified.with_table(table.to_owned()),
        None => classified,
    }
}

/// Whether a statement that the connection has prepared is of no use any more: its columns changed,
/// or the server forgot it. sqlx would send it again and again.
pub(crate) fn spoils(error: &dyn DatabaseError) -> bool {
    match error.code().as_deref() {
        Some("0A000") => is_stale_plan(error.message()),
        Some("26000") => true,
        _ => false,
    }
}

/// See [`Driver::undone`](genledger_sqlx::Driver::undone): what the statements and triggers of a
/// transaction raise, also those that wait for the COMMIT. 40003 says the contrary; errors of the
/// connection, of the system and of resources may come after the effect.
pub(crate) fn undone(error: &dyn DatabaseError) -> bool {
    let Some(error) = error.try_downcast_ref::<PgDatabaseError>() else {
        return false;
    };
    let code = error.code();
    let class = code.get(..2).unwrap_or_default();
    error.severity() == PgSeverity::Error
        && code != "40003"
        && (matches!(class, "22" | "23" | "25" | "40" | "42" | "54" | "P0")
            || matches!(code, "55P03" | "57014"))
}

/// See [`Driver::lost`](genledger_sqlx::Driver::lost).
pub(crate) fn lost(error: &dyn DatabaseError) -> bool {
    let code = error.code();
    let code = code.as_deref().unwrap_or_default();
    code.starts_with("08")
        || matches!(
            code,
            "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04"
        )
}

/// See [`Driver::refuses_writes`](genledger_sqlx::Driver::refuses_writes).
pub(crate) fn refuses_writes(error: &dyn DatabaseError) -> bool {
    error.code().as_deref() == Some("25006")
}

fn is_stale_plan(message: &str) -> bool {
    message.contains("cached plan")
}

fn meaning(code: &str, message: &str, item: Option<&str>) -> Error {
    let of = Error::new;
    match code {
        "23505" | "23P01" => of(ErrorKind::Conflict, "a unique key is taken"),
        "23502" => invalid(item, "required", "must not be empty"),
        "23503" => invalid(item, "reference", "refers to a row that does not exist"),
        "23514" => invalid(item, "check", "breaks a check of the database"),
        "22003" => invalid(item, "overflow", "is beyond the range of its column"),
        "22001" => invalid(item, "too_long", "is too long for its column"),
        "22021" => invalid(item, "encoding", "is no text that the database can hold"),
        "54000" => invalid(
            item,
            "too_large",
            "is more than the server can take at once",
        ),
        code if code.starts_with("22") => {
            invalid(item, "malformed", "is not what its column holds")
        }
        "40001" => of(ErrorKind::Serialization, "concurrent transactions collided"),
        "40P01" => of(
            ErrorKind::Serialization,
            "concurrent transactions waited for each other",
        ),
        "55P03" => of(
            ErrorKind::Serialization,
            "a lock did not become free in time",
        ),
        // The columns of a prepared statement changed under it; the next attempt, on another
        // connection, prepares it anew.
        "0A000" if is_stale_plan(message) => of(
            ErrorKind::Serialization,
            "the schema changed under a prepared statement",
        ),
        "40003" => of(
            ErrorKind::OutcomeUnknown,
            "the server does not know the outcome",
        ),
        "3D000" => of(ErrorKind::Schema, "the database does not exist"),
        "3F000" => of(ErrorKind::Schema, "the schema does not exist"),
        "42P01" => of(ErrorKind::Schema, "a table does not exist"),
        "42703" => of(ErrorKind::Schema, "a column does not exist"),
        "42704" | "42883" => of(ErrorKind::Schema, "a type or function does not exist"),
        "42804" => of(ErrorKind::Schema, "a column has another type"),
        "42P10" => of(ErrorKind::Schema, "a unique key does not exist"),
        "25006" => unavailable("the server is read-only"),
        "42501" => of(ErrorKind::Denied, "the server denied the permission"),
        code if code.starts_with("28") => of(
            ErrorKind::Denied,
            "the server refused the user or the password",
        ),
        "57014" => of(ErrorKind::Timeout, "the statement ran longer than allowed"),
        "53300" => unavailable("the server has no free connection"),
        "57P01" | "57P02" | "57P03" | "57P05" => unavailable("the server is shutting down"),
        "25P03" | "25P04" => unavailable("the server ended a transaction that took too long"),
        code if code.starts_with("08") => unavailable("the connection to the server failed"),
        "25P02" => of(
            ErrorKind::Aborted,
            "an earlier statement failed in the transaction",
        ),
        _ => of(ErrorKind::Other, "the server reported an error"),
    }
}

/// The server's own words, where they never quote a value: those about data (22, 23) do, and those
/// of user code (P0, and the classes that it may raise) may.
fn message(error: &PgDatabaseError) -> &str {
    const SAFE: [&str; 12] = [
        "08", "0A", "25", "28", "3D", "3F", "40", "42", "53", "54", "55", "57",
    ];
    let class = error.code().get(..2).unwrap_or_default();
    if SAFE.contains(&class) {
        error.message()
    } else {
        ""
    }
}
