//! The databases of a service: the main one and, where they are kept apart, that of the usage logs.
//!
//! The settings come from the environment, under the names that gateways use, or from code:
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `SQL_DSN` | the main database: a [URL](crate::connect()), or `user:password@tcp(host:port)/database` | required |
//! | `LOG_SQL_DSN` | the database of the usage logs and their roll-ups; empty for the main one | the main one |
//! | `SQL_MAX_OPEN_CONNS` | the most connections of each pool, 1 to 1,000 | 16, of the logs 8 |
//! | `SQL_MAX_IDLE_CONNS` | the most of those that stay open while idle, 0 to the most connections | 4 |
//! | `SQL_MAX_LIFETIME` | the age in seconds at which a connection is replaced, at least 1 | 1,800 |
//!
//! The settings of pools do not apply to memory and SQLite, and an option of the URL takes precedence over them. A pool
//! that may open more connections than its server accepts is a warning of `tracing` (target `genledger::pool`).

mod dsn;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use genledger_contract::schema::Layout;
use genledger_contract::store::RoutedStore;
use genledger_contract::{Error, ErrorKind, Result, Store, Violation, Violations};

use crate::{Redacted, connect_with_layout, schema};

/// The databases of a service; see the [module](self).
///
/// ```
/// use genledger::databases::{DatabaseConfig, DatabasesConfig};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = DatabasesConfig::new(DatabaseConfig::new("memory:")) // DatabasesConfig::from_env()?
///     .with_logs(DatabaseConfig::new("sqlite::memory:").with_max_open_connections(4))
///     .connect()
///     .await?;
/// store.migrate(genledger::schema::all()).await?; // each table in its database
/// # store.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabasesConfig {
    /// The main database.
    pub main: DatabaseConfig,
    /// The database of the usage logs and their roll-ups; `None` for the main one.
    pub logs: Option<DatabaseConfig>,
}

/// A database and the settings of its pool.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseConfig {
    /// Its URL, or a DSN in the form of Go's driver of MySQL. `Debug` does not show it.
    pub url: Redacted,
    /// The most connections, 1 to 1,000. Default: 16; from the environment, 8 for the logs.
    pub max_open_connections: u32,
    /// The most connections that stay open while idle, at most as many as `max_open_connections`. Default: 4.
    pub max_idle_connections: u32,
    /// The age at which a connection is replaced, at least 1 s. Default: 30 minutes.
    pub max_lifetime: Duration,
    /// The tables that differ from those that the library creates, or are [partitioned](crate::partitions). Default:
    /// none.
    pub layout: Layout,
    /// What errors name.
    name: &'static str,
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("url", &self.url)
            .field("max_open_connections", &self.max_open_connections)
            .field("max_idle_connections", &self.max_idle_connections)
            .field("max_lifetime", &self.max_lifetime)
            .field("layout", &self.layout)
            .finish_non_exhaustive()
    }
}

const MOST_CONNECTIONS: u32 = 1_000;
const LOG_CONNECTIONS: u32 = 8;

impl DatabaseConfig {
    /// A database with the default settings.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self {
            url: Redacted::from(url),
            max_open_connections: 16,
            max_idle_connections: 4,
            max_lifetime: Duration::from_mins(30),
            layout: Layout::new(),
            name: "url",
        }
    }

    /// Sets [`max_open_connections`](Self::max_open_connections).
    #[must_use]
    pub const fn with_max_open_connections(mut self, connections: u32) -> Self {
        self.max_open_connections = connections;
        self
    }

    /// Sets [`max_idle_connections`](Self::max_idle_connections).
    #[must_use]
    pub const fn with_max_idle_connections(mut self, connections: u32) -> Self {
        self.max_idle_connections = connections;
        self
    }

    /// Sets [`max_lifetime`](Self::max_lifetime).
    #[must_use]
    pub const fn with_max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// Sets [`layout`](Self::layout).
    #[must_use]
    pub fn with_layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Opens the store.
    async fn connect(&self) -> Result<Arc<dyn Store>> {
        let opened = match self.url_with_options() {
            Ok(url) => connect_with_layout(&url, &self.layout).await,
            Err(error) => Err(error),
        };
        opened.map_err(|error| named(&error, self.name))
    }

    fn url_with_options(&self) -> Result<String> {
        self.check()?;
        let url = dsn::to_url(self.url.expose())?;
        let Some(("postgres" | "postgresql" | "mysql" | "mariadb", _)) = url.split_once("://")
        else {
            return Ok(url);
        };
        let options = [
            ("max_connections", u128::from(self.max_open_connections)),
            (
                "max_idle_connections",
                u128::from(self.max_idle_connections),
            ),
            ("max_lifetime", self.max_lifetime.as_millis()),
        ];
        Ok(dsn::with_options(url, &options))
    }

    fn check(&self) -> Result<()> {
        let mut found = Violations::new();
        found.check(
            !(1..=MOST_CONNECTIONS).contains(&self.max_open_connections),
            "max_open_connections",
            "out_of_range",
            "must be from 1 to 1,000",
        );
        found.check(
            self.max_idle_connections > self.max_open_connections,
            "max_idle_connections",
            "out_of_range",
            "must be at most the number of connections",
        );
        found.check(
            self.max_lifetime < Duration::from_secs(1),
            "max_lifetime",
            "out_of_range",
            "must be at least 1 second",
        );
        found.into_result().map_err(Error::from)
    }
}

impl DatabasesConfig {
    /// Everything in one database.
    #[must_use]
    pub const fn new(main: DatabaseConfig) -> Self {
        Self { main, logs: None }
    }

    /// The usage logs and their roll-ups in a database of their own, which may be of another kind.
    #[must_use]
    pub fn with_logs(mut self, logs: DatabaseConfig) -> Self {
        self.logs = Some(logs);
        self
    }

    /// The settings of the environment.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) with each wrong value; the paths of the violations are the names of the
    /// variables.
    pub fn from_env() -> Result<Self> {
        let not_unicode = std::cell::RefCell::new(Violations::new());
        let read = Self::from_variables(|name| match std::env::var(name) {
            Ok(value) => Some(value),
            Err(std::env::VarError::NotPresent) => None,
            Err(std::env::VarError::NotUnicode(_)) => {
                let mut found = not_unicode.borrow_mut();
                found.check(true, name, "not_unicode", "is not valid Unicode");
                None
            }
        });
        not_unicode.into_inner().into_result()?;
        read
    }

    /// The settings of variables with the names of the environment, from another source.
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env).
    pub fn from_variables(variable: impl Fn(&'static str) -> Option<String>) -> Result<Self> {
        let mut found = Violations::new();
        let given = |name| variable(name).filter(|value| !value.trim().is_empty());
        let mut number = |name, range: std::ops::RangeInclusive<u32>, message| {
            let value = given(name)?;
            let number = value.trim().parse().ok();
            let number = number.filter(|number| range.contains(number));
            found.check(number.is_none(), name, "out_of_range", message);
            number
        };
        let most = "must be a whole number from 1 to 1,000";
        let open = number("SQL_MAX_OPEN_CONNS", 1..=MOST_CONNECTIONS, most);
        let most = "must be a whole number from 0 to 1,000";
        let idle = number("SQL_MAX_IDLE_CONNS", 0..=MOST_CONNECTIONS, most);
        let least = "must be a whole number of seconds, at least 1";
        let lifetime = number("SQL_MAX_LIFETIME", 1..=u32::MAX, least);
        let config = |name, url: &str, connections| {
            let mut config = DatabaseConfig::new(url.trim());
            config.name = name;
            config.max_open_connections = open.unwrap_or(connections);
            let all = config.max_open_connections;
            config.max_idle_connections = idle.unwrap_or(config.max_idle_connections.min(all));
            if let Some(seconds) = lifetime {
                config.max_lifetime = Duration::from_secs(seconds.into());
            }
            config
        };
        let main = given("SQL_DSN").map(|url| config("SQL_DSN", &url, 16));
        let logs = given("LOG_SQL_DSN").map(|url| config("LOG_SQL_DSN", &url, LOG_CONNECTIONS));
        for config in main.iter().chain(&logs) {
            if let Err(error) = dsn::to_url(config.url.expose()) {
                let violations = named(&error, config.name).violations().to_vec();
                found.extend(violations);
            }
            let (idle, open) = (config.max_idle_connections, config.max_open_connections);
            if idle > open
                && !found
                    .as_slice()
                    .iter()
                    .any(|one| one.path() == "SQL_MAX_IDLE_CONNS")
            {
                let message = format!("must be at most {open}, the number of connections");
                found.extend([Violation::new(
                    "SQL_MAX_IDLE_CONNS",
                    "out_of_range",
                    message,
                )]);
            }
        }
        found.check(main.is_none(), "SQL_DSN", "required", "must be set");
        found.into_result()?;
        let main = main.ok_or_else(|| Error::invalid("SQL_DSN must be set"))?;
        // The same database twice would be two pools, and no transaction over both.
        let logs = logs.filter(|logs| logs.url != main.url);
        Ok(Self { main, logs })
    }

    /// Opens the databases as one store. With a database for the logs it is a [`RoutedStore`], whose transactions are
    /// limited to one of the two.
    ///
    /// # Errors
    /// Those of [`connect`](crate::connect()); the message names the variable.
    pub async fn connect(&self) -> Result<Arc<dyn Store>> {
        let main = self.main.connect().await?;
        let Some(logs) = &self.logs else {
            return Ok(main);
        };
        let logs = match logs.connect().await {
            Ok(logs) => logs,
            Err(error) => {
                main.close().await;
                return Err(error);
            }
        };
        let tables = schema::usage().tables;
        Ok(Arc::new(RoutedStore::new(main).route(tables, logs)))
    }
}

/// The same error with the name of the variable: in the paths of its violations, or in its message.
fn named(error: &Error, name: &'static str) -> Error {
    if name == "url" {
        return error.clone();
    }
    if error.kind() == ErrorKind::Invalid && !error.violations().is_empty() {
        let mut violations = Violations::new();
        violations.extend(
            error
                .violations()
                .iter()
                .map(|one| Violation::new(name, one.rule(), one.message().to_owned())),
        );
        return violations.into();
    }
    Error::new(error.kind(), format!("{name}: {}", error.message())).with_source(error.clone())
}
