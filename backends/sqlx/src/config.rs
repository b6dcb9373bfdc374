//! How many connections, and how long to wait for one.

use std::time::Duration;

use sqlx::Database;
use sqlx::pool::PoolOptions;

/// The settings of a pool.
///
/// ```
/// use std::time::Duration;
/// use genledger_sqlx::PoolConfig;
///
/// let pool = PoolConfig::default()
///     .with_max_connections(20)
///     .with_acquire_timeout(Duration::from_secs(2));
/// assert_eq!(pool.max_connections, 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolConfig {
    /// The most connections; 10 unless told otherwise. Two are enough to fill a database with
    /// batches; more serve callers that wait for each other's locks.
    pub max_connections: u32,
    /// The connections that are kept open when nothing is going on; none unless told otherwise.
    pub min_connections: u32,
    /// How long a call waits for a free connection, and for a server that refuses connections, before
    /// it answers [`Unavailable`](genledger_contract::ErrorKind::Unavailable); 5 seconds unless told
    /// otherwise.
    pub acquire_timeout: Duration,
    /// After how long without use a connection is closed; 10 minutes unless told otherwise.
    pub idle_timeout: Option<Duration>,
    /// After how long a connection is replaced, so that a failover is noticed; 30 minutes unless told
    /// otherwise.
    pub max_lifetime: Option<Duration>,
    /// How long one call may wait for the server before its connection is given up: reads then answer
    /// [`Timeout`](genledger_contract::ErrorKind::Timeout), writes
    /// [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown). A guard against networks
    /// that swallow packets; no limit unless told otherwise, and none for migrations.
    ///
    /// A statement that is given up, in this way or because its future was dropped, is stopped in the
    /// server through one more connection, and its place in the pool is free once the server has let
    /// go of it, or after 5 seconds.
    pub response_timeout: Option<Duration>,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            max_connections: 10,
            min_connections: 0,
            acquire_timeout: Duration::from_secs(5),
            idle_timeout: Some(Duration::from_mins(10)),
            max_lifetime: Some(Duration::from_mins(30)),
            response_timeout: None,
        }
    }
}

impl PoolConfig {
    /// With another [`max_connections`](Self::max_connections); 0 counts as 1.
    #[must_use]
    pub const fn with_max_connections(mut self, connections: u32) -> Self {
        self.max_connections = if connections == 0 { 1 } else { connections };
        self
    }

    /// With another [`min_connections`](Self::min_connections).
    #[must_use]
    pub const fn with_min_connections(mut self, connections: u32) -> Self {
        self.min_connections = connections;
        self
    }

    /// With another [`acquire_timeout`](Self::acquire_timeout).
    #[must_use]
    pub const fn with_acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// With another [`idle_timeout`](Self::idle_timeout).
    #[must_use]
    pub const fn with_idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// With another [`max_lifetime`](Self::max_lifetime).
    #[must_use]
    pub const fn with_max_lifetime(mut self, lifetime: Option<Duration>) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// With another [`response_timeout`](Self::response_timeout).
    #[must_use]
    pub const fn with_response_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// The same settings for sqlx.
    #[must_use]
    pub fn options<DB: Database>(&self) -> PoolOptions<DB> {
        PoolOptions::new()
            .max_connections(self.max_connections)
            .min_connections(self.min_connections)
            .acquire_timeout(self.acquire_timeout)
            .idle_timeout(self.idle_timeout)
            .max_lifetime(self.max_lifetime)
            // The store tests its connections itself, and those that it shares with the application
            // by setting them up anew.
            .test_before_acquire(false)
    }
}
