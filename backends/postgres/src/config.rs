//! Configuration of a store: the server, the pool, and the limits on statements.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use genledger_contract::backend::Events;
use genledger_contract::{Error, Result, Violation};
use genledger_sqlx::{PoolConfig, TRANSACTION_IDLE_TIMEOUT, Url, check_encryption, unbracketed};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::connection::PgDriver;

/// Default capacity of a connection's statement cache: more than an application has distinct
/// statements, and few enough to cost the server little.
const PREPARED_STATEMENTS: usize = 256;

/// The settings of a [`PgStore`](crate::PgStore).
#[derive(Clone)]
pub struct PgConfig {
    pub(crate) options: PgConnectOptions,
    pub(crate) pool: PoolConfig,
    pub(crate) schema: Option<String>,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) transaction_idle_timeout: Option<Duration>,
    pub(crate) slow_statements: Option<Duration>,
    pub(crate) locks: bool,
    /// Whether a pooler may run each transaction on another connection to the server.
    pub(crate) pooled: bool,
}

impl fmt::Debug for PgConfig {
    // The options hold the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgConfig")
            .field("host", &self.options.get_host())
            .field("port", &self.options.get_port())
            .field("database", &self.options.get_database())
            .field("schema", &self.schema)
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

impl PgConfig {
    /// Connects with options of sqlx, whose logging and statement cache are kept. By default, sqlx logs
    /// each statement (target `sqlx::query`) beside the
    /// event of this library: `disable_statement_logging()` of the options turns that off.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            pooled: prepares_nothing(&options),
            options,
            pool: PoolConfig::default(),
            schema: None,
            statement_timeout: None,
            transaction_idle_timeout: TRANSACTION_IDLE_TIMEOUT,
            slow_statements: Events::SLOW,
            locks: true,
        }
    }

    /// Whether connections must be encrypted.
    fn must_encrypt(&self) -> bool {
        use PgSslMode::{Require, VerifyCa, VerifyFull};
        matches!(self.options.get_ssl_mode(), Require | VerifyCa | VerifyFull)
    }

    /// Sets the configuration of the pool.
    #[must_use]
    pub const fn with_pool(mut self, pool: PoolConfig) -> Self {
        self.pool = pool;
        self
    }

    /// Sets the schema of the tables, which must exist. Default: the first schema of the user's search
    /// path.
    #[must_use]
    pub fn with_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Limits the time that the server spends on one statement; a longer one fails with
    /// [`Timeout`](genledger_contract::ErrorKind::Timeout). Migrations are not limited.
    #[must_use]
    pub const fn with_statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// Limits how long a transaction may be idle before the server ends it and releases its locks, also when
    /// the network lost the connection. `None` keeps the server's own limit. Default: 1 minute.
    ///
    /// Later statements and `commit` of the transaction then fail with
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable), or, if the reason cannot be read from
    /// the connection any more, `commit` fails with [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown).
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

    /// Connects through a pooler in transaction mode, such as `PgBouncer`, which may run each
    /// transaction on another connection to the server: statements are prepared without a name, each
    /// runs in a transaction, and session settings are set for each transaction.
    ///
    /// A store detects a pooler when it connects, but may miss a busy one; this setting does not depend
    /// on the detection. `?statement-cache-capacity=0` in a URL has the same effect.
    ///
    /// The application's SQL in such a transaction must not be prepared with a name either:
    /// `sqlx::query(…).persistent(false)`. From version 14 on, the server itself cancels a statement
    /// whose client is gone, within a second.
    #[must_use]
    pub const fn behind_pooler(mut self) -> Self {
        self.pooled = true;
        self
    }

    /// Renders no locking clauses: for servers that accept these clauses and ignore them, and for tests
    /// that no result depends on them.
    #[must_use]
    pub const fn without_locks(mut self) -> Self {
        self.locks = false;
        self
    }

    /// Checks the settings that the server does not check.
    pub(crate) fn validate(&self) -> Result<()> {
        check_encryption(self.must_encrypt())?;
        match &self.schema {
            Some(schema)
                if schema.is_empty() || schema.len() > 63 || schema.contains(['\0', '$']) =>
            {
                Err(Violation::new(
                    "schema",
                    "name",
                    "must have 1 to 63 bytes, and neither a NUL character nor a `$`",
                )
                .into())
            }
            _ => Ok(()),
        }
    }
}

/// From a URL like `postgres://user:password@host:5432/database?sslmode=require`.
///
/// The options after the `?` are those of sqlx (`sslmode`, `sslrootcert`, `sslcert`, `sslkey`,
/// `host`, `hostaddr`, `port`, `dbname`, `user`, `password`, `application_name`, `options`,
/// `options[…]`, `statement-cache-capacity`), `schema`, and, with times in milliseconds, those of
/// the pool: `max_connections`, `min_connections`, `max_idle_connections`, `acquire_timeout`, `idle_timeout`,
/// `max_lifetime`, `response_timeout`, `statement_timeout`, `transaction_idle_timeout` and
/// `slow_statements`; 0 means unlimited. Any other option is rejected. Statements are not logged by sqlx.
///
/// [`Invalid`](genledger_contract::ErrorKind::Invalid) when the URL has another form.
impl FromStr for PgConfig {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        let Url {
            mut options,
            pool,
            statement_timeout,
            transaction_idle_timeout,
            slow_statements,
            names_statement_cache,
            schema,
            ..
        } = Url::<PgConnectOptions>::parse::<PgDriver>(url, is_known)?;
        if let Some(host) = unbracketed(options.get_host()).map(str::to_owned) {
            options = options.host(&host);
        }
        if !names_statement_cache {
            options = options.statement_cache_capacity(PREPARED_STATEMENTS);
        }
        Ok(Self {
            pool,
            schema,
            statement_timeout,
            transaction_idle_timeout,
            slow_statements,
            ..Self::new(options.disable_statement_logging())
        })
    }
}

/// Whether the statement cache is disabled, which means that there is a pooler.
fn prepares_nothing(options: &PgConnectOptions) -> bool {
    // sqlx panics if the host is a bare IPv6 address, and for some user names.
    let plain = options.clone().host("localhost").username("user");
    let url = plain.to_url_lossy();
    let mut pairs = url.query().unwrap_or_default().split('&');
    pairs.any(|pair| pair == "statement-cache-capacity=0")
}

/// Whether a URL option is known, apart from those of the pool.
fn is_known(key: &str) -> bool {
    let named = matches!(
        key,
        "sslmode"
            | "ssl-mode"
            | "sslrootcert"
            | "ssl-root-cert"
            | "ssl-ca"
            | "sslcert"
            | "ssl-cert"
            | "sslkey"
            | "ssl-key"
            | "statement-cache-capacity"
            | "host"
            | "hostaddr"
            | "port"
            | "dbname"
            | "user"
            | "password"
            | "application_name"
            | "options"
            | "schema"
    );
    named || (key.starts_with("options[") && key.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use genledger_contract::ErrorKind;

    use super::{PgConfig, PgConnectOptions};

    #[test]
    fn urls_hold_the_options_of_the_driver_and_of_the_pool() {
        let config =
            "postgres://u:p@[::1]:5433/d?sslmode=require&max_connections=3&schema=my%20own\
             &statement_timeout=900&options[lock_timeout]=1s"
                .parse::<PgConfig>()
                .unwrap();
        assert_eq!(config.options.get_host(), "::1");
        assert_eq!(config.options.get_port(), 5433);
        assert_eq!(config.options.get_options(), Some("-c lock_timeout=1s"));
        assert!(config.must_encrypt());
        assert_eq!(config.pool.max_connections, 3);
        assert_eq!(config.schema.as_deref(), Some("my own"));
        assert_eq!(config.statement_timeout, Some(Duration::from_millis(900)));
    }

    #[test]
    fn options_of_sqlx_are_kept() {
        use sqlx::ConnectOptions as _;
        let shown = |config: PgConfig| format!("{:?}", config.options);
        let url = |url: &str| shown(url.parse::<PgConfig>().unwrap());
        let chosen = url("postgres://u@h/d?statement-cache-capacity=0");
        assert!(chosen.contains("statement_cache_capacity: 0"), "{chosen}");
        let default = url("postgres://u@h/d");
        assert!(
            default.contains("statement_cache_capacity: 256"),
            "{default}"
        );
        assert!(default.contains("statements_level: Off"), "{default}");
        let options = PgConnectOptions::new_without_pgpass().statement_cache_capacity(7);
        let options = options.log_statements("info".parse().unwrap());
        let given = shown(PgConfig::new(options));
        assert!(given.contains("statement_cache_capacity: 7"), "{given}");
        assert!(given.contains("statements_level: Info"), "{given}");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for url in [
            "mysql://u@h/d",
            "postgres://u@h/d?ssl_mode=require",
            "postgres://u@h/d?max_connection=5",
            "postgres://u@h/d?connect_timeout=10",
            "postgres://u@h/d?max_connections=0",
            "postgres://u@h/d?sslmode=perhaps",
        ] {
            let kind = url.parse::<PgConfig>().unwrap_err().kind();
            assert_eq!(kind, ErrorKind::Invalid, "{url}");
        }
    }
}
