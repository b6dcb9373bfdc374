//! Running a closure in a transaction.

mod step;

use std::future::Future;
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use tokio::sync::RwLock;

use super::{RetryPolicy, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::session::{Session, Transaction};
use crate::statement::{
    Aggregate, Claim, Delete, Insert, RowOutcome, RowVisitor, Select, Update, Upsert,
};
use crate::value::Value;

pub use step::TxStep;

type Slot = RwLock<Option<Box<dyn Transaction>>>;

/// The transaction inside [`StoreExt::transaction`](super::StoreExt::transaction): an owned handle
/// that can be cloned and moved into tasks, and is dead once the closure has ended.
#[derive(Clone, Debug)]
pub struct Tx(Weak<Slot>);

/// Runs `$body` with `$transaction` bound to the live transaction.
macro_rules! live {
    ($tx:expr, |$transaction:ident| $body:expr) => {{
        let slot = $tx.0.upgrade().ok_or_else(ended)?;
        let guard = slot.read().await;
        let $transaction = guard.as_deref().ok_or_else(ended)?;
        $body.await
    }};
}

fn ended() -> Error {
    Error::new(ErrorKind::Aborted, "the transaction has ended")
}

impl Tx {
    /// Marks a point to come back to; see [`Transaction::savepoint`].
    ///
    /// # Errors
    /// As any statement.
    pub async fn savepoint(&self) -> Result<()> {
        live!(self, |transaction| transaction.savepoint())
    }

    /// Undoes everything since the last point; see [`Transaction::rollback_to_savepoint`].
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when there is no point, and as any statement.
    pub async fn rollback_to_savepoint(&self) -> Result<()> {
        live!(self, |transaction| transaction.rollback_to_savepoint())
    }

    /// Removes the last point; see [`Transaction::release_savepoint`].
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when there is no point, and as any statement.
    pub async fn release_savepoint(&self) -> Result<()> {
        live!(self, |transaction| transaction.release_savepoint())
    }

    /// Begins a step of several statements that other handles do not come between; see [`TxStep`].
    ///
    /// # Errors
    /// As any statement.
    pub async fn step(&self) -> Result<TxStep> {
        let slot = self.0.upgrade().ok_or_else(ended)?;
        let mut slot = slot.write_owned().await;
        let transaction = slot.take().ok_or_else(ended)?;
        let step = TxStep { transaction, slot };
        match step.transaction.savepoint().await {
            Ok(()) => Ok(step),
            Err(error) => {
                step.give_back();
                Err(error)
            }
        }
    }
}

#[async_trait]
impl Session for Tx {
    async fn execute_insert(&self, insert: Insert) -> Result<Vec<RowOutcome>> {
        live!(self, |transaction| transaction.execute_insert(insert))
    }

    async fn execute_upsert(&self, upsert: Upsert) -> Result<()> {
        live!(self, |transaction| transaction.execute_upsert(upsert))
    }

    async fn execute_update(&self, update: Update) -> Result<u64> {
        live!(self, |transaction| transaction.execute_update(update))
    }

    async fn execute_delete(&self, delete: Delete) -> Result<u64> {
        live!(self, |transaction| transaction.execute_delete(delete))
    }

    async fn execute_select(&self, select: Select, visitor: RowVisitor) -> Result<()> {
        live!(self, |transaction| transaction
            .execute_select(select, visitor))
    }

    async fn execute_aggregate(&self, aggregate: Aggregate) -> Result<Vec<Vec<Value>>> {
        live!(self, |transaction| transaction.execute_aggregate(aggregate))
    }

    async fn execute_claim(&self, claim: Claim, visitor: RowVisitor) -> Result<u64> {
        live!(self, |transaction| transaction
            .execute_claim(claim, visitor))
    }
}

pub(super) async fn run<S, T, F, Fut>(store: &S, policy: RetryPolicy, mut work: F) -> Result<T>
where
    S: Store + ?Sized,
    F: FnMut(Tx) -> Fut + Send,
    Fut: Future<Output = Result<T>> + Send,
    T: Send,
{
    let mut failed = 0;
    loop {
        match attempt(store, &mut work).await {
            Err(error) if error.is_retryable() && failed + 1 < policy.attempts => {
                failed += 1;
                tokio::time::sleep(policy.wait(failed)).await;
            }
            outcome => return outcome,
        }
    }
}

async fn attempt<S, T, F, Fut>(store: &S, work: &mut F) -> Result<T>
where
    S: Store + ?Sized,
    F: FnMut(Tx) -> Fut + Send,
    Fut: Future<Output = Result<T>> + Send,
    T: Send,
{
    // The slot lives here and handles only point to it: when this future is dropped, the
    // transaction goes with it and rolls back, whoever still has a handle.
    let slot: Arc<Slot> = Arc::new(RwLock::new(Some(store.begin().await?)));
    let outcome = work(Tx(Arc::downgrade(&slot))).await;
    let transaction = slot.write().await.take();
    match (outcome, transaction) {
        (Ok(value), Some(transaction)) => {
            transaction.commit().await?;
            Ok(value)
        }
        (Ok(_), None) => Err(ended()),
        (Err(error), transaction) => {
            // The error of the work is the answer; a failed rollback is a lost connection, which
            // undoes everything as well.
            if let Some(transaction) = transaction {
                drop(transaction.rollback().await);
            }
            Err(error)
        }
    }
}
