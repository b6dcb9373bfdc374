//! Transactions: poisoning and savepoints, the same for every driver.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use genledger_contract::{
    Aggregate, Claim, Delete, Error, ErrorKind, Insert, Result, RowOutcome, RowVisitor, Select,
    Session, Transaction, Update, Upsert, Value,
};

use crate::executor::TransactionExecutor;
use crate::work;

/// A transaction over the executor of a driver.
///
/// An error of the database poisons it on every database, since some roll back the statement, some
/// abort the transaction, and some end it silently. A statement whose future was dropped poisons it
/// as well: nobody knows how far it came.
#[derive(Debug)]
pub struct SqlTransaction<X> {
    executor: X,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    poisoned: bool,
    /// How many savepoints there are. Their names are their numbers.
    points: u32,
}

impl<X: TransactionExecutor> SqlTransaction<X> {
    /// A transaction that has just begun.
    #[must_use]
    pub fn new(executor: X) -> Self {
        Self {
            executor,
            state: Mutex::default(),
        }
    }

    /// The executor, for statements of the application's own. What they do to the transaction is the
    /// application's to know.
    #[must_use]
    pub const fn executor(&self) -> &X {
        &self.executor
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_alive(&self) -> Result<()> {
        if self.state().poisoned {
            return Err(dead());
        }
        Ok(())
    }

    async fn run<T: Send + 'static>(&self, job: work::Job<T>) -> Result<T> {
        self.check_alive()?;
        let attempt = Attempt(&self.state);
        let outcome = job.run(&self.executor).await?;
        attempt.survived();
        outcome.into_result()
    }

    /// Runs transaction control.
    async fn control(&self, script: String) -> Result<()> {
        self.executor
            .write(Box::new(move |context| {
                let script = script.clone();
                Box::pin(async move { context.connection.run_script(&script).await })
            }))
            .await
    }

    /// Runs statements that are not the contract's under the rules of those that are: an error, and
    /// a future that is dropped, poison the transaction.
    ///
    /// # Errors
    /// Those of `work`, and [`Aborted`](ErrorKind::Aborted) when the transaction is dead.
    pub async fn guarded<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.check_alive()?;
        let attempt = Attempt(&self.state);
        let answer = work.await?;
        attempt.survived();
        Ok(answer)
    }
}

fn dead() -> Error {
    Error::new(
        ErrorKind::Aborted,
        "an earlier statement failed in this transaction",
    )
}

fn no_point() -> Error {
    Error::invalid("the transaction has no savepoint")
}

/// Poisons the transaction when it is dropped before the statement was done.
struct Attempt<'t>(&'t Mutex<State>);

impl Attempt<'_> {
    fn survived(self) {
        std::mem::forget(self);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .poisoned = true;
    }
}

#[async_trait]
impl<X: TransactionExecutor> Session for SqlTransaction<X> {
    async fn execute_insert(&self, insert: Insert) -> Result<Vec<RowOutcome>> {
        self.check_alive()?;
        if insert.rows.is_empty() {
            return Ok(Vec::new());
        }
        self.run(work::insert(insert)).await
    }

    async fn execute_upsert(&self, upsert: Upsert) -> Result<()> {
        self.check_alive()?;
        upsert.validate()?;
        if upsert.rows.is_empty() {
            return Ok(());
        }
        self.run(work::upsert(upsert)).await
    }

    async fn execute_update(&self, update: Update) -> Result<u64> {
        self.check_alive()?;
        update.validate()?;
        self.run(work::update(update)).await
    }

    async fn execute_delete(&self, delete: Delete) -> Result<u64> {
        self.check_alive()?;
        genledger_contract::validate_predicate(delete.table, &delete.filter)?;
        self.run(work::delete(delete)).await
    }

    async fn execute_select(&self, select: Select, visitor: RowVisitor) -> Result<()> {
        self.check_alive()?;
        select.validate()?;
        self.run(work::select(select, visitor)).await
    }

    async fn execute_aggregate(&self, aggregate: Aggregate) -> Result<Vec<Vec<Value>>> {
        self.check_alive()?;
        aggregate.validate()?;
        self.run(work::aggregate(aggregate)).await
    }

    async fn execute_claim(&self, claim: Claim, visitor: RowVisitor) -> Result<u64> {
        self.check_alive()?;
        claim.validate()?;
        self.run(work::claim(claim, visitor)).await
    }
}

#[async_trait]
impl<X: TransactionExecutor> Transaction for SqlTransaction<X> {
    async fn commit(self: Box<Self>) -> Result<()> {
        if self.state().poisoned {
            // A connection that is lost undoes everything as well.
            drop(self.executor.rollback().await);
            return Err(dead());
        }
        self.executor.commit().await
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        self.executor.rollback().await
    }

    async fn savepoint(&self) -> Result<()> {
        self.check_alive()?;
        let point = self.state().points + 1;
        let attempt = Attempt(&self.state);
        self.control(format!("SAVEPOINT genledger_{point}")).await?;
        attempt.survived();
        self.state().points = point;
        Ok(())
    }

    async fn rollback_to_savepoint(&self) -> Result<()> {
        let point = self.state().points;
        if point == 0 {
            return Err(no_point());
        }
        // Alive only when both were done, whatever it was before.
        let attempt = Attempt(&self.state);
        let undone = async {
            self.control(format!("ROLLBACK TO SAVEPOINT genledger_{point}"))
                .await?;
            self.control(format!("RELEASE SAVEPOINT genledger_{point}"))
                .await
        }
        .await;
        undone.map_err(|error| match error.kind() {
            ErrorKind::Unavailable => error,
            // MySQL ends the transaction at a deadlock, and its points with it.
            _ => dead().with_source(error),
        })?;
        attempt.survived();
        let mut state = self.state();
        state.points = point - 1;
        state.poisoned = false;
        Ok(())
    }

    async fn release_savepoint(&self) -> Result<()> {
        self.check_alive()?;
        let point = self.state().points;
        if point == 0 {
            return Err(no_point());
        }
        let attempt = Attempt(&self.state);
        self.control(format!("RELEASE SAVEPOINT genledger_{point}"))
            .await?;
        attempt.survived();
        self.state().points = point - 1;
        Ok(())
    }
}
