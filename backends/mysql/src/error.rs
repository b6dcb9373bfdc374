//! What an error number means. The table in the crate's documentation is this match.

mod message;

use genledger_contract::{Error, ErrorKind};
use genledger_sqlx::{ServerError, invalid, unavailable};
use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;

/// Classifies an error of the server, without a word of it that could quote a value.
pub(crate) fn classify(error: &dyn DatabaseError) -> Error {
    let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() else {
        return Error::new(ErrorKind::Other, "the server reported an error");
    };
    let item = message::item(error.number(), error.message());
    let classified = meaning(error, item);
    // What is wrong with data is said with the data; other messages are about names.
    let quotable = error.number() == SYNTAX
        || !matches!(
            classified.kind(),
            ErrorKind::Conflict | ErrorKind::Invalid | ErrorKind::Other
        );
    let classified = classified.with_source(ServerError {
        code: error.number().to_string(),
        message: if quotable {
            error.message().to_owned()
        } else {
            String::new()
        },
    });
    match item {
        Some(item) => classified.with_column(item.to_owned()),
        None => classified,
    }
}

/// The number of an error.
pub(crate) fn number(error: &dyn DatabaseError) -> Option<u16> {
    error
        .try_downcast_ref::<MySqlDatabaseError>()
        .map(MySqlDatabaseError::number)
}

/// See [`Driver::undone`](genledger_sqlx::Driver::undone): deadlocks, certification that failed in a
/// cluster, and servers that turned read-only, which roll back what they refuse to commit.
pub(crate) fn undone(error: &dyn DatabaseError) -> bool {
    matches!(number(error), Some(1213 | 3101)) || refuses_writes(error)
}

/// See [`Driver::refuses_writes`](genledger_sqlx::Driver::refuses_writes).
pub(crate) fn refuses_writes(error: &dyn DatabaseError) -> bool {
    matches!(number(error), Some(1290 | 1792 | 1836))
}

/// See [`Driver::lost`](genledger_sqlx::Driver::lost).
pub(crate) fn lost(error: &dyn DatabaseError) -> bool {
    matches!(
        number(error),
        Some(
            1047 | 1053 | 1077 | 1079 | 1080 | 1152 | 1158
                ..=1161 | 1184 | 1927 | 2006 | 2013 | 3169 | 4031
        )
    )
}

/// Says which piece of SQL is not understood; values are never part of the SQL.
const SYNTAX: u16 = 1064;

fn meaning(error: &MySqlDatabaseError, item: Option<&str>) -> Error {
    let of = Error::new;
    match error.number() {
        1062 => of(ErrorKind::Conflict, "a unique key is taken"),
        1264 | 1690 => invalid(item, "overflow", "is beyond the range of its column"),
        1406 => invalid(item, "too_long", "is too long for its column"),
        1153 | 1301 => invalid(
            item,
            "too_large",
            "is more than the server takes in one packet",
        ),
        1048 => invalid(item, "required", "must not be empty"),
        1216 | 1217 | 1451 | 1452 => {
            invalid(item, "reference", "refers to a row that does not exist")
        }
        3819 => invalid(item, "check", "breaks a check of the database"),
        // MySQL uses the number for something else.
        4025 if error.code() == Some("23000") => {
            invalid(item, "check", "breaks a check of the database")
        }
        1265 | 1292 | 1366 | 1411 => invalid(item, "malformed", "is not what its column holds"),
        1205 => of(
            ErrorKind::Serialization,
            "a lock did not become free in time",
        ),
        1213 => of(
            ErrorKind::Serialization,
            "concurrent transactions waited for each other",
        ),
        3101 => of(ErrorKind::Serialization, "concurrent transactions collided"),
        3572 => of(ErrorKind::Serialization, "a row is locked"),
        1049 => of(ErrorKind::Schema, "the database does not exist"),
        1051 | 1146 => of(ErrorKind::Schema, "a table does not exist"),
        1054 => of(ErrorKind::Schema, "a column does not exist"),
        1136 => of(ErrorKind::Schema, "the table has another number of columns"),
        1305 => of(ErrorKind::Schema, "a function does not exist"),
        1364 => of(
            ErrorKind::Schema,
            "the table has a column that nobody fills",
        ),
        1045 | 1698 | 1820 | 1862 | 3118 | 4151 => of(
            ErrorKind::Denied,
            "the server refused the user or the password",
        ),
        1044 | 1129 | 1130 | 1142 | 1143 | 1227 | 1370 | 1410 => {
            of(ErrorKind::Denied, "the server denied the permission")
        }
        1290 | 1792 | 1836 => unavailable("the server is read-only"),
        1317 | 1969 | 3024 => of(ErrorKind::Timeout, "the statement ran longer than allowed"),
        1040 | 1203 | 1226 => unavailable("the server has no free connection"),
        1047 | 1053 | 1077 | 1079 | 1080 => unavailable("the server is shutting down"),
        1152 | 1158..=1161 | 1184 | 1927 | 2006 | 2013 | 3169 | 4031 => {
            unavailable("the connection to the server was lost")
        }
        _ => of(ErrorKind::Other, "the server reported an error"),
    }
}
