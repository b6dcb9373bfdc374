//! Acquires connections: which idle one is tested before it is used, and how a stale one is replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use genledger_contract::{Error, ErrorKind, Result};
use sqlx::Database;
use sqlx_core::transaction::TransactionManager;
use tokio::sync::OwnedSemaphorePermit;

use crate::driver::{Driver, safe};
use crate::error::{Effect, classify, unavailable};
use crate::pool_inner::{Checkout, PoolInner};
use crate::pooled::{Pooled, unusable};

/// A connection that was idle for longer is tested before a write outside of a transaction: the outcome
/// of such a write on a stale connection is unknown.
const UNTESTED_FOR_WRITES: Duration = Duration::from_millis(10);

/// A connection that was idle for longer is tested before any use. Reads and BEGIN are retried on a stale
/// connection, so this only matters for connections that do not report that they are stale.
const UNTESTED: Duration = Duration::from_secs(1);

/// The use of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AcquireFor {
    /// A statement that can be retried on another connection.
    Retryable,
    /// A write outside of a transaction.
    Write,
    /// A retry after a stale connection.
    Retry,
}

impl AcquireFor {
    /// How long an idle connection needs no test.
    const fn untested(self) -> Duration {
        match self {
            Self::Retryable => UNTESTED,
            Self::Write => UNTESTED_FOR_WRITES,
            Self::Retry => Duration::ZERO,
        }
    }
}

/// Counts a permit that waits for a connection, until it is dropped.
struct Connecting<'p>(&'p AtomicUsize);

impl<'p> Connecting<'p> {
    fn new(count: &'p AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Connecting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<D: Driver> PoolInner<D> {
    /// Acquires a connection, within the acquire time-out of the pool.
    pub(crate) async fn acquire(self: &Arc<Self>, purpose: AcquireFor) -> Result<Pooled<D>> {
        let limit = self.sqlx_pool().options().get_acquire_timeout();
        let waiting = Instant::now();
        let permit = within(limit, Arc::clone(self.permits()).acquire_owned())
            .await
            .ok_or_else(|| self.no_permit())?
            .map_err(|_| unavailable("the store is closed"))?;
        self.acquire_with(permit, purpose, limit.saturating_sub(waiting.elapsed()))
            .await
    }

    async fn acquire_with(
        self: &Arc<Self>,
        permit: OwnedSemaphorePermit,
        purpose: AcquireFor,
        limit: Duration,
    ) -> Result<Pooled<D>> {
        let _connecting = Connecting::new(self.connecting());
        within(limit, self.connect(permit, purpose))
            .await
            .unwrap_or_else(|| Err(unreachable()))
    }

    /// Why no permit was released in time. If other permits wait for a connection, the server is
    /// unreachable.
    fn no_permit(&self) -> Error {
        if self.connecting().load(Ordering::Relaxed) > 0 {
            unreachable()
        } else {
            unavailable("timed out waiting for a free connection")
        }
    }

    async fn connect(
        self: &Arc<Self>,
        mut permit: OwnedSemaphorePermit,
        purpose: AcquireFor,
    ) -> Result<Pooled<D>> {
        while let Some(idle) = self.pop_idle() {
            let tested = self.is_suspect(&idle) || idle.used.elapsed() > purpose.untested();
            let checkout = Checkout {
                connection: idle.connection,
                session: idle.session,
                permit,
                opened: idle.opened,
            };
            let mut pooled = Pooled::new(checkout, Arc::clone(self));
            if !tested || pooled.test().await.is_ok() {
                return Ok(pooled);
            }
            let Some(stale) = pooled.take() else {
                return Err(unavailable("connecting to the server failed"));
            };
            permit = self.detach(stale);
        }
        let mut left = self.sqlx_pool().options().get_max_connections();
        loop {
            let acquired = self.sqlx_pool().acquire().await;
            let connection = acquired.map_err(|error| match error {
                // There is a permit, so a connection is free unless the application uses it.
                sqlx::Error::PoolTimedOut if !self.is_shared() => unreachable(),
                error => classify::<D>(error),
            })?;
            let checkout = Checkout {
                connection,
                session: None,
                permit,
                opened: Instant::now(),
            };
            let mut pooled = Pooled::new(checkout, Arc::clone(self));
            let error = match pooled.set_up().await {
                Ok(()) => return Ok(pooled),
                Err(error) => error,
            };
            // A stale connection of a shared pool, of which there may be many.
            let lost = pooled.is_lost();
            match pooled.take() {
                Some(stale) if left > 0 && lost => permit = self.detach(stale),
                _ => return Err(error),
            }
            left -= 1;
        }
    }
}

impl<D: Driver> Pooled<D> {
    /// Begins a transaction. Uses sqlx instead of text, so that a transaction that the application begins
    /// on the same connection is a savepoint.
    pub(crate) async fn begin(&mut self) -> Result<()> {
        loop {
            self.set_in_transaction(true);
            let script = self.begin_script().map(safe);
            let begun = self
                .drive(Effect::None, ErrorKind::Timeout, |connection| {
                    <D::Database as Database>::TransactionManager::begin(connection, script).boxed()
                })
                .await;
            match begun {
                Err(_) if self.was_stale() => self.replace().await?,
                begun => return begun,
            }
        }
    }

    /// Replaces a stale connection, or one with another session.
    pub(crate) async fn replace(&mut self) -> Result<()> {
        let stale = self.discard().ok_or_else(unusable)?;
        let pool = Arc::clone(self.pool());
        let limit = pool.sqlx_pool().options().get_acquire_timeout();
        let permit = pool.detach(stale);
        let mut other = pool.acquire_with(permit, AcquireFor::Retry, limit).await?;
        self.renew(other.take());
        Ok(())
    }
}

fn unreachable() -> Error {
    unavailable("timed out connecting to the server")
}

/// Returns the result of work, or `None` after a time limit.
async fn within<T>(limit: Duration, work: impl Future<Output = T> + Send) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}
