//! A pool of sqlx connections as an executor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::Result;

use crate::acquire::AcquireFor;
use crate::config::PoolConfig;
use crate::connection::Access;
use crate::driver::Driver;
use crate::error::unavailable;
use crate::pool_inner::{PoolInner, Settings};
use crate::transaction::SqlxTransaction;
use genledger_sql::{Dialect, Executor, Hints, Pool, Scope, Work, WorkOnce};

/// A pool of sqlx connections.
pub struct SqlxPool<D: Driver> {
    inner: Arc<PoolInner<D>>,
    remove_limits: Option<&'static str>,
}

impl<D: Driver> fmt::Debug for SqlxPool<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlxPool")
            .field("dialect", self.inner.settings().dialect)
            .field("connections", &self.inner.sqlx_pool().size())
            .finish_non_exhaustive()
    }
}

impl<D: Driver> SqlxPool<D> {
    /// An executor for a dialect on a pool that nothing else uses.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(
        pool: sqlx::Pool<D::Database>,
        driver: D,
        dialect: &'static Dialect,
        config: &PoolConfig,
    ) -> Self {
        Self::over(pool, driver, dialect, config, false)
    }

    /// An executor for a dialect on a pool of the application.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn shared(pool: sqlx::Pool<D::Database>, driver: D, dialect: &'static Dialect) -> Self {
        Self::over(pool, driver, dialect, &PoolConfig::default(), true)
    }

    fn over(
        pool: sqlx::Pool<D::Database>,
        driver: D,
        dialect: &'static Dialect,
        config: &PoolConfig,
        shared: bool,
    ) -> Self {
        let settings = Settings {
            driver,
            dialect,
            response_timeout: config.response_timeout,
            max_idle: usize::try_from(config.max_idle_connections).unwrap_or(usize::MAX),
        };
        Self {
            inner: PoolInner::new(pool, settings, shared),
            remove_limits: None,
        }
    }

    /// Sets the script that removes the time limits of the server, which runs before migrations.
    #[must_use]
    pub const fn with_remove_limits(mut self, script: Option<&'static str>) -> Self {
        self.remove_limits = script;
        self
    }

    /// The driver of its connections.
    #[must_use]
    pub fn driver(&self) -> D {
        self.inner.settings().driver.clone()
    }

    /// The pool of sqlx, for the application. After this call, the store sets up a connection in one
    /// more round trip before each use, since the application may have changed its settings.
    #[must_use]
    pub fn sqlx_pool(&self) -> &sqlx::Pool<D::Database> {
        self.inner.share()
    }
}

/// Runs the whole work of connecting with a time limit.
///
/// # Errors
/// The errors of the work, and [`Unavailable`](genledger_contract::ErrorKind::Unavailable) after the
/// time limit.
pub async fn connect_within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(unavailable("timed out waiting for the server")))
}

#[async_trait]
impl<D: Driver> Executor for SqlxPool<D> {
    fn dialect(&self) -> &'static Dialect {
        self.inner.settings().dialect
    }

    async fn read<T: Send + 'static>(&self, _: Hints, work: WorkOnce<T>) -> Result<T> {
        let mut pooled = self.inner.acquire(AcquireFor::Retryable).await?;
        pooled.work(Scope::Autocommit, Access::Read, work).await
    }

    async fn write<T: Send + 'static>(&self, _: Hints, work: Work<T>) -> Result<T> {
        let mut pooled = self.inner.acquire(AcquireFor::Write).await?;
        pooled.work(Scope::Autocommit, Access::Write, work).await
    }

    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        let mut pooled = self.inner.acquire(AcquireFor::Write).await?;
        pooled.remove_limits(self.remove_limits).await?;
        pooled.work(Scope::Autocommit, Access::Write, work).await
    }
}

#[async_trait]
impl<D: Driver> Pool for SqlxPool<D> {
    type Transaction = SqlxTransaction<D>;

    async fn begin(&self) -> Result<SqlxTransaction<D>> {
        let mut pooled = self.inner.acquire(AcquireFor::Retryable).await?;
        pooled.begin().await?;
        Ok(SqlxTransaction::new(pooled))
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
