//! A pool of sqlx connections as an executor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::Result;

use crate::driver::Driver;
use crate::error::unavailable;
use crate::lease::Access;
use crate::places::{Need, Places, Settings};
use crate::transaction::SqlxTransaction;
use genledger_sql::Dialect;
use genledger_sql::{Executor, Pool, Scope, Work, WorkOnce};

/// A pool of sqlx connections.
pub struct SqlxPool<D: Driver> {
    places: Arc<Places<D>>,
    lift_limits: Option<&'static str>,
}

impl<D: Driver> fmt::Debug for SqlxPool<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlxPool")
            .field("dialect", self.places.settings().dialect)
            .field("connections", &self.places.pool().size())
            .finish_non_exhaustive()
    }
}

impl<D: Driver> SqlxPool<D> {
    /// Runs the statements of a dialect on the connections of a pool that nothing else uses.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(
        pool: sqlx::Pool<D::Database>,
        driver: D,
        dialect: &'static Dialect,
        response_timeout: Option<Duration>,
    ) -> Self {
        Self::over(pool, driver, dialect, response_timeout, false)
    }

    /// Runs the statements of a dialect on the connections of a pool of the application.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn shared(pool: sqlx::Pool<D::Database>, driver: D, dialect: &'static Dialect) -> Self {
        Self::over(pool, driver, dialect, None, true)
    }

    fn over(
        pool: sqlx::Pool<D::Database>,
        driver: D,
        dialect: &'static Dialect,
        response_timeout: Option<Duration>,
        shared: bool,
    ) -> Self {
        let settings = Settings {
            driver,
            dialect,
            response_timeout,
        };
        Self {
            places: Places::new(pool, settings, shared),
            lift_limits: None,
        }
    }

    /// The same, where connections are set up with limits that the server enforces and that this
    /// script lifts. It runs before migrations.
    #[must_use]
    pub const fn with_limits_lifted_by(mut self, script: Option<&'static str>) -> Self {
        self.lift_limits = script;
        self
    }

    /// The driver of its connections.
    #[must_use]
    pub fn driver(&self) -> D {
        self.places.settings().driver.clone()
    }

    /// The pool itself, for the application. From now on every use of a connection by the store begins
    /// with a round trip that sets it up, since the application may have left it in any state.
    #[must_use]
    pub fn inner(&self) -> &sqlx::Pool<D::Database> {
        self.places.share()
    }
}

/// Does all that it takes to connect within a time, however far the server lets it come.
///
/// # Errors
/// Those of the work, and [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when the time is
/// over.
pub async fn connect_within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(unavailable("the server did not answer in time")))
}

#[async_trait]
impl<D: Driver> Executor for SqlxPool<D> {
    fn dialect(&self) -> &'static Dialect {
        self.places.settings().dialect
    }

    async fn read<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        let mut lease = self.places.acquire(Need::Repeatable).await?;
        lease.work(Scope::Autocommit, Access::Read, work).await
    }

    async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        let mut lease = self.places.acquire(Need::Once).await?;
        lease.work(Scope::Autocommit, Access::Write, work).await
    }

    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        let mut lease = self.places.acquire(Need::Once).await?;
        lease.lift_limits(self.lift_limits).await?;
        lease.work(Scope::Autocommit, Access::Write, work).await
    }
}

#[async_trait]
impl<D: Driver> Pool for SqlxPool<D> {
    type Transaction = SqlxTransaction<D>;

    async fn begin(&self) -> Result<SqlxTransaction<D>> {
        let mut lease = self.places.acquire(Need::Repeatable).await?;
        lease.begin().await?;
        Ok(SqlxTransaction::new(lease))
    }

    async fn close(&self) {
        self.places.close().await;
    }
}
