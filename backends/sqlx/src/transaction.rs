//! One open transaction on a connection of its own.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use genledger_contract::{Error, ErrorKind, Result};
use sqlx::SqlStr;
use tokio::sync::Mutex;

use crate::driver::{Driver, DriverConnection};
use crate::error::connection_lost;
use crate::lease::{Access, Lease};
use crate::pool::Settings;
use genledger_sql::Dialect;
use genledger_sql::SqlTransaction;
use genledger_sql::{Executor, Scope, TransactionExecutor, Work, WorkOnce};

/// How long the rollback of a dropped transaction may take before its connection is closed instead.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(1);

/// A transaction on a connection of a pool. Statements run one after the other; dropping it rolls
/// back.
pub struct SqlxTransaction<D: Driver> {
    /// Gone once the transaction has ended.
    lease: Mutex<Option<Lease<D>>>,
    settings: Settings<D>,
    /// Whether SQL of the application's own ran in it.
    foreign: AtomicBool,
}

impl<D: Driver> fmt::Debug for SqlxTransaction<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlxTransaction")
            .field("dialect", self.settings.dialect)
            .finish_non_exhaustive()
    }
}

impl<D: Driver> SqlxTransaction<D> {
    pub(super) fn new(lease: Lease<D>) -> Self {
        Self {
            settings: lease.settings().clone(),
            lease: Mutex::new(Some(lease)),
            foreign: AtomicBool::new(false),
        }
    }

    /// Runs something of the caller's own on the connection.
    async fn drive<T, F>(&self, on_timeout: ErrorKind, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut DriverConnection<D>) -> BoxFuture<'c, sqlx::Result<T>> + Send,
    {
        let mut lease = self.lease.lock().await;
        lease
            .as_mut()
            .ok_or_else(ended)?
            .drive(on_timeout, work)
            .await
    }
}

/// Runs SQL of the application's own on the connection of a transaction.
///
/// The SQL must not end the transaction. One that it begins through sqlx (`connection.begin()`)
/// is a savepoint. An error that the closure answers poisons the transaction; one that it keeps
/// to itself is its own affair.
///
/// # Errors
/// Those of the closure, classified; [`Aborted`](ErrorKind::Aborted) when the transaction is
/// dead.
pub async fn with_connection<D, T, F>(
    transaction: &SqlTransaction<SqlxTransaction<D>>,
    work: F,
) -> Result<T>
where
    D: Driver,
    F: for<'c> FnOnce(&'c mut DriverConnection<D>) -> BoxFuture<'c, sqlx::Result<T>> + Send,
{
    let executor = transaction.executor();
    executor.foreign.store(true, Ordering::Relaxed);
    transaction
        .guarded(executor.drive(ErrorKind::Timeout, work))
        .await
}

#[async_trait]
impl<D: Driver> Executor for SqlxTransaction<D> {
    fn dialect(&self) -> &'static Dialect {
        self.settings.dialect
    }

    async fn read<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        self.lease
            .lock()
            .await
            .as_mut()
            .ok_or_else(ended)?
            .work(Scope::Transaction, Access::Read, work)
            .await
    }

    async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        self.run_unlimited(work).await
    }

    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        self.lease
            .lock()
            .await
            .as_mut()
            .ok_or_else(ended)?
            .work(Scope::Transaction, Access::Write, work)
            .await
    }
}

#[async_trait]
impl<D: Driver> TransactionExecutor for SqlxTransaction<D> {
    async fn commit(mut self) -> Result<()> {
        let mut lease = self.lease.get_mut().take().ok_or_else(ended)?;
        if *self.foreign.get_mut() {
            // PostgreSQL answers COMMIT with success when it rolls back a transaction that failed,
            // and SQL of the application's own may have failed without anybody hearing of it.
            lease
                .drive(ErrorKind::Unavailable, |connection| {
                    D::run_script(connection, SqlStr::from_static("SELECT 1"))
                })
                .await?;
        }
        lease.commit().await.map_err(|error| {
            if connection_lost(&error) {
                Error::new(
                    ErrorKind::OutcomeUnknown,
                    "the connection was lost while the transaction was committed",
                )
                .with_source(error)
            } else {
                error
            }
        })
    }

    async fn rollback(mut self) -> Result<()> {
        let lease = self.lease.get_mut().take().ok_or_else(ended)?;
        lease.roll_back().await
    }
}

impl<D: Driver> Drop for SqlxTransaction<D> {
    fn drop(&mut self) {
        // Closing the connection would be enough, but a rollback keeps it for the next caller. A
        // runtime that shuts down drops the task and, with it, closes the connection.
        if let Some(lease) = self.lease.get_mut().take().filter(Lease::is_at_rest) {
            self.settings.runtime.spawn(async {
                drop(tokio::time::timeout(ROLLBACK_TIMEOUT, lease.roll_back()).await);
            });
        }
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Aborted, "the transaction has ended")
}
