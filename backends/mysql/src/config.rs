//! Where the server is and how connections to it behave.

use std::fmt;
use std::time::Duration;

use genledger_contract::Result;
use genledger_sqlx::PoolConfig;
use sqlx::ConnectOptions;
use sqlx::mysql::MySqlConnectOptions;

use crate::connection::MySqlDriver;

/// How many prepared statements a connection keeps. The server keeps at most 16,382 of all
/// connections together.
const PREPARED_STATEMENTS: usize = 256;

/// The settings of a [`MySqlStore`](crate::MySqlStore).
#[derive(Clone)]
pub struct MySqlConfig {
    pub(crate) options: MySqlConnectOptions,
    pub(crate) pool: PoolConfig,
    pub(crate) statement_timeout: Option<Duration>,
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
    /// Connects as the options of sqlx say.
    #[must_use]
    pub fn new(options: MySqlConnectOptions) -> Self {
        Self {
            // The session is set up by this crate, which sets the whole `sql_mode`; sqlx would only
            // add to it, in a round trip of its own.
            options: options
                .pipes_as_concat(false)
                .no_engine_substitution(false)
                .timezone(None)
                .set_names(false)
                .disable_statement_logging()
                .statement_cache_capacity(PREPARED_STATEMENTS),
            pool: PoolConfig::default(),
            statement_timeout: None,
            locks: true,
        }
    }

    /// Connects to a URL like `mysql://user:password@host:3306/database?ssl-mode=REQUIRED`.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when it is no such URL.
    pub fn from_url(url: &str) -> Result<Self> {
        genledger_sqlx::options::<MySqlDriver, MySqlConnectOptions>(url).map(Self::new)
    }

    /// With other settings of the pool.
    #[must_use]
    pub const fn with_pool(mut self, pool: PoolConfig) -> Self {
        self.pool = pool;
        self
    }

    /// With a limit on the time that the server spends on one statement, after which it answers
    /// [`Timeout`](genledger_contract::ErrorKind::Timeout). `MySQL` has such a limit for reads only.
    /// Migrations have none.
    #[must_use]
    pub const fn with_statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// Without row locks, SKIP LOCKED and the like: for servers that take these clauses and ignore
    /// them, and for tests that prove that no answer depends on them.
    #[must_use]
    pub const fn without_locks(mut self) -> Self {
        self.locks = false;
        self
    }
}
