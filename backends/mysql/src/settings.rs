//! Session settings: applied to every connection, and checked on the connections of an application's pool.
//!
//! The defaults of a server, of an account and of `init_connect` vary. This list contains every setting
//! that changes the meaning of a statement, the rows that it affects, or a created table.
//! `docs/backends.md` gives the reasons, and lists the settings that are not changed.

use std::sync::Arc;

use genledger_contract::{Error, Result, Violation};
use rust_decimal::Decimal;
use sqlx::mysql::MySqlConnection;
use sqlx::{Executor, FromRow};

/// The flags that `TRADITIONAL` includes. It replaces all others, which change how SQL is parsed
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

/// Flags that a connection must have.
const STRICT: [&str; 3] = [
    "STRICT_TRANS_TABLES",
    "STRICT_ALL_TABLES",
    "ERROR_FOR_DIVISION_BY_ZERO",
];

/// The bytes of a sort buffer: fifteen keys of `max_sort_length`, below which a sort fails.
const SORT_BUFFER: usize = 2_097_152;

/// A smaller packet cannot hold the longest statements, even without values.
const LEAST_PACKET: usize = 64 * 1024;

/// Generates the statement and the checks from one list of settings, so that they cannot differ.
macro_rules! settings {
    (
        $($name:literal = $value:literal is $shown:literal,)+
        mariadb: $($own:literal = $own_value:literal is $own_shown:literal,)+
    ) => {
        /// Sets up a connection in one round trip. DEFAULT would be the value of the server, so values
        /// are explicit.
        const SET_UP: &str = concat!(
            "SET NAMES utf8mb4 COLLATE utf8mb4_bin; SET SESSION sql_mode = 'TRADITIONAL', ",
            "sort_buffer_size = CAST(GREATEST(@@SESSION.sort_buffer_size, 2097152) AS UNSIGNED)",
            $(", ", $name, " = ", $value,)+
            // Only MariaDB executes this comment.
            " /*M!100300 ", $(", ", $own, " = ", $own_value,)+ "*/; ",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        );

        /// Reads the settings by name, since the two servers name the isolation level differently.
        const READ: &str = concat!(
            "SHOW SESSION VARIABLES WHERE Variable_name IN ('version', 'max_allowed_packet', ",
            "'max_prepared_stmt_count', 'max_connections', 'log_bin', 'binlog_format', 'sql_mode', ",
            "'sort_buffer_size', 'transaction_isolation', 'tx_isolation', ",
            "'character_set_client', 'character_set_connection', 'character_set_results', ",
            "'collation_connection'",
            $(", '", $name, "'",)+ $(", '", $own, "'",)+
            ")",
        );

        /// Settings with a fixed value, as the server shows them.
        const FIXED: &[(&str, &str)] = &[
            $(($name, $shown),)+
            $(($own, $own_shown),)+
        ];
    };
}

settings! {
    // A time without a zone is read and written as it is.
    "time_zone" = "'+00:00'" is "+00:00",
    // A write would succeed and be rolled back when the connection closes.
    "autocommit" = "1" is "ON",
    // A transaction would begin right after a commit, on a connection that is returned to the pool.
    "completion_type" = "'NO_CHAIN'" is "NO_CHAIN",
    // Limits on the rows that a statement reads or changes.
    "sql_safe_updates" = "0" is "OFF",
    "sql_select_limit" = "18446744073709551615" is "18446744073709551615",
    "sql_big_selects" = "1" is "ON",
    // `IS NULL` would match the last inserted row.
    "sql_auto_is_null" = "0" is "OFF",
    // Rows that violate a key would be stored.
    "foreign_key_checks" = "1" is "ON",
    "unique_checks" = "1" is "ON",
    // Texts are sorted by this many leading bytes: enough for the longest text of a row and the length
    // that ends a binary one.
    "max_sort_length" = "66560" is "66560",
    // Names are parsed from the English message of an error.
    "lc_messages" = "'en_US'" is "en_US",
    // For scripts that do not name an engine.
    "default_storage_engine" = "InnoDB" is "InnoDB",
    mariadb:
    // Rows that violate a CHECK would be stored.
    "check_constraint_checks" = "1" is "ON",
    // System-versioned tables would be read as of that time.
    "system_versioning_asof" = "DEFAULT" is "DEFAULT",
}

/// The settings that `SET NAMES` changes.
const NAMES: [(&str, &str); 4] = [
    ("character_set_client", "utf8mb4"),
    ("character_set_connection", "utf8mb4"),
    ("character_set_results", "utf8mb4"),
    ("collation_connection", "utf8mb4_bin"),
];

/// Sets up a connection.
pub(crate) async fn set_up(connection: &mut MySqlConnection) -> sqlx::Result<()> {
    connection.execute(sqlx::raw_sql(SET_UP)).await.map(drop)
}

/// The limits of a session that are not in [`SET_UP`], since they are configured.
#[derive(Clone, Debug)]
pub(crate) struct SessionLimits {
    statement: Option<StatementLimit>,
    /// The statement that sets them.
    sql: Arc<str>,
}

impl SessionLimits {
    /// The limits; `None` without any.
    pub(crate) fn of(statement: Option<StatementLimit>, idle: Option<IdleLimit>) -> Option<Self> {
        let statement_sql = statement.map(|limit| match limit {
            StatementLimit::Seconds(limit) => format!("max_statement_time = {limit}"),
            StatementLimit::Millis(limit) => format!("max_execution_time = {limit}"),
        });
        let idle_sql = idle.map(|limit| match limit {
            IdleLimit::Transaction(seconds) => format!("idle_transaction_timeout = {seconds}"),
            IdleLimit::Connection(seconds) => format!("wait_timeout = {seconds}"),
        });
        let all: Vec<String> = statement_sql.into_iter().chain(idle_sql).collect();
        (!all.is_empty()).then(|| Self {
            statement,
            sql: format!("SET SESSION {}", all.join(", ")).into(),
        })
    }

    /// Sets them in one round trip.
    pub(crate) async fn set(&self, connection: &mut MySqlConnection) -> sqlx::Result<()> {
        let sql = genledger_sqlx::safe(Arc::clone(&self.sql));
        connection.execute(sqlx::raw_sql(sql)).await.map(drop)
    }

    /// The statement that removes the limit on statements.
    pub(crate) fn remove(&self) -> Option<&'static str> {
        self.statement.map(|limit| match limit {
            StatementLimit::Seconds(_) => "SET SESSION max_statement_time = 0",
            StatementLimit::Millis(_) => "SET SESSION max_execution_time = 0",
        })
    }
}

/// A limit on the execution time of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StatementLimit {
    /// `MariaDB`: any statement.
    Seconds(Decimal),
    /// `MySQL`: reads.
    Millis(u32),
}

/// A limit in seconds after which the server ends an idle transaction, so that a transaction whose client is
/// gone does not hold its locks until the network notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdleLimit {
    /// `MariaDB`: of transactions.
    Transaction(u32),
    /// `MySQL`: of connections, since it has none for transactions.
    Connection(u32),
}

/// The settings of a connection.
#[derive(Debug)]
pub(crate) struct Settings(Vec<(String, String)>);

impl Settings {
    /// Reads the settings of a connection.
    pub(crate) async fn of(connection: &mut MySqlConnection) -> sqlx::Result<Self> {
        // Not prepared, as in `set_up` of the driver.
        let rows = connection.fetch_all(sqlx::raw_sql(READ)).await;
        rows.and_then(|rows| rows.iter().map(FromRow::from_row).collect())
            .map(Self)
    }

    /// The value of a setting, as the server shows it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The value of a numeric setting.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.parse().ok()
    }

    /// Returns an error unless the connection is set up.
    pub(crate) fn check(&self) -> Result<()> {
        match self.first_wrong() {
            None => Ok(()),
            Some(name) => Err(Violation::new(
                name,
                "setting",
                "is not what the store requires: call prepare_connection in after_connect of the pool",
            )
            .into()),
        }
    }

    /// Returns an error for a server on which every write would fail, whatever the settings of the connection.
    pub(crate) fn check_server(&self) -> Result<()> {
        if self.get("log_bin") == Some("ON") && self.get("binlog_format") == Some("STATEMENT") {
            return Err(Error::unsupported(
                "the server refuses writes under READ COMMITTED: its binlog_format is STATEMENT, \
                 and must be ROW or MIXED",
            ));
        }
        if self.number("max_prepared_stmt_count") == Some(0) {
            return Err(Error::unsupported(
                "the server cannot prepare statements: its max_prepared_stmt_count is 0",
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

    /// The first setting with a wrong value. Settings that the server does not have are skipped.
    fn first_wrong(&self) -> Option<&'static str> {
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
        let unknown = |flag: &str| !flag.is_empty() && !SQL_MODE.contains(&flag);
        if !STRICT.into_iter().all(has) || mode.split(',').any(unknown) {
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
    use rust_decimal::Decimal;

    use super::{FIXED, IdleLimit, NAMES, SET_UP, SessionLimits, Settings, StatementLimit};

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
        // The first entry of a name is used.
        let all = changed.iter().copied().chain(fixed).chain(others);
        Settings(
            all.map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    #[test]
    fn each_setting_is_checked() {
        assert_eq!(settings(&[]).first_wrong(), None);
        for (name, _) in FIXED.iter().chain(&NAMES) {
            assert_eq!(settings(&[(name, "another")]).first_wrong(), Some(*name));
        }
        for mode in [
            "",
            "STRICT_TRANS_TABLES",
            "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,ANSI_QUOTES",
            "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,PIPES_AS_CONCAT",
        ] {
            assert_eq!(
                settings(&[("sql_mode", mode)]).first_wrong(),
                Some("sql_mode")
            );
        }
        let isolation = [("transaction_isolation", "REPEATABLE-READ")];
        assert_eq!(
            settings(&isolation).first_wrong(),
            Some("transaction_isolation")
        );
        let buffer = [("sort_buffer_size", "1024")];
        assert_eq!(settings(&buffer).first_wrong(), Some("sort_buffer_size"));
    }

    #[test]
    fn limits_are_set_by_one_statement() {
        assert!(SessionLimits::of(None, None).is_none());
        let limit = StatementLimit::Seconds(Decimal::new(1_500, 3));
        let limits = SessionLimits::of(Some(limit), Some(IdleLimit::Transaction(60))).unwrap();
        let sql = "SET SESSION max_statement_time = 1.500, idle_transaction_timeout = 60";
        assert_eq!(&*limits.sql, sql);
        assert!(limits.remove().is_some());
        let limits = SessionLimits::of(None, Some(IdleLimit::Connection(1))).unwrap();
        assert_eq!(&*limits.sql, "SET SESSION wait_timeout = 1");
        assert!(limits.remove().is_none());
    }

    #[test]
    fn servers_that_reject_every_write_are_reported_at_once() {
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

    /// Every setting is listed in the documentation.
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
