//! The configuration of a store.

use std::time::Duration;

use genledger_contract::backend::Events;

/// See [`Capability::dialect`](genledger_contract::store::Capability::dialect).
pub(crate) const DIALECT: &str = "memory";

/// The settings of a [`MemoryStore`](crate::MemoryStore).
///
/// ```
/// use std::time::Duration;
/// use genledger_memory::{MemoryConfig, MemoryStore};
///
/// let store = MemoryStore::with_config(MemoryConfig::new().with_acquire_timeout(Duration::from_millis(50)));
/// # let _ = store;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryConfig {
    pub(crate) acquire_timeout: Duration,
    pub(crate) transaction_idle_timeout: Duration,
    pub(crate) events: Events,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self {
            acquire_timeout: Duration::from_secs(5),
            transaction_idle_timeout: Duration::from_mins(1),
            events: Events::new(DIALECT),
        }
    }
}

impl MemoryConfig {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long a write waits for the transaction that is writing, before it returns
    /// [`Unavailable`](genledger_contract::ErrorKind::Unavailable): 5 seconds by default.
    #[must_use]
    pub const fn with_acquire_timeout(mut self, wait: Duration) -> Self {
        self.acquire_timeout = wait;
        self
    }

    /// Sets the time without a statement after which a transaction that has written is rolled back if another
    /// write waits for it: 60 seconds by default. Its next statement returns
    /// [`Aborted`](genledger_contract::ErrorKind::Aborted).
    #[must_use]
    pub const fn with_transaction_idle_timeout(mut self, timeout: Duration) -> Self {
        self.transaction_idle_timeout = timeout;
        self
    }

    /// Sets the duration from which the event of a statement is a warning, the wait for other writes
    /// included; `None` for never: 1 second by default.
    #[must_use]
    pub const fn with_slow_statements(mut self, slow: Option<Duration>) -> Self {
        self.events = self.events.with_slow(slow);
        self
    }
}
