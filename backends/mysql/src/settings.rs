//! What every connection is set to, and what the connections of a foreign pool are checked for.
//!
//! A server's defaults, an account's and those of `init_connect` may be anything. Here is each setting
//! that changes what a statement means, which rows it reaches, or what a table comes out as. The
//! table in `docs/backends.md` says why, and names those that are left as they are.

use genledger_contract::{Error, Result, Violation};
use sqlx::mysql::MySqlConnection;
use sqlx::{Executor, FromRow};

use crate::connection::MySqlDriver;

/// The flags that `TRADITIONAL` stands for. It replaces all others, which change how SQL is read
/// (`ANSI_QUOTES`), what an expression means (`PIPES_AS_CONCAT`) or what is stored
/// (`EMPTY_STRING_IS_NULL`).
const SQL_MODE: [&str; 8] = [
    "STRICT_TRANS_TABLES",
    "STRICT_ALL_TABLES",
    "NO_ZERO_IN_DATE",
    "NO_ZERO_DATE",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "TRADITIONAL",
    "NO_AUTO_CREATE_USER",
    "NO_ENGINE_SUBSTITUTION",
];

/// The flags without which a connection is refused.
const STRICT: [&str; 3] = [
    "STRICT_TRANS_TABLES",
    "STRICT_ALL_TABLES",
    "ERROR_FOR_DIVISION_BY_ZERO",
];

/// The bytes of a sort buffer: fifteen keys of `max_sort_length`, below which a sort fails.
const SORT_BUFFER: usize = 2_097_152;

/// A packet with less has no room for the longest statements without values.
const LEAST_PACKET: usize = 64 * 1024;

/// Makes the statements and the list of the checks of one list of settings, so that what is set is
/// what is checked.
macro_rules! settings {
    (
        $($name:literal = $value:literal is $shown:literal,)+
        mariadb: $($own:literal = $own_value:literal is $own_shown:literal,)+
    ) => {
        /// Sets a connection up in one round trip. DEFAULT would be what the server is set to, so
        /// values are named.
        const SET_UP: &str = concat!(
            "SET NAMES utf8mb4 COLLATE utf8mb4_bin; SET SESSION sql_mode = 'TRADITIONAL', ",
            "sort_buffer_size = CAST(GREATEST(@@SESSION.sort_buffer_size, 2097152) AS UNSIGNED)",
            $(", ", $name, " = ", $value,)+
            // Only MariaDB looks into this comment.
            " /*M!100300 ", $(", ", $own, " = ", $own_value,)+ "*/; ",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        );

        /// Reads the settings by name, since the two servers call the isolation level differently.
        const QUESTION: &str = concat!(
            "SHOW SESSION VARIABLES WHERE Variable_name IN ('version', 'max_allowed_packet', ",
            "'max_prepared_stmt_count', 'log_bin', 'binlog_format', 'sql_mode', ",
            "'sort_buffer_size', 'transaction_isolation', 'tx_isolation', ",
            "'character_set_client', 'character_set_connection', 'character_set_results', ",
            "'collation_connection'",
            $(", '", $name, "'",)+ $(", '", $own, "'",)+
            ")",
        );

        /// The settings with one value, as the server shows them.
        const FIXED: &[(&str, &str)] = &[
            $(($name, $shown),)+
            $(($own, $own_shown),)+
        ];
    };
}

settings! {
    // A time without a zone is read and written as it is.
    "time_zone" = "'+00:00'" is "+00:00",
    // A write would be answered and then undone when the connection closes.
    "autocommit" = "1" is "ON",
    // A transaction would begin right after a commit, on a connection that goes back to the pool.
    "completion_type" = "'NO_CHAIN'" is "NO_CHAIN",
    // What a statement may read or change.
    "sql_safe_updates" = "0" is "OFF",
    "sql_select_limit" = "18446744073709551615" is "18446744073709551615",
    "sql_big_selects" = "1" is "ON",
    // `IS NULL` would find the row that was inserted last.
    "sql_auto_is_null" = "0" is "OFF",
    // Rows that break a key would be stored.
    "foreign_key_checks" = "1" is "ON",
    "unique_checks" = "1" is "ON",
    // Texts are sorted by their first bytes only: those of the longest text that a row can hold, and
    // the length that a binary one ends with.
    "max_sort_length" = "66560" is "66560",
    // The names in an error are found in its English message.
    "lc_messages" = "'en_US'" is "en_US",
    // For scripts that do not say it.
    "default_storage_engine" = "InnoDB" is "InnoDB",
    mariadb:
    // Rows that break a check would be stored.
    "check_constraint_checks" = "1" is "ON",
    // Tables with history would be read as they were then.
    "system_versioning_asof" = "DEFAULT" is "DEFAULT",
}

/// What `SET NAMES` sets.
const NAMES: [(&str, &str); 4] = [
    ("character_set_client", "utf8mb4"),
    ("character_set_connection", "utf8mb4"),
    ("character_set_results", "utf8mb4"),
    ("collation_connection", "utf8mb4_bin"),
];

/// Sets a connection up.
pub(crate) async fn set_up(connection: &mut MySqlConnection) -> sqlx::Result<()> {
    connection.execute(sqlx::raw_sql(SET_UP)).await.map(drop)
}

/// The settings of a connection.
#[derive(Debug)]
pub(crate) struct Settings(Vec<(String, String)>);

impl Settings {
    /// Asks a connection.
    pub(crate) async fn of(connection: &mut MySqlConnection) -> Result<Self> {
        // Not prepared, as in `set_up` of the driver.
        let rows = connection.fetch_all(sqlx::raw_sql(QUESTION)).await;
        rows.and_then(|rows| rows.iter().map(FromRow::from_row).collect())
            .map(Self)
            .map_err(genledger_sqlx::classify::<MySqlDriver>)
    }

    /// The value of a setting, as the server shows it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// A setting that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.parse().ok()
    }

    /// Refuses a connection that is not set up.
    pub(crate) fn check(&self) -> Result<()> {
        match self.wrong() {
            None => Ok(()),
            Some(name) => Err(Violation::new(
                name,
                "setting",
                "is not what the store needs: give prepare_connection to the pool",
            )
            .into()),
        }
    }

    /// Refuses a server on which writes would fail one by one, whatever a connection is set to.
    pub(crate) fn check_server(&self) -> Result<()> {
        if self.get("log_bin") == Some("ON") && self.get("binlog_format") == Some("STATEMENT") {
            return Err(Error::unsupported(
                "the server refuses writes under READ COMMITTED: its binlog_format is STATEMENT, \
                 and must be ROW or MIXED",
            ));
        }
        if self.number("max_prepared_stmt_count") == Some(0) {
            return Err(Error::unsupported(
                "the server prepares no statement: its max_prepared_stmt_count is 0",
            ));
        }
        if self
            .number("max_allowed_packet")
            .is_some_and(|bytes| bytes < LEAST_PACKET)
        {
            return Err(Error::unsupported(
                "the max_allowed_packet of the server is less than 64 KiB",
            ));
        }
        Ok(())
    }

    /// The first setting that is wrong. One that the server does not know is not.
    fn wrong(&self) -> Option<&'static str> {
        let differs = |(name, expected): &&(&'static str, &str)| {
            self.get(name)
                .is_some_and(|value| !value.eq_ignore_ascii_case(expected))
        };
        let fixed = FIXED.iter().chain(&NAMES).find(differs);
        if let Some((name, _)) = fixed {
            return Some(name);
        }
        let mode = self.get("sql_mode").unwrap_or_default();
        let has = |flag: &str| mode.split(',').any(|one| one == flag);
        let foreign = |flag: &str| !flag.is_empty() && !SQL_MODE.contains(&flag);
        if !STRICT.into_iter().all(has) || mode.split(',').any(foreign) {
            return Some("sql_mode");
        }
        let isolation = self
            .get("transaction_isolation")
            .or_else(|| self.get("tx_isolation"));
        if isolation != Some("READ-COMMITTED") {
            return Some("transaction_isolation");
        }
        let buffer = self.number("sort_buffer_size");
        buffer
            .is_some_and(|bytes| bytes < SORT_BUFFER)
            .then_some("sort_buffer_size")
    }
}

#[cfg(test)]
mod tests {
    use super::{FIXED, NAMES, SET_UP, Settings};

    fn settings(changed: &[(&str, &str)]) -> Settings {
        let fixed = FIXED.iter().chain(&NAMES).copied();
        let others = [
            (
                "sql_mode",
                "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO",
            ),
            ("transaction_isolation", "READ-COMMITTED"),
            ("sort_buffer_size", "2097152"),
        ];
        // The first one of a name counts.
        let all = changed.iter().copied().chain(fixed).chain(others);
        Settings(
            all.map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    #[test]
    fn each_setting_is_checked() {
        assert_eq!(settings(&[]).wrong(), None);
        for (name, _) in FIXED.iter().chain(&NAMES) {
            assert_eq!(settings(&[(name, "another")]).wrong(), Some(*name));
        }
        for mode in [
            "",
            "STRICT_TRANS_TABLES",
            "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,ANSI_QUOTES",
            "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,PIPES_AS_CONCAT",
        ] {
            assert_eq!(settings(&[("sql_mode", mode)]).wrong(), Some("sql_mode"));
        }
        let isolation = [("transaction_isolation", "REPEATABLE-READ")];
        assert_eq!(settings(&isolation).wrong(), Some("transaction_isolation"));
        let buffer = [("sort_buffer_size", "1024")];
        assert_eq!(settings(&buffer).wrong(), Some("sort_buffer_size"));
    }

    #[test]
    fn servers_that_refuse_every_write_are_told_at_once() {
        let refused = |changed: &[(&str, &str)]| settings(changed).check_server().is_err();
        assert!(!refused(&[]));
        assert!(!refused(&[
            ("log_bin", "OFF"),
            ("binlog_format", "STATEMENT")
        ]));
        assert!(!refused(&[("log_bin", "ON"), ("binlog_format", "MIXED")]));
        assert!(refused(&[
            ("log_bin", "ON"),
            ("binlog_format", "STATEMENT")
        ]));
        assert!(refused(&[("max_prepared_stmt_count", "0")]));
        assert!(refused(&[("max_allowed_packet", "1024")]));
    }

    /// A new setting is explained where the others are.
    #[test]
    fn each_setting_is_documented() {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/backends.md");
        let Ok(docs) = std::fs::read_to_string(docs) else {
            // The package alone has no such file.
            return;
        };
        for (name, _) in FIXED {
            assert!(SET_UP.contains(&format!("{name} = ")), "{name}");
            assert!(docs.contains(&format!("`{name}`")), "{name}");
        }
    }
}
