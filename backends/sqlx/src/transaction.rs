//! An open transaction on a connection of the pool.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use genledger_contract::session::OwnTransaction;
use genledger_contract::{Error, ErrorKind, Result, Tx};
use genledger_sql::{
    Dialect, Executor, Hints, Scope, SqlTransaction, TransactionExecutor, Work, WorkOnce,
};
use tokio::sync::Mutex;

use crate::connection::Access;
use crate::driver::{Driver, DriverConnection};
use crate::pool_inner::PoolInner;
use crate::pooled::Pooled;

/// How long the rollback of a dropped transaction may take before its connection is closed.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(1);

/// A transaction on a connection of a pool. Statements run one after the other. Dropping it rolls back.
pub struct SqlxTransaction<D: Driver> {
    /// `None` once the transaction has ended.
    pooled: Mutex<Option<Pooled<D>>>,
    pool: Arc<PoolInner<D>>,
}

impl<D: Driver> fmt::Debug for SqlxTransaction<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlxTransaction")
            .field("dialect", self.pool.settings().dialect)
            .finish_non_exhaustive()
    }
}

impl<D: Driver> SqlxTransaction<D> {
    pub(crate) fn new(pooled: Pooled<D>) -> Self {
        Self {
            pool: Arc::clone(pooled.pool()),
            pooled: Mutex::new(Some(pooled)),
        }
    }

    /// Runs SQL of the application on the connection.
    async fn application_sql<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut DriverConnection<D>) -> BoxFuture<'c, sqlx::Result<T>> + Send,
    {
        let mut pooled = self.pooled.lock().await;
        pooled
            .as_mut()
            .ok_or_else(ended)?
            .application_sql(work)
            .await
    }
}

/// Runs SQL of the application on the connection of a transaction.
///
/// The SQL must not end the transaction. If it does, or if an error that it ignores does, the result is
/// [`Aborted`](ErrorKind::Aborted), whatever the closure returns; a savepoint detects this. A transaction
/// that it begins through sqlx (`connection.begin()`) is a savepoint. After an error of the closure the
/// transaction can only be rolled back.
///
/// The connection is closed after the transaction, so settings that the SQL changes do not affect other
/// callers.
///
/// # Errors
/// The errors of the closure, classified; [`Aborted`](ErrorKind::Aborted) when the transaction can only
/// be rolled back.
pub async fn with_connection<D, T, F>(tx: &Tx, work: F) -> Result<T>
where
    D: Driver,
    T: Send,
    F: for<'c> FnOnce(&'c mut DriverConnection<D>) -> BoxFuture<'c, sqlx::Result<T>> + Send,
{
    type Own<D> = OwnTransaction<SqlTransaction<SqlxTransaction<D>>>;
    tx.run_own(|own: Own<D>| async move { own.get()?.executor().application_sql(work).await })
        .await
}

#[async_trait]
impl<D: Driver> Executor for SqlxTransaction<D> {
    fn dialect(&self) -> &'static Dialect {
        self.pool.settings().dialect
    }

    async fn read<T: Send + 'static>(&self, _: Hints, work: WorkOnce<T>) -> Result<T> {
        self.pooled
            .lock()
            .await
            .as_mut()
            .ok_or_else(ended)?
            .work(Scope::Transaction, Access::Read, work)
            .await
    }

    async fn write<T: Send + 'static>(&self, _: Hints, work: Work<T>) -> Result<T> {
        self.run_unlimited(work).await
    }

    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        self.pooled
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
    async fn commit(&self) -> Result<()> {
        let pooled = self.pooled.lock().await.take().ok_or_else(ended)?;
        pooled.commit().await
    }

    async fn rollback(&self) -> Result<()> {
        let pooled = self.pooled.lock().await.take().ok_or_else(ended)?;
        pooled.roll_back().await
    }
}

impl<D: Driver> Drop for SqlxTransaction<D> {
    fn drop(&mut self) {
        // A rollback keeps the connection for the next caller. If the runtime shuts down, it drops the
        // task, which closes the connection.
        if let Some(pooled) = self.pooled.get_mut().take().filter(Pooled::is_idle) {
            self.pool.runtime().spawn(async {
                drop(tokio::time::timeout(ROLLBACK_TIMEOUT, pooled.roll_back()).await);
            });
        }
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Aborted, "the transaction has ended")
}
