//! Configuration of a pool.

use std::time::Duration;

use genledger_contract::backend::Events;
use sqlx::Database;
use sqlx::pool::PoolOptions;

/// The default of how long a transaction may be idle before the server ends it: that of the stores
/// without a server.
pub const TRANSACTION_IDLE_TIMEOUT: Option<Duration> = Some(Duration::from_mins(1));

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
    /// The most connections. Default: 10. Two are enough to load batches; more help when callers wait
    /// for locks.
    pub max_connections: u32,
    /// The connections that are kept open while idle. Default: 0.
    pub min_connections: u32,
    /// The most connections that stay open while idle; one more is closed after its use. Default: all.
    pub max_idle_connections: u32,
    /// How long a call waits for a free connection, or to open one, before it returns
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable). Default: 5 seconds.
    pub acquire_timeout: Duration,
    /// How long a connection may be idle before it is closed. Default: 10 minutes.
    pub idle_timeout: Option<Duration>,
    /// The age at which a connection is replaced, so that a failover is noticed. Default: 30 minutes.
    pub max_lifetime: Option<Duration>,
    /// How long one call may wait for the server before its connection is closed: reads then return
    /// [`Timeout`](genledger_contract::ErrorKind::Timeout), writes
    /// [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown). It protects against networks
    /// that drop packets. Default: no limit. Migrations are never limited.
    ///
    /// A statement that exceeds the limit, or whose future is dropped, is cancelled in the server
    /// through one more connection. Its permit of the pool is released once the server has ended its
    /// session, or after 5 seconds.
    pub response_timeout: Option<Duration>,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            max_connections: 10,
            min_connections: 0,
            max_idle_connections: u32::MAX,
            acquire_timeout: Duration::from_secs(5),
            idle_timeout: Some(Duration::from_mins(10)),
            max_lifetime: Some(Duration::from_mins(30)),
            response_timeout: None,
        }
    }
}

impl PoolConfig {
    /// Sets [`max_connections`](Self::max_connections); 0 counts as 1.
    #[must_use]
    pub const fn with_max_connections(mut self, connections: u32) -> Self {
        self.max_connections = if connections == 0 { 1 } else { connections };
        self
    }

    /// Sets [`min_connections`](Self::min_connections).
    #[must_use]
    pub const fn with_min_connections(mut self, connections: u32) -> Self {
        self.min_connections = connections;
        self
    }

    /// Sets [`max_idle_connections`](Self::max_idle_connections).
    #[must_use]
    pub const fn with_max_idle_connections(mut self, connections: u32) -> Self {
        self.max_idle_connections = connections;
        self
    }

    /// Sets [`acquire_timeout`](Self::acquire_timeout).
    #[must_use]
    pub const fn with_acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// Sets [`idle_timeout`](Self::idle_timeout).
    #[must_use]
    pub const fn with_idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sets [`max_lifetime`](Self::max_lifetime).
    #[must_use]
    pub const fn with_max_lifetime(mut self, lifetime: Option<Duration>) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// Sets [`response_timeout`](Self::response_timeout).
    #[must_use]
    pub const fn with_response_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// Warns when the pool may open more connections than the server accepts from all its clients.
    pub fn warn_beyond(&self, server_limit: Option<u32>) {
        if let Some(limit) = server_limit
            && self.max_connections > limit
        {
            tracing::warn!(
                target: Events::POOL,
                max_connections = self.max_connections,
                server_limit = limit,
                "the pool may open more connections than the server accepts"
            );
        }
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
            // The store tests its connections itself, and sets up those that it shares with the
            // application before each use.
            .test_before_acquire(false)
    }
}
