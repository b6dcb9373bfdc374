//! A transaction on a connection of the application, which is borrowed.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, select};
use genledger_contract::backend::Events;
use genledger_contract::row::RowBatch;
use genledger_contract::table::ColumnDef;
use genledger_contract::{Error, ErrorKind, Result, Transaction, Tx};
use genledger_sql::{
    Connection, Context, CopyIn, Dialect, Executor, Hints, Limits, Param, Scope, SqlTransaction,
    TransactionExecutor, Visit, Work, WorkOnce,
};
use sqlx::Connection as _;
use tokio::sync::{mpsc, oneshot};

use crate::driver::{Arguments, Driver, DriverConnection, safe};
use crate::error::{Effect, classify, classify_effect};
use crate::pooled::depth;
use crate::statement::{bind_params, check_copied, send};

/// Runs `work` in a transaction on a connection of the application: a savepoint if sqlx has a
/// transaction open, a transaction otherwise. It is committed when `work` returns `Ok`, and only it is
/// rolled back otherwise.
///
/// # Errors
/// The errors of `work`, and the classified errors of the driver.
pub async fn in_transaction<D, T, E, F, Fut>(
    driver: D,
    dialect: &'static Dialect,
    events: Events,
    connection: &mut DriverConnection<D>,
    work: F,
) -> Result<T, E>
where
    D: Driver,
    T: Send,
    E: From<Error> + Send,
    F: FnOnce(Tx) -> Fut + Send,
    Fut: Future<Output = Result<T, E>> + Send,
{
    let effect = if depth::<D>(connection) == 0 {
        Effect::Commit
    } else {
        Effect::None
    };
    // Rolls back when it is dropped.
    let begin = connection.begin().map(|begun| begun.map_err(classify::<D>));
    let mut inner = events.during("begin", None, begin, |_| None).await?;
    let (jobs, queue) = mpsc::unbounded_channel();
    let transaction = Transaction::new(Box::new(SqlTransaction::new(
        Borrowed { jobs, dialect },
        dialect,
        events,
    )));
    let working = async move {
        let outcome = work(transaction.handle()).await;
        transaction.end(outcome).await
    };
    let mut borrowed = BorrowedConnection::<D> {
        connection: &mut inner,
        driver,
    };
    let outcome = serve(working, queue, &mut borrowed).await;
    match outcome {
        Ok(value) => {
            let commit = inner
                .commit()
                .map(|committed| committed.map_err(|error| classify_effect::<D>(error, effect)));
            events.during("commit", None, commit, |()| None).await?;
            Ok(value)
        }
        Err(error) => {
            // If this fails, the server has ended the outer transaction too.
            let rollback = inner.rollback().map(|undone| undone.map_err(classify::<D>));
            drop(events.during("rollback", None, rollback, |()| None).await);
            Err(error)
        }
    }
}

/// A job for the connection.
type Job = Box<dyn for<'c> FnOnce(&'c mut (dyn Connection + 'c)) -> BoxFuture<'c, ()> + Send>;

/// Runs the jobs of the work while it runs. A started job runs to its end even if its future was
/// dropped, since the connection belongs to the application.
async fn serve<T>(
    working: impl Future<Output = T> + Send,
    mut queue: mpsc::UnboundedReceiver<Job>,
    connection: &mut (dyn Connection + '_),
) -> T {
    let mut working = pin!(working);
    loop {
        let next = match select(working.as_mut(), pin!(queue.recv())).await {
            Either::Left((value, _)) => return value,
            Either::Right((next, _)) => next,
        };
        let Some(job) = next else {
            return working.await;
        };
        match select(job(connection), working.as_mut()).await {
            Either::Left(((), _)) => {}
            Either::Right((value, job)) => {
                job.await;
                return value;
            }
        }
    }
}

/// The executor of the transaction, which sends its statements as jobs to the connection.
struct Borrowed {
    jobs: mpsc::UnboundedSender<Job>,
    dialect: &'static Dialect,
}

impl fmt::Debug for Borrowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}

#[async_trait]
impl Executor for Borrowed {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    async fn read<T: Send + 'static>(&self, _: Hints, work: WorkOnce<T>) -> Result<T> {
        self.run_unlimited(work).await
    }

    async fn write<T: Send + 'static>(&self, _: Hints, work: Work<T>) -> Result<T> {
        self.run_unlimited(work).await
    }

    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        let dialect = self.dialect;
        let (reply, replied) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            Box::pin(async move {
                let context = Context {
                    connection,
                    scope: Scope::Transaction,
                    dialect,
                };
                drop(reply.send(work(context).await));
            })
        });
        self.jobs.send(job).map_err(|_| ended())?;
        replied.await.unwrap_or_else(|_| Err(ended()))
    }
}

/// [`in_transaction`] commits and rolls back.
#[async_trait]
impl TransactionExecutor for Borrowed {
    const SENDS_END: bool = false;

    async fn commit(&self) -> Result<()> {
        Ok(())
    }

    async fn rollback(&self) -> Result<()> {
        Ok(())
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Aborted, "the transaction has ended")
}

/// The connection of the application.
struct BorrowedConnection<'c, D: Driver> {
    connection: &'c mut DriverConnection<D>,
    driver: D,
}

impl<D: Driver> BorrowedConnection<'_, D> {
    async fn run(
        &mut self,
        sql: &Arc<str>,
        arguments: Arguments<D>,
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<u64> {
        let (outcome, visited) = send(
            &self.driver,
            self.connection,
            sql,
            arguments,
            columns,
            visit,
        )
        .await;
        let affected = outcome.map_err(classify::<D>)?;
        visited.map(|()| affected)
    }
}

#[async_trait]
impl<D: Driver> Connection for BorrowedConnection<'_, D> {
    fn limits(&self) -> Limits {
        self.driver.limits()
    }

    async fn execute(&mut self, sql: &Arc<str>, params: &[Param<'_>]) -> Result<u64> {
        let arguments = bind_params(&self.driver, params)?;
        self.run(sql, arguments, &[], &mut |_| Ok(())).await
    }

    async fn query(
        &mut self,
        sql: &Arc<str>,
        params: &[Param<'_>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        let arguments = bind_params(&self.driver, params)?;
        self.run(sql, arguments, columns, visit).await.map(drop)
    }

    async fn query_arrays(
        &mut self,
        sql: &Arc<str>,
        rows: &[Vec<Param<'_>>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        let mut arguments = Arguments::<D>::default();
        self.driver.bind_arrays(&mut arguments, rows)?;
        self.run(sql, arguments, columns, visit).await.map(drop)
    }

    async fn insert_rows(
        &mut self,
        sql: &Arc<str>,
        batch: &RowBatch,
        rows: &[usize],
    ) -> Result<u64> {
        let mut arguments = Arguments::<D>::default();
        self.driver.bind_rows(&mut arguments, batch, rows)?;
        self.run(sql, arguments, &[], &mut |_| Ok(())).await
    }

    fn can_copy(&self, copy: &CopyIn) -> bool {
        self.driver.can_copy(copy)
    }

    async fn copy_rows(&mut self, copy: &CopyIn, batch: &RowBatch, rows: &[usize]) -> Result<()> {
        let outcome = self.driver.copy(self.connection, copy, batch, rows).await;
        check_copied(outcome.map_err(classify::<D>)?)
    }

    async fn run_script(&mut self, sql: &str) -> Result<()> {
        D::run_script(self.connection, safe(sql.into()))
            .await
            .map_err(classify::<D>)
    }
}
