//! The program that has created the tables: it uses the driver alone.

use genledger::backends::sqlite::rusqlite;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use sqlx_of_backend::{AssertSqlSafe, Connection, Row, raw_sql};

#[cfg(feature = "mysql")]
use genledger::backends::mysql::sqlx as sqlx_of_backend;
#[cfg(all(feature = "postgres", not(feature = "mysql")))]
use genledger::backends::postgres::sqlx as sqlx_of_backend;

/// A connection of that program.
pub(crate) enum OldProgram {
    Sqlite(rusqlite::Connection),
    #[cfg(feature = "postgres")]
    Postgres(sqlx_of_backend::PgConnection),
    #[cfg(feature = "mysql")]
    MySql(sqlx_of_backend::MySqlConnection),
}

/// The dialects of SQL of that program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "not built"))]
    Postgres,
    #[cfg_attr(not(feature = "mysql"), expect(dead_code, reason = "not built"))]
    MySql,
}

impl OldProgram {
    /// Connects to a database; `None` in memory, where no other program can be.
    pub(crate) async fn connect(url: &str) -> Option<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection
                .busy_timeout(std::time::Duration::from_secs(20))
                .unwrap();
            return Some(Self::Sqlite(connection));
        }
        #[cfg(feature = "postgres")]
        if url.starts_with("postgres") {
            let connection = sqlx_of_backend::PgConnection::connect(url).await.unwrap();
            return Some(Self::Postgres(connection));
        }
        #[cfg(feature = "mysql")]
        if url.starts_with("mysql") {
            let connection = sqlx_of_backend::MySqlConnection::connect(url)
                .await
                .unwrap();
            return Some(Self::MySql(connection));
        }
        assert!(url.starts_with("memory"), "{url}");
        genledger_conformance::report_not_applicable(
            std::thread::current().name().unwrap_or("adopt"),
            genledger_conformance::NotApplicable("no other program has tables in memory"),
        );
        None
    }

    pub(crate) const fn sql(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Dialect::MySql,
        }
    }

    /// Runs a statement; the error is the text of the driver.
    pub(crate) async fn try_run(&mut self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(connection) => connection
                .execute_batch(sql)
                .map_err(|error| error.to_string()),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => raw_sql(AssertSqlSafe(sql.to_owned()))
                .execute(connection)
                .await
                .map(drop)
                .map_err(|error| error.to_string()),
            #[cfg(feature = "mysql")]
            Self::MySql(connection) => raw_sql(AssertSqlSafe(sql.to_owned()))
                .execute(connection)
                .await
                .map(drop)
                .map_err(|error| error.to_string()),
        }
    }

    pub(crate) async fn run(&mut self, sql: &str) {
        let run = self.try_run(sql).await;
        assert!(run.is_ok(), "{run:?}: {sql}");
    }

    /// The texts in the only column of a query.
    pub(crate) async fn texts(&mut self, sql: &str) -> Vec<Option<String>> {
        self.try_texts(sql).await.unwrap()
    }

    async fn try_texts(&mut self, sql: &str) -> Result<Vec<Option<String>>, String> {
        match self {
            Self::Sqlite(connection) => {
                let read = || {
                    let mut statement = connection.prepare(sql)?;
                    let rows = statement.query_map([], |row| row.get(0))?;
                    rows.collect::<Result<Vec<Option<String>>, rusqlite::Error>>()
                };
                read().map_err(|error| error.to_string())
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => sqlx_of_backend::query(AssertSqlSafe(sql.to_owned()))
                .fetch_all(connection)
                .await
                .map(|rows| rows.iter().map(|row| row.get(0)).collect())
                .map_err(|error| error.to_string()),
            #[cfg(feature = "mysql")]
            Self::MySql(connection) => sqlx_of_backend::query(AssertSqlSafe(sql.to_owned()))
                .fetch_all(connection)
                .await
                .map(|rows| rows.iter().map(|row| row.get(0)).collect())
                .map_err(|error| error.to_string()),
        }
    }

    /// The text that a query returns, whose table may not exist.
    pub(crate) async fn maybe_text(&mut self, sql: &str) -> Option<String> {
        self.try_texts(sql).await.ok()?.into_iter().next()?
    }

    /// The number that a query returns, whose table may not exist.
    pub(crate) async fn maybe_number(&mut self, sql: &str) -> Option<i64> {
        self.maybe_text(&self.as_text(sql)).await?.parse().ok()
    }

    /// The number that a query returns.
    pub(crate) async fn number(&mut self, sql: &str) -> i64 {
        let as_text = self.as_text(sql);
        self.texts(&as_text).await[0]
            .as_deref()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// A query of a number that returns it as text.
    fn as_text(&self, sql: &str) -> String {
        let text = match self.sql() {
            Dialect::MySql => "CHAR",
            Dialect::Sqlite | Dialect::Postgres => "TEXT",
        };
        format!("SELECT CAST(({sql}) AS {text})")
    }
}
