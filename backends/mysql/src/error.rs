//! Classification of error numbers. A test compares it with the table in `docs/backends.md`.

mod message;

use genledger_contract::{Error, ErrorKind};
use genledger_sqlx::{ServerError, invalid, unavailable};
use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;

/// Classifies an error of the server, without text that could quote a value.
pub(crate) fn classify(error: &dyn DatabaseError) -> Error {
    let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() else {
        return Error::new(ErrorKind::Other, "the server reported an error");
    };
    let number = error.number();
    let item = message::item(number, error.message());
    let classified = classify_number(number, error.code(), item);
    let message = if message::is_free_of_values(number, classified.kind()) {
        error.message()
    } else {
        ""
    };
    let classified = classified.with_source(ServerError {
        code: number.to_string(),
        message: message.to_owned(),
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

/// See [`Driver::proves_no_effect`](genledger_sqlx::Driver::proves_no_effect): deadlocks, certification that failed in a
/// cluster, connections that were idle for too long, from which the server reads nothing more, and servers
/// that turned read-only, which roll back what they refuse to commit.
pub(crate) fn proves_no_effect(error: &dyn DatabaseError) -> bool {
    matches!(number(error), Some(1213 | 3101 | 4031)) || refuses_writes(error)
}

/// See [`Driver::refuses_writes`](genledger_sqlx::Driver::refuses_writes).
pub(crate) fn refuses_writes(error: &dyn DatabaseError) -> bool {
    matches!(number(error), Some(1290 | 1792 | 1836))
}

/// See [`Driver::connection_lost`](genledger_sqlx::Driver::connection_lost).
pub(crate) fn connection_lost(error: &dyn DatabaseError) -> bool {
    matches!(
        number(error),
        Some(
            1047 | 1053 | 1077 | 1079 | 1080 | 1152 | 1158
                ..=1161 | 1184 | 1927 | 2006 | 2013 | 3169 | 4031
        )
    )
}

/// Whether a prepared statement of the connection is no longer usable, or the server cannot keep
/// another one: closing the connection frees its statements.
pub(crate) fn taints(error: &dyn DatabaseError) -> bool {
    matches!(number(error), Some(1243 | 1461 | 1615))
}

/// Classifies an error number; the SQLSTATE distinguishes two meanings of the same number.
fn classify_number(number: u16, state: Option<&str>, item: Option<&str>) -> Error {
    let of = Error::new;
    match number {
        1062 => Error::unique_violation(),
        1264 | 1690 => invalid(item, "overflow", "is beyond the range of its column"),
        1406 => invalid(item, "too_long", "is too long for its column"),
        1118 | 1153 | 1301 => invalid(
            item,
            "too_large",
            "is larger than the server accepts in one packet",
        ),
        1048 => invalid(item, "required", "must not be empty"),
        1216 | 1217 | 1451 | 1452 => {
            invalid(item, "reference", "refers to a row that does not exist")
        }
        3819 => invalid(item, "check", "violates a CHECK constraint"),
        // MySQL uses the number for something else.
        4025 if state == Some("23000") => invalid(item, "check", "violates a CHECK constraint"),
        1265 | 1292 | 1366 | 1411 => {
            invalid(item, "malformed", "has the wrong format for its column")
        }
        1205 => of(
            ErrorKind::SerializationFailure,
            "timed out waiting for a lock",
        ),
        1213 => of(
            ErrorKind::SerializationFailure,
            "deadlock between concurrent transactions",
        ),
        1020 | 3101 => of(
            ErrorKind::SerializationFailure,
            "conflict between concurrent transactions",
        ),
        // Nothing was executed; the next attempt, on another connection, prepares it anew.
        1243 | 1615 => of(
            ErrorKind::SerializationFailure,
            "the server no longer has a prepared statement",
        ),
        3572 => of(ErrorKind::SerializationFailure, "a row is locked"),
        1049 => of(
            ErrorKind::Schema,
            "the database does not exist: create it with CREATE DATABASE",
        ),
        1051 | 1146 => of(
            ErrorKind::Schema,
            "a table does not exist: call `migrate` with its set",
        ),
        1054 => of(
            ErrorKind::Schema,
            "a column does not exist: call `migrate` with its set; `verify_schema` lists the differences",
        ),
        1136 => of(
            ErrorKind::Schema,
            "the table has a different number of columns",
        ),
        1305 => of(ErrorKind::Schema, "a function does not exist"),
        1364 => of(ErrorKind::Schema, "a column without a default has no value"),
        1045 | 1698 | 1820 | 1862 | 3118 | 4151 => of(
            ErrorKind::Denied,
            "the server refused the user or the password",
        ),
        1044 | 1129 | 1130 | 1142 | 1143 | 1227 | 1370 | 1410 => {
            of(ErrorKind::Denied, "the server denied the permission")
        }
        1290 | 1792 | 1836 => {
            unavailable("the server is read-only: it is a standby, or set to read-only")
        }
        1317 | 1969 | 3024 => of(ErrorKind::Timeout, "the statement exceeded its time limit"),
        1021 | 1026 | 1114 => unavailable("the disk of the server is full"),
        1037 | 1041 | 1135 => unavailable("the server is out of memory"),
        1461 => unavailable("the server cannot keep another prepared statement"),
        1040 | 1203 | 1226 => unavailable(
            "the server has no free connection: the pools of all processes together exceed its limit",
        ),
        1047 | 1053 | 1077 | 1079 | 1080 => unavailable("the server is shutting down"),
        1152 | 1158..=1161 | 1184 | 1927 | 2006 | 2013 | 3169 | 4031 => {
            unavailable("the connection to the server was lost")
        }
        _ => of(ErrorKind::Other, "the server reported an error"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use genledger_contract::ErrorKind;
    use genledger_sqlx::documented_kinds;

    use super::{classify_number, message};

    /// The kind of each number in the documentation.
    fn documented() -> Option<BTreeMap<u16, String>> {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/backends.md");
        // The published package does not include the file.
        let docs = std::fs::read_to_string(docs).ok()?;
        let mut kinds = BTreeMap::new();
        for (codes, kind) in documented_kinds(&docs, "### MySQL, MariaDB") {
            for code in codes.split(", ") {
                let (first, last) = code.split_once('–').unwrap_or((code, code));
                if let (Ok(first), Ok(last)) = (first.parse(), last.parse()) {
                    for number in first..=last {
                        let before = kinds.insert(number, kind.clone());
                        assert_eq!(before, None, "{number} is there twice");
                    }
                }
            }
        }
        Some(kinds)
    }

    #[test]
    fn every_number_means_what_the_documentation_says() {
        let Some(documented) = documented() else {
            return;
        };
        assert!(documented.len() > 60, "{documented:?}");
        for number in 1..=5_000 {
            let kind = format!("{:?}", classify_number(number, Some("23000"), None).kind());
            let expected = documented.get(&number).map_or("Other", String::as_str);
            assert_eq!(kind, expected, "{number}");
        }
        // MySQL uses this number for another error.
        let other = classify_number(4025, Some("HY000"), None);
        assert_eq!(other.kind(), ErrorKind::Other);
    }

    #[test]
    fn messages_are_passed_on_unless_they_may_quote_a_value() {
        let passes =
            |number| message::is_free_of_values(number, classify_number(number, None, None).kind());
        for number in [
            1021, 1038, 1064, 1071, 1114, 1118, 1146, 1197, 1205, 1461, 1665, 1709,
        ] {
            assert!(passes(number), "{number}");
        }
        // A key, a malformed value, a value of an expression, an error that the application raises with
        // SIGNAL, and unknown errors.
        for number in [
            1062, 1264, 1292, 1300, 1366, 1411, 1526, 1586, 1644, 1690, 1761, 3819, 4999,
        ] {
            assert!(!passes(number), "{number}");
        }
    }
}
