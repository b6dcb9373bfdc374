//! Errors of a script that prove that it was already applied before an interruption.

use std::error::Error as _;

use genledger_contract::Error;
use genledger_sqlx::ServerError;

/// The object to create exists: a table or a view (1050), a column (1060), an index (1061), a
/// primary key (1068), a partition (1517), a trigger (1359), a procedure (1304), an event (1537), a
/// constraint (1826, 3822).
const EXISTS: [&str; 10] = [
    "1050", "1060", "1061", "1068", "1304", "1359", "1517", "1537", "1826", "3822",
];
/// The object to remove does not exist: a table (1051), a column, a key or a constraint (1091), a procedure (1305),
/// a trigger (1360), a partition (1507), an event (1539), a constraint (3821, 3940), a view (4092).
const MISSING: [&str; 9] = [
    "1051", "1091", "1305", "1360", "1507", "1539", "3821", "3940", "4092",
];
/// The object to rename does not exist: a column (1054), a table (1146), an index
/// (1176).
const RENAMED: [&str; 3] = ["1054", "1146", "1176"];

pub(super) fn is_already_applied(script: &str, error: &Error) -> bool {
    let server = error.source().and_then(|source| source.downcast_ref());
    let Some(ServerError { code, .. }) = server else {
        return false;
    };
    let has = |word: &str| {
        let mut words = script.split(|byte: char| !byte.is_ascii_alphabetic());
        words.any(|one| one.eq_ignore_ascii_case(word))
    };
    let code = code.as_str();
    EXISTS.contains(&code)
        || MISSING.contains(&code) && has("DROP")
        || RENAMED.contains(&code) && (has("RENAME") || has("CHANGE"))
}

#[cfg(test)]
mod tests {
    use genledger_contract::ErrorKind;

    use super::{Error, ServerError, is_already_applied};

    #[test]
    fn errors_prove_what_was_applied() {
        let of = |code: &str| {
            Error::new(ErrorKind::Other, "refused").with_source(ServerError {
                code: code.to_owned(),
                message: String::new(),
            })
        };
        assert!(is_already_applied(
            "ALTER TABLE a ADD COLUMN b INT",
            &of("1060")
        ));
        assert!(is_already_applied(
            "ALTER TABLE a DROP COLUMN b",
            &of("1091")
        ));
        assert!(is_already_applied(
            "alter table a rename column b to c",
            &of("1054")
        ));
        assert!(!is_already_applied(
            "ALTER TABLE a ADD INDEX (b)",
            &of("1054")
        ));
        assert!(!is_already_applied(
            "ALTER TABLE a ADD COLUMN b INT",
            &of("1064")
        ));
        assert!(!is_already_applied(
            "ALTER TABLE a ADD COLUMN b INT",
            &Error::invalid("refused")
        ));
    }
}
