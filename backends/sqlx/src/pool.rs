//! A pool of sqlx connections as an executor.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::Result;
use sqlx::ConnectOptions;
use tokio::runtime::Handle;

use crate::classify;
use crate::driver::{Driver, DriverConnection};
use crate::error::unavailable;
use crate::lease::{Access, Lease};
use crate::transaction::SqlxTransaction;
use genledger_sql::Dialect;
use genledger_sql::{Executor, Pool, Scope, Work, WorkOnce};

/// A pool of sqlx connections.
pub struct SqlxPool<D: Driver> {
    pool: sqlx::Pool<D::Database>,
    settings: Settings<D>,
    lift_limits: Option<&'static str>,
}

/// What all connections of a pool share.
#[derive(Clone)]
pub(super) struct Settings<D> {
    pub(super) driver: D,
    pub(super) dialect: &'static Dialect,
    /// Where connections go back to the pool, and dropped transactions are rolled back.
    pub(super) runtime: Handle,
    pub(super) response_timeout: Option<Duration>,
}

impl<D: Driver> fmt::Debug for SqlxPool<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlxPool")
            .field("dialect", self.settings.dialect)
            .field("connections", &self.pool.size())
            .field("idle", &self.pool.num_idle())
            .finish_non_exhaustive()
    }
}

impl<D: Driver> SqlxPool<D> {
    /// Runs the statements of a dialect on the connections of a pool.
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
        Self {
            pool,
            settings: Settings {
                driver,
                dialect,
                runtime: Handle::current(),
                response_timeout,
            },
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

    /// The pool itself.
    #[must_use]
    pub const fn inner(&self) -> &sqlx::Pool<D::Database> {
        &self.pool
    }

    async fn lease(&self) -> Result<Lease<D>> {
        let connection = self.pool.acquire().await.map_err(classify::<D>)?;
        Ok(Lease::new(connection, self.settings.clone()))
    }
}

/// Connects once, without a pool, so that the error is that of the server and not that of a pool
/// which tried until its time was over.
///
/// # Errors
/// [`Denied`](genledger_contract::ErrorKind::Denied),
/// [`Unavailable`](genledger_contract::ErrorKind::Unavailable) and
/// [`Schema`](genledger_contract::ErrorKind::Schema) as the server says.
pub async fn connect_once<D, O>(options: &O, timeout: Duration) -> Result<DriverConnection<D>>
where
    D: Driver,
    O: ConnectOptions<Connection = DriverConnection<D>>,
{
    match tokio::time::timeout(timeout, options.connect()).await {
        Ok(connection) => connection.map_err(classify::<D>),
        Err(_) => Err(unavailable("the server did not answer in time")),
    }
}

#[async_trait]
impl<D: Driver> Executor for SqlxPool<D> {
    fn dialect(&self) -> &'static Dialect {
        self.settings.dialect
    }

    async fn read<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        self.lease()
            .await?
            .work(Scope::Autocommit, Access::Read, work)
            .await
    }

    async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        self.lease()
            .await?
            .work(Scope::Autocommit, Access::Write, work)
            .await
    }

    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        let mut lease = self.lease().await?;
        lease.lift_limits(self.lift_limits).await?;
        lease.work(Scope::Autocommit, Access::Write, work).await
    }
}

#[async_trait]
impl<D: Driver> Pool for SqlxPool<D> {
    type Transaction = SqlxTransaction<D>;

    async fn begin(&self) -> Result<SqlxTransaction<D>> {
        let mut lease = self.lease().await?;
        lease.begin().await?;
        Ok(SqlxTransaction::new(lease))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
