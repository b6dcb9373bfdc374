//! Configuration of a store: the server, the pool, and the limits on statements.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use genledger_contract::backend::Events;
use genledger_contract::{Error, Result};
use genledger_sqlx::{PoolConfig, TRANSACTION_IDLE_TIMEOUT, Url, unbracketed};
use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use crate::connection::MySqlDriver;

/// Default capacity of a connection's statement cache: more than an application has distinct
/// statements. A server with a low `max_prepared_stmt_count` lowers it.
const PREPARED_STATEMENTS: usize = 256;

/// The settings of a [`MySqlStore`](crate::MySqlStore).
#[derive(Clone)]
pub struct MySqlConfig {
    pub(crate) options: MySqlConnectOptions,
    pub(crate) pool: PoolConfig,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) transaction_idle_timeout: Option<Duration>,
    pub(crate) slow_statements: Option<Duration>,
    pub(crate) locks: bool,
}

impl fmt::Debug for MySqlConfig {
    // The options hold the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlConfig")
            .field("host", &self.options.get_host())
            .field("port", &self.options.get_port())
            .field("database", &self.options.get_database())
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

impl MySqlConfig {
    /// Connects with options of sqlx, whose logging and statement cache are kept. By default, sqlx logs
    /// each statement (target `sqlx::query`) beside the
    /// event of this library: `disable_statement_logging()` of the options turns that off.
    #[must_use]
    pub fn new(options: MySqlConnectOptions) -> Self {
        Self {
            // This crate sets up the session, and the whole `sql_mode`; sqlx would only
            // add to it, in a round trip of its own.
            options: options
                .pipes_as_concat(false)
                .no_engine_substitution(false)
                .timezone(None)
                .set_names(false),
            pool: PoolConfig::default(),
            statement_timeout: None,
            transaction_idle_timeout: TRANSACTION_IDLE_TIMEOUT,
            slow_statements: Events::SLOW,
            locks: true,
        }
    }

    /// The capacity of the statement cache. sqlx exposes it only in its URL, and panics if the host is
    /// a bare IPv6 address.
    pub(crate) fn statement_cache(&self) -> Option<usize> {
        let plain = self.options.clone().host("localhost").username("user");
        let url = plain.to_url_lossy();
        let mut pairs = url.query_pairs();
        let (_, capacity) = pairs.find(|(key, _)| key == "statement-cache-capacity")?;
        capacity.parse().ok()
    }

    /// Whether connections must be encrypted.
    pub(crate) fn must_encrypt(&self) -> bool {
        use MySqlSslMode::{Required, VerifyCa, VerifyIdentity};
        matches!(
            self.options.get_ssl_mode(),
            Required | VerifyCa | VerifyIdentity
        )
    }

    /// Sets the configuration of the pool.
    #[must_use]
    pub const fn with_pool(mut self, pool: PoolConfig) -> Self {
        self.pool = pool;
        self
    }

    /// Limits the time that the server spends on one statement; a longer one fails with
    /// [`Timeout`](genledger_contract::ErrorKind::Timeout). `MySQL` limits reads only. Migrations are
    /// not limited.
    #[must_use]
    pub const fn with_statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// Limits how long a transaction may be idle before the server ends it and releases its locks, also when
    /// the network lost the connection; rounded up to seconds. `None` keeps the server's own limit. Default:
    /// 1 minute.
    ///
    /// Later statements of the transaction then fail with
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable), and so does `commit` if the server reports
    /// the reason (`MySQL` 8.0.24); otherwise it fails with
    /// [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown).
    ///
    /// `MySQL` has no such limit, only one for every idle connection, which is set instead: a connection of
    /// the pool is idle no longer than this either.
    #[must_use]
    pub const fn with_transaction_idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.transaction_idle_timeout = timeout;
        self
    }

    /// Sets the duration from which the event of a statement is a warning; `None` disables it. Default:
    /// 1 second.
    #[must_use]
    pub const fn with_slow_statements(mut self, slow: Option<Duration>) -> Self {
        self.slow_statements = slow;
        self
    }

    /// Renders no locking clauses: for servers that accept these clauses and ignore them, and for tests
    /// that no result depends on them.
    #[must_use]
    pub const fn without_locks(mut self) -> Self {
        self.locks = false;
        self
    }
}

/// From a URL like `mysql://user:password@host:3306/database?ssl-mode=REQUIRED`.
///
/// The options after the `?` are those of sqlx (`ssl-mode`, `ssl-ca`, `ssl-cert`, `ssl-key`,
/// `socket`, `statement-cache-capacity`) and, with times in milliseconds, those of the pool:
/// `max_connections`, `min_connections`, `max_idle_connections`, `acquire_timeout`, `idle_timeout`, `max_lifetime`,
/// `response_timeout`, `statement_timeout`, `transaction_idle_timeout` and `slow_statements`; 0 means
/// unlimited. Any other option is rejected. The library sets the character set, the collation and the time zone. Statements are not
/// logged by sqlx.
///
/// [`Invalid`](genledger_contract::ErrorKind::Invalid) when the URL has another form.
impl FromStr for MySqlConfig {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        let Url {
            mut options,
            pool,
            statement_timeout,
            transaction_idle_timeout,
            slow_statements,
            names_statement_cache,
            ..
        } = Url::<MySqlConnectOptions>::parse::<MySqlDriver>(url, is_known)?;
        if let Some(host) = unbracketed(options.get_host()).map(str::to_owned) {
            options = options.host(&host);
        }
        if !names_statement_cache {
            options = options.statement_cache_capacity(PREPARED_STATEMENTS);
        }
        Ok(Self {
            pool,
            statement_timeout,
            transaction_idle_timeout,
            slow_statements,
            ..Self::new(options.disable_statement_logging())
        })
    }
}

/// Whether a URL option is one of sqlx that the library does not set itself.
fn is_known(key: &str) -> bool {
    matches!(
        key,
        "ssl-mode"
            | "sslmode"
            | "ssl-ca"
            | "sslca"
            | "ssl-cert"
            | "sslcert"
            | "ssl-key"
            | "sslkey"
            | "socket"
            | "statement-cache-capacity"
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use genledger_contract::ErrorKind;

    use super::{MySqlConfig, MySqlConnectOptions};

    #[test]
    fn urls_hold_the_options_of_the_driver_and_of_the_pool() {
        let config =
            "mysql://u:p%3F@[::1]:3307/d?ssl-mode=REQUIRED&max_connections=3&acquire_timeout=250"
                .parse::<MySqlConfig>()
                .unwrap();
        assert_eq!(config.options.get_host(), "::1");
        assert_eq!(config.options.get_port(), 3307);
        assert_eq!(config.options.get_database(), Some("d"));
        assert!(config.must_encrypt());
        assert_eq!(config.pool.max_connections, 3);
        assert_eq!(config.pool.acquire_timeout, Duration::from_millis(250));
        assert_eq!(config.statement_cache(), Some(256));
    }

    #[test]
    fn the_statement_cache_has_the_configured_capacity() {
        let url = |capacity: &str| {
            let url = format!("mysql://u@h/d?statement-cache-capacity={capacity}");
            url.parse::<MySqlConfig>().unwrap().statement_cache()
        };
        assert_eq!(url("0"), Some(0));
        assert_eq!(url("100"), Some(100));
        let options = MySqlConnectOptions::new().host("::1");
        let config = MySqlConfig::new(options.statement_cache_capacity(7));
        assert_eq!(config.statement_cache(), Some(7));
    }

    #[test]
    fn statements_are_logged_as_the_application_says() {
        use sqlx::ConnectOptions as _;
        let shown = |config: MySqlConfig| format!("{:?}", config.options);
        let options = MySqlConnectOptions::new();
        let logged = options.clone().log_statements("info".parse().unwrap());
        let logged = shown(MySqlConfig::new(logged));
        assert!(logged.contains("statements_level: Info"), "{logged}");
        let default = shown("mysql://u@h/d".parse::<MySqlConfig>().unwrap());
        assert!(default.contains("statements_level: Off"), "{default}");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for url in [
            "postgres://u@h/d",
            "mysql://u@h/d?ssl_mode=REQUIRED",
            "mysql://u@h/d?max_connection=5",
            "mysql://u@h/d?time-zone=SYSTEM",
            "mysql://u@h/d?charset=latin1",
            "mysql://u@h/d?max_connections=0",
            "mysql://u@h/d?ssl-mode=perhaps",
        ] {
            let kind = url.parse::<MySqlConfig>().unwrap_err().kind();
            assert_eq!(kind, ErrorKind::Invalid, "{url}");
        }
    }
}
