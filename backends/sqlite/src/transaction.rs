//! An open transaction, which has exclusive use of the writer.

use async_trait::async_trait;
use genledger_blocking::Exclusive;
use genledger_contract::session::OwnTransaction;
use genledger_contract::{Result, Tx};
use genledger_sql::{
    Dialect, Executor, Hints, SQLITE, Scope, SqlTransaction, TransactionExecutor, Work, WorkOnce,
};

use crate::connection::SqliteConnection;
use crate::error::classify;

/// Runs SQL of the application on the connection of a transaction of a
/// [`SqliteStore`](crate::SqliteStore). It must not end the transaction. After an error the transaction
/// can only be rolled back. Changes to the connection itself (a `PRAGMA`, a temporary table, a
/// function) are discarded after the transaction.
///
/// ```
/// # use genledger_contract::{Result, Store, StoreExt};
/// # async fn example(store: genledger_sqlite::SqliteStore) -> Result<()> {
/// store
///     .transaction(|tx| async move {
///         genledger_sqlite::with_connection(&tx, |connection| {
///             connection.execute("UPDATE visits SET count = count + 1", [])
///         })
///         .await
///     })
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The error of `work`, classified;
/// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) when the transaction belongs to another
/// backend; [`Aborted`](genledger_contract::ErrorKind::Aborted) when it can only be rolled back, or `work` ended it.
pub async fn with_connection<T, F>(tx: &Tx, work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
{
    type Own = OwnTransaction<SqlTransaction<ExclusiveWriter>>;
    tx.run_own(|own: Own| async move {
        let own_sql = |connection: &mut SqliteConnection| work(&connection.raw).map_err(classify);
        own.get()?.executor().0.run_own(own_sql).await
    })
    .await
}

/// The writer during a transaction, which has exclusive use of it.
#[derive(Debug)]
pub struct ExclusiveWriter(pub(crate) Exclusive<SqliteConnection>);

#[async_trait]
impl Executor for ExclusiveWriter {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    async fn read<T: Send + 'static>(&self, hints: Hints, work: WorkOnce<T>) -> Result<T> {
        if !hints.short {
            return self.run_unlimited(work).await;
        }
        let task = |connection: &mut SqliteConnection| connection.work(Scope::Transaction, work);
        self.0.run_short(task).await
    }

    async fn write<T: Send + 'static>(&self, hints: Hints, work: Work<T>) -> Result<T> {
        self.read(hints, work).await
    }

    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        let task = |connection: &mut SqliteConnection| connection.work(Scope::Transaction, work);
        self.0.run(task).await
    }
}

#[async_trait]
impl TransactionExecutor for ExclusiveWriter {
    async fn commit(&self) -> Result<()> {
        self.0.commit().await
    }

    async fn rollback(&self) -> Result<()> {
        self.0.roll_back().await
    }
}
