//! A transaction that the application has open on a connection of its own.

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
    Connection, Context, CopyIn, Dialect, Executor, Limits, Param, Scope, SqlTransaction,
    TransactionExecutor, Visit, Work, WorkOnce,
};
use sqlx::Connection as _;
use tokio::sync::{mpsc, oneshot};

use crate::connection::{bound, copied, send};
use crate::driver::{Arguments, Driver, DriverConnection};
use crate::error::{Effect, classify_effect};
use crate::lease::depth;
use crate::{classify, safe};

/// Runs `work` in a transaction on a connection of the application: a savepoint where a
/// transaction is open on it that sqlx has begun, one of its own otherwise. It is kept when `work`
/// returns `Ok`, and undone alone otherwise.
///
/// # Errors
/// Those of `work`, and of the driver, classified.
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
    // Dropping it undoes it.
    let begin = connection.begin().map(|begun| begun.map_err(classify::<D>));
    let mut inner = events.during("begin", None, begin, |_| None).await?;
    let (jobs, queue) = mpsc::unbounded_channel();
    let transaction = Transaction::new(Box::new(SqlTransaction::new(
        Lent { jobs, dialect },
        dialect,
        events,
    )));
    let working = async move {
        let outcome = work(transaction.handle()).await;
        transaction.end(outcome).await
    };
    let mut lent = LentConnection::<D> {
        connection: &mut inner,
        driver,
    };
    let outcome = serve(working, queue, &mut lent).await;
    match outcome {
        Ok(value) => {
            let commit = inner
                .commit()
                .map(|committed| committed.map_err(|error| classify_effect::<D>(error, effect)));
            events.during("commit", None, commit, |()| None).await?;
            Ok(value)
        }
        Err(error) => {
            // Where this fails, the server has ended the outer transaction as well.
            let rollback = inner.rollback().map(|undone| undone.map_err(classify::<D>));
            drop(events.during("rollback", None, rollback, |()| None).await);
            Err(error)
        }
    }
}

/// Something to do on the connection.
type Job = Box<dyn for<'c> FnOnce(&'c mut (dyn Connection + 'c)) -> BoxFuture<'c, ()> + Send>;

/// Does what comes in while the work is going on. What was begun is brought to its end, also when
/// nothing waits for it any more, since the connection is the application's.
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

/// The transaction as its statements see it, which run where the connection is.
struct Lent {
    jobs: mpsc::UnboundedSender<Job>,
    dialect: &'static Dialect,
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}

#[async_trait]
impl Executor for Lent {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    async fn read<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        self.run_unlimited(work).await
    }

    async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
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

/// What ends it is [`in_transaction`], which has the connection.
#[async_trait]
impl TransactionExecutor for Lent {
    const ENDS: bool = false;

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
struct LentConnection<'c, D: Driver> {
    connection: &'c mut DriverConnection<D>,
    driver: D,
}

impl<D: Driver> LentConnection<'_, D> {
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
        let touched = outcome.map_err(classify::<D>)?;
        visited.map(|()| touched)
    }
}

#[async_trait]
impl<D: Driver> Connection for LentConnection<'_, D> {
    fn limits(&self) -> Limits {
        self.driver.limits()
    }

    async fn execute(&mut self, sql: &Arc<str>, params: &[Param<'_>]) -> Result<u64> {
        let arguments = bound(&self.driver, params)?;
        self.run(sql, arguments, &[], &mut |_| Ok(())).await
    }

    async fn query(
        &mut self,
        sql: &Arc<str>,
        params: &[Param<'_>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        let arguments = bound(&self.driver, params)?;
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
        copied(outcome.map_err(classify::<D>)?)
    }

    async fn run_script(&mut self, sql: &str) -> Result<()> {
        D::run_script(self.connection, safe(sql.into()))
            .await
            .map_err(classify::<D>)
    }
}
