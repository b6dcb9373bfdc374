//! Session settings: applied to every connection, and checked on the connections of an application's pool.
//!
//! The defaults of a server, a database and a role vary. This list contains every setting that changes
//! the meaning of a statement or the rows that it affects. `docs/backends.md` gives the reasons, and
//! lists the settings that are not changed.

use std::time::Duration;

use genledger_contract::{Error, ErrorKind, Result, Violation};
use sqlx::Row;
use sqlx::postgres::PgConnection;

/// Generates the statement and the checks from one list of settings, so that they cannot differ.
macro_rules! settings {
    ($($name:literal = $value:literal,)+) => {
        /// Sets up a connection in one round trip. `pg_catalog` is removed from the search path, since
        /// a schema before it could replace functions of the server; without its name it is searched
        /// first.
        const SET_UP: &str = concat!(
            "SELECT pg_catalog.pg_backend_pid(), \
                (SELECT (extract(epoch FROM backend_start) * 1000000)::bigint \
                    FROM pg_catalog.pg_stat_activity \
                    WHERE pid = pg_catalog.pg_backend_pid()), ",
            $("pg_catalog.set_config('", $name, "', '", $value, "', false), ",)+
            "pg_catalog.set_config('search_path', coalesce(pg_catalog.quote_ident($1), \
                CASE WHEN 'pg_catalog' = ANY (pg_catalog.current_schemas(false)) \
                THEN coalesce((SELECT pg_catalog.string_agg(pg_catalog.quote_ident(s), ', ') \
                    FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) s \
                    WHERE s <> 'pg_catalog'), '') \
                ELSE pg_catalog.current_setting('search_path') END), false), \
            pg_catalog.set_config('statement_timeout', \
                coalesce($2, pg_catalog.current_setting('statement_timeout')), false)",
        );

        /// Reads the settings, each as its name and its value.
        const READ: &str = concat!(
            "SELECT name, coalesce(pg_catalog.current_setting(name, true), '') \
            FROM pg_catalog.unnest(ARRAY[",
            $("'", $name, "', ",)+
            "'server_version', 'server_encoding', 'session_replication_role', \
            'idle_in_transaction_session_timeout', \
            'max_connections', 'superuser_reserved_connections', 'reserved_connections']) name \
            UNION ALL SELECT 'catalog', \
                ('pg_catalog' = ANY (pg_catalog.current_schemas(false)))::text",
        );

        /// Settings with a fixed value.
        const FIXED: &[(&str, &str)] = &[$(($name, $value),)+];
    };
}

settings! {
    // The isolation level of the contract.
    "default_transaction_isolation" = "read committed",
    // A `timestamp` without a zone is read and written as it is.
    "TimeZone" = "UTC",
    "client_encoding" = "UTF8",
    // A backslash in a default or a check is a backslash.
    "standard_conforming_strings" = "on",
    // `= NULL` is not `IS NULL`.
    "transform_null_equals" = "off",
    // The catalog shows conditions of indexes without extra quotes.
    "quote_all_identifiers" = "off",
    // A duplicate key would end the connection.
    "exit_on_error" = "off",
}

/// Identifies a connection in the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PgSession {
    pub(crate) pid: i32,
    /// When it began, in microseconds, since a process number may be reused, by this or another server.
    pub(crate) began: i64,
}

/// Sets up a connection and returns its session; `None` for servers compatible with `PostgreSQL` that
/// do not report when a session began.
pub(crate) async fn set_up(
    connection: &mut PgConnection,
    schema: Option<&str>,
    statement_timeout: Option<Duration>,
) -> sqlx::Result<Option<PgSession>> {
    let timeout = statement_timeout.map(|timeout| format!("{}ms", timeout.as_millis().max(1)));
    let row = sqlx::query(SET_UP)
        .bind(schema)
        .bind(timeout)
        .persistent(false)
        .fetch_one(connection)
        .await?;
    let (pid, began) = (row.try_get(0)?, row.try_get::<Option<i64>, _>(1)?);
    Ok(began.map(|began| PgSession { pid, began }))
}

/// The setting that ends idle transactions.
const IDLE_TIMEOUT: &str = "idle_in_transaction_session_timeout";

/// The first version that checks during a statement whether the client is still connected.
const LOOKS_FOR_CLIENTS: u32 = 140_000;

/// The statement by which the server ends a transaction that is idle for longer, so that a transaction
/// whose client is gone does not hold its locks until the network notices.
fn limit_idle(timeout: Duration) -> String {
    // Zero would be no limit.
    let millis = i32::try_from(timeout.as_millis().max(1)).unwrap_or(i32::MAX);
    format!("SET LOCAL {IDLE_TIMEOUT} = {millis}")
}

/// A script that begins a transaction in a session that is [set up](set_up).
pub(crate) fn begin_limited(idle_timeout: Duration) -> String {
    format!("BEGIN; {}", limit_idle(idle_timeout))
}

/// A script that begins a transaction with the settings of [`set_up`]. The name of the schema must not
/// contain [`QUOTE`].
pub(crate) fn begin_script(
    schema: Option<&str>,
    statement_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    version: Option<u32>,
) -> String {
    let schema = schema.map_or_else(|| "NULL".to_owned(), |name| format!("{QUOTE}{name}{QUOTE}"));
    // Zero means unlimited.
    let timeout = statement_timeout.map_or_else(
        || "NULL".to_owned(),
        |timeout| format!("'{}ms'", timeout.as_millis()),
    );
    let set_up = SET_UP
        .replace("$1", &schema)
        .replace("$2", &timeout)
        .replace(", false)", ", true)");
    // Ends a statement whose client is gone, since it cannot be cancelled from another connection.
    let client = match version {
        Some(version) if version >= LOOKS_FOR_CLIENTS => {
            "SET LOCAL client_connection_check_interval = 1000; "
        }
        _ => "",
    };
    let idle = idle_timeout.map_or_else(String::new, |timeout| limit_idle(timeout) + "; ");
    format!("BEGIN ISOLATION LEVEL READ COMMITTED; {client}{idle}{set_up}")
}

/// A quote that does not interpret backslashes, whatever the settings of the session.
pub(crate) const QUOTE: &str = "$genledger$";

/// The settings of a connection.
#[derive(Debug)]
pub(crate) struct Settings(Vec<(String, String)>);

impl Settings {
    /// Reads the settings of a connection.
    pub(crate) async fn of(connection: &mut PgConnection) -> sqlx::Result<Self> {
        sqlx::query_as(READ)
            .persistent(false)
            .fetch_all(connection)
            .await
            .map(Self)
    }

    /// The value of a setting; empty where the server does not know it.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    /// The connections that the server accepts from users without special rights.
    pub(crate) fn max_connections(&self) -> Option<u32> {
        let number = |name| self.get(name).parse::<u32>().ok();
        let reserved = ["superuser_reserved_connections", "reserved_connections"];
        let reserved = reserved.into_iter().filter_map(number).sum();
        Some(number("max_connections")?.saturating_sub(reserved))
    }

    /// Whether the server ends idle transactions of this connection by itself.
    pub(crate) fn limits_idle(&self) -> bool {
        !matches!(self.get(IDLE_TIMEOUT), "" | "0")
    }

    /// Returns an error for an unsupported server, and for a connection that is not set up.
    pub(crate) fn check(&self) -> Result<()> {
        if self.get("server_encoding") != "UTF8" {
            return Err(Error::new(
                ErrorKind::Schema,
                "the encoding of the database is not UTF-8",
            ));
        }
        // Only a superuser can set it, for this role or this database.
        if self.get("session_replication_role") == "replica" {
            return Err(Violation::new(
                "session_replication_role",
                "setting",
                "must not be `replica`: unknown keys would not be enforced",
            )
            .into());
        }
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

    /// The first setting with a wrong value.
    fn first_wrong(&self) -> Option<&'static str> {
        let differs = |(name, expected): &&(&'static str, &str)| match self.get(name) {
            "Etc/UTC" => *expected != "UTC",
            value => value != *expected,
        };
        let fixed = FIXED.iter().find(differs).map(|(name, _)| *name);
        fixed.or_else(|| (self.get("catalog") == "true").then_some("search_path"))
    }
}

#[cfg(test)]
mod tests {
    use super::{FIXED, Settings, begin_script};

    fn settings(changed: &[(&str, &str)]) -> Settings {
        let others = [("server_encoding", "UTF8"), ("catalog", "false")];
        // The first entry of a name is used.
        let all = changed.iter().chain(FIXED).chain(&others);
        Settings(
            all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn each_setting_is_checked() {
        assert!(settings(&[]).check().is_ok());
        assert!(settings(&[("TimeZone", "Etc/UTC")]).check().is_ok());
        for (name, _) in FIXED {
            let error = settings(&[(name, "another")]).check().unwrap_err();
            assert_eq!(error.violations()[0].path(), *name);
        }
        for (name, value) in [
            ("catalog", "true"),
            ("server_encoding", "SQL_ASCII"),
            ("session_replication_role", "replica"),
        ] {
            assert!(settings(&[(name, value)]).check().is_err(), "{name}");
        }
    }

    #[test]
    fn a_transaction_is_set_up_as_a_session_is() {
        let timeout = Some(std::time::Duration::from_millis(300));
        let idle = Some(std::time::Duration::from_secs(7));
        let script = begin_script(Some("it's \\ mine"), timeout, idle, Some(150_000));
        assert!(script.starts_with("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL client_"));
        assert!(script.contains("quote_ident($genledger$it's \\ mine$genledger$)"));
        assert!(script.contains("coalesce('300ms', "));
        assert!(script.contains("; SET LOCAL idle_in_transaction_session_timeout = 7000; "));
        assert!(!script.contains('$') || !script.contains("$1"));
        assert!(!script.contains(", false)") && !script.contains("$2"));
        for (name, value) in FIXED {
            assert!(script.contains(&format!("set_config('{name}', '{value}', true)")));
        }
        let least = begin_script(None, None, None, None);
        assert!(least.contains("quote_ident(NULL)") && least.contains("coalesce(NULL, "));
        assert!(!least.contains("client_connection") && !least.contains("idle"));
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
            assert!(docs.contains(&format!("`{name}`")), "{name}");
        }
    }
}
