//! Classification of SQLSTATE codes. A test compares it with the table in `docs/backends.md`.

use genledger_contract::{Error, ErrorKind};
use genledger_sqlx::{ServerError, invalid, unavailable};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// Classifies an error of the server, without text that could quote a value.
pub(crate) fn classify(error: &dyn DatabaseError) -> Error {
    let Some(error) = error.try_downcast_ref::<PgDatabaseError>() else {
        return Error::new(ErrorKind::Other, "the server reported an error");
    };
    // A unique key or a check is named by its constraint, a NOT NULL by its column.
    let item = error.constraint().or_else(|| error.column());
    let classified = classify_code(error.code(), error.routine(), item).with_source(ServerError {
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

/// Whether a prepared statement of the connection is no longer usable, since its columns changed. sqlx
/// would keep sending it.
pub(crate) fn taints(error: &dyn DatabaseError) -> bool {
    let error = error.try_downcast_ref::<PgDatabaseError>();
    error.is_some_and(|error| error.code() == "0A000" && is_stale_plan(error.routine()))
}

/// See [`Driver::session_changed`](genledger_sqlx::Driver::session_changed): a pooler switched the connection to
/// another session of the server, or the application discarded the statements of its session.
pub(crate) fn session_changed(error: &dyn DatabaseError) -> bool {
    matches!(error.code().as_deref(), Some("26000" | "42P05"))
}

/// See [`Driver::proves_no_effect`](genledger_sqlx::Driver::proves_no_effect): errors that statements, triggers and
/// deferred constraints of a transaction raise. 40003 means that the outcome is unknown; errors of the
/// connection, of the system and of resources may be reported after the effect.
pub(crate) fn proves_no_effect(error: &dyn DatabaseError) -> bool {
    let Some(error) = error.try_downcast_ref::<PgDatabaseError>() else {
        return false;
    };
    let code = error.code();
    let class = code.get(..2).unwrap_or_default();
    // The server checks this limit before it reads the next statement, which it then does not run.
    if code == "25P03" {
        return true;
    }
    error.severity() == PgSeverity::Error
        && code != "40003"
        && (matches!(class, "22" | "23" | "25" | "40" | "42" | "54" | "P0")
            || matches!(code, "55P03" | "57014"))
}

/// See [`Driver::connection_lost`](genledger_sqlx::Driver::connection_lost).
pub(crate) fn connection_lost(error: &dyn DatabaseError) -> bool {
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

/// Whether 0A000 was reported since the columns of a prepared statement changed. The message is in the
/// language of the server, so the routine that reports it decides.
fn is_stale_plan(routine: Option<&str>) -> bool {
    routine == Some("RevalidateCachedQuery")
}

fn classify_code(code: &str, routine: Option<&str>, item: Option<&str>) -> Error {
    let of = Error::new;
    match code {
        "23505" | "23P01" => Error::unique_violation(),
        "23502" => invalid(item, "required", "must not be empty"),
        "23503" => invalid(item, "reference", "refers to a row that does not exist"),
        "23514" => invalid(item, "check", "violates a CHECK constraint"),
        "22003" => invalid(item, "overflow", "is beyond the range of its column"),
        "22001" => invalid(item, "too_long", "is too long for its column"),
        "22021" => invalid(item, "encoding", "is not text that the database can hold"),
        code if code.starts_with("54") => {
            invalid(item, "too_large", "is larger than the server accepts")
        }
        code if code.starts_with("22") => {
            invalid(item, "malformed", "has the wrong format for its column")
        }
        "40001" => of(
            ErrorKind::SerializationFailure,
            "conflict between concurrent transactions",
        ),
        "40P01" => of(
            ErrorKind::SerializationFailure,
            "deadlock between concurrent transactions",
        ),
        "55P03" => of(
            ErrorKind::SerializationFailure,
            "timed out waiting for a lock",
        ),
        // The columns of a prepared statement changed under it; the next attempt, on another
        // connection, prepares it anew.
        "0A000" if is_stale_plan(routine) => of(
            ErrorKind::SerializationFailure,
            "the schema changed under a prepared statement",
        ),
        // It was not executed; the next attempt uses no named statement.
        "26000" | "42P05" => of(
            ErrorKind::SerializationFailure,
            "a prepared statement is in another session of the server: a pooler in transaction mode is in \
             front of it, or the application deallocated the statement",
        ),
        "40003" => of(
            ErrorKind::OutcomeUnknown,
            "the server does not know the outcome",
        ),
        "3D000" => of(
            ErrorKind::Schema,
            "the database does not exist: create it with CREATE DATABASE",
        ),
        "3F000" => of(
            ErrorKind::Schema,
            "the schema does not exist: create it with CREATE SCHEMA",
        ),
        "42P01" => of(
            ErrorKind::Schema,
            "a table does not exist: call `migrate` with its set",
        ),
        "42703" => of(
            ErrorKind::Schema,
            "a column does not exist: call `migrate` with its set; `verify_schema` lists the differences",
        ),
        "42704" | "42883" => of(ErrorKind::Schema, "a type or function does not exist"),
        "42804" => of(ErrorKind::Schema, "a column has a different type"),
        "42P10" => of(ErrorKind::Schema, "a unique key does not exist"),
        "25006" => unavailable("the server is read-only: it is a standby, or set to read-only"),
        "42501" => of(ErrorKind::Denied, "the server denied the permission"),
        code if code.starts_with("28") => of(
            ErrorKind::Denied,
            "the server refused the user or the password",
        ),
        "57014" => of(ErrorKind::Timeout, "the statement exceeded its time limit"),
        "53100" => unavailable("the disk of the server is full"),
        "53000" | "53200" => unavailable("the server is out of memory or of another resource"),
        "53300" => unavailable(
            "the server has no free connection: the pools of all processes together exceed its limit",
        ),
        "57P01" | "57P02" | "57P03" | "57P05" => unavailable("the server is shutting down"),
        "25P03" | "25P04" => unavailable("the server ended a transaction that took too long"),
        code if code.starts_with("08") => unavailable("the connection to the server failed"),
        "XX001" | "XX002" => of(ErrorKind::Corrupt, "the server's data are damaged"),
        "25P02" => of(
            ErrorKind::Aborted,
            "an earlier statement failed in the transaction",
        ),
        _ => of(ErrorKind::Other, "the server reported an error"),
    }
}

/// The server's message, or nothing if it may quote a value.
fn message(error: &PgDatabaseError) -> &str {
    if is_free_of_values(error.code()) {
        error.message()
    } else {
        ""
    }
}

/// Whether messages of this code are about the server, the schema or the statement: those about data
/// (22, 23) quote values, and those of user code (P0, and the classes that it may raise) may.
fn is_free_of_values(code: &str) -> bool {
    const SAFE: [&str; 15] = [
        "08", "0A", "25", "26", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "F0",
    ];
    let class = code.get(..2).unwrap_or_default();
    SAFE.contains(&class) || matches!(code, "XX001" | "XX002")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use genledger_contract::ErrorKind;
    use genledger_sqlx::documented_kinds;

    use super::{classify_code, is_free_of_values};

    const MARKS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// The kind of each code and class in the documentation.
    fn documented() -> Option<BTreeMap<String, String>> {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/backends.md");
        // The published package does not include the file.
        let docs = std::fs::read_to_string(docs).ok()?;
        let mut kinds = BTreeMap::new();
        for (codes, kind) in documented_kinds(&docs, "### PostgreSQL") {
            for code in codes.split(", ") {
                let code = code.trim_end_matches('…');
                let plain = code.bytes().all(|mark| MARKS.contains(&mark));
                if plain && matches!(code.len(), 2 | 5) {
                    let before = kinds.insert(code.to_owned(), kind.clone());
                    assert_eq!(before, None, "{code} is there twice");
                }
            }
        }
        Some(kinds)
    }

    #[test]
    fn every_code_means_what_the_documentation_says() {
        let Some(documented) = documented() else {
            return;
        };
        assert!(documented.len() > 30, "{documented:?}");
        let kind = |code: &str| format!("{:?}", classify_code(code, None, None).kind());
        for (code, expected) in documented.iter().filter(|(code, _)| code.len() == 5) {
            assert_eq!(kind(code), *expected, "{code}");
        }
        // And every other code that servers use.
        let letter = |mark: &u8| char::from(*mark);
        for class in MARKS.iter().flat_map(|one| MARKS.map(|two| [*one, two])) {
            let class: String = class.iter().map(letter).collect();
            for rest in ["00", "P0"] {
                for last in MARKS.iter().map(letter) {
                    for middle in ['0', '1', '2', '3'] {
                        let code = match rest {
                            "00" => format!("{class}0{middle}{last}"),
                            _ => format!("{class}P{middle}{last}"),
                        };
                        let known = documented.get(&code).or_else(|| documented.get(&class));
                        let expected = known.map_or("Other", String::as_str);
                        assert_eq!(kind(&code), expected, "{code}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_stale_plan_is_known_in_every_language() {
        let of = |routine| classify_code("0A000", routine, None).kind();
        assert_eq!(
            of(Some("RevalidateCachedQuery")),
            ErrorKind::SerializationFailure
        );
        assert_eq!(of(Some("transformSetOperationTree")), ErrorKind::Other);
        assert_eq!(of(None), ErrorKind::Other);
    }

    #[test]
    fn messages_are_passed_on_unless_they_may_quote_a_value() {
        for code in [
            "53100", "53400", "54000", "58030", "0A000", "42P07", "XX001",
        ] {
            assert!(is_free_of_values(code), "{code}");
        }
        for code in ["22001", "22P02", "23505", "P0001", "XX000", "HV000", ""] {
            assert!(!is_free_of_values(code), "{code}");
        }
    }
}
