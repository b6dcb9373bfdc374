//! Where the server is and how connections to it behave.

use std::fmt;
use std::time::Duration;

use genledger_contract::{Result, Violation};
use genledger_sqlx::PoolConfig;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use crate::connection::PgDriver;

/// How many prepared statements a connection keeps: more than an application has shapes of
/// statements, and few enough to cost the server little.
const PREPARED_STATEMENTS: usize = 256;

/// The settings of a [`PgStore`](crate::PgStore).
#[derive(Clone)]
pub struct PgConfig {
    pub(crate) options: PgConnectOptions,
    pub(crate) pool: PoolConfig,
    pub(crate) schema: Option<String>,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) locks: bool,
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
    /// Connects as the options of sqlx say.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            options: options
                .disable_statement_logging()
                .statement_cache_capacity(PREPARED_STATEMENTS),
            pool: PoolConfig::default(),
            schema: None,
            statement_timeout: None,
            locks: true,
        }
    }

    /// Connects to a URL like `postgres://user:password@host:5432/database?sslmode=require`.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when it is no such URL.
    pub fn from_url(url: &str) -> Result<Self> {
        genledger_sqlx::options::<PgDriver, PgConnectOptions>(url).map(Self::new)
    }

    /// With other settings of the pool.
    #[must_use]
    pub const fn with_pool(mut self, pool: PoolConfig) -> Self {
        self.pool = pool;
        self
    }

    /// With the tables in a schema that exists, instead of the first one of the user's own search
    /// path.
    #[must_use]
    pub fn with_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// With a limit on the time that the server spends on one statement, after which it answers
    /// [`Timeout`](genledger_contract::ErrorKind::Timeout). Migrations have no such limit.
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

    /// Checks what cannot be left to the server.
    pub(crate) fn validate(&self) -> Result<()> {
        match &self.schema {
            Some(schema) if schema.is_empty() || schema.len() > 63 || schema.contains('\0') => {
                Err(Violation::new(
                    "schema",
                    "name",
                    "must have 1 to 63 bytes and no NUL character",
                )
                .into())
            }
            _ => Ok(()),
        }
    }
}
