//! The session of a store: each statement on its own.

use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::{
    Aggregate, Claim, Delete, Insert, Result, RowOutcome, RowVisitor, Select, Session, Update,
    Upsert, Value,
};

use crate::executor::Executor;
use crate::outcome::Outcome;
use crate::work;

/// Executes statements over an executor, each in a transaction of its own.
#[derive(Debug)]
pub struct SqlSession<X> {
    executor: Arc<X>,
}

impl<X: Executor> SqlSession<X> {
    /// The session of an executor.
    #[must_use]
    pub const fn new(executor: Arc<X>) -> Self {
        Self { executor }
    }

    async fn run<T: Send + 'static>(&self, job: work::Job<T>) -> Result<T> {
        job.run(&*self.executor)
            .await
            .and_then(Outcome::into_result)
    }
}

#[async_trait]
impl<X: Executor> Session for SqlSession<X> {
    async fn execute_insert(&self, insert: Insert) -> Result<Vec<RowOutcome>> {
        if insert.rows.is_empty() {
            return Ok(Vec::new());
        }
        self.run(work::insert(insert)).await
    }

    async fn execute_upsert(&self, upsert: Upsert) -> Result<()> {
        upsert.validate()?;
        if upsert.rows.is_empty() {
            return Ok(());
        }
        self.run(work::upsert(upsert)).await
    }

    async fn execute_update(&self, update: Update) -> Result<u64> {
        update.validate()?;
        self.run(work::update(update)).await
    }

    async fn execute_delete(&self, delete: Delete) -> Result<u64> {
        genledger_contract::validate_predicate(delete.table, &delete.filter)?;
        self.run(work::delete(delete)).await
    }

    async fn execute_select(&self, select: Select, visitor: RowVisitor) -> Result<()> {
        select.validate()?;
        self.run(work::select(select, visitor)).await
    }

    async fn execute_aggregate(&self, aggregate: Aggregate) -> Result<Vec<Vec<Value>>> {
        aggregate.validate()?;
        self.run(work::aggregate(aggregate)).await
    }

    async fn execute_claim(&self, claim: Claim, visitor: RowVisitor) -> Result<u64> {
        claim.validate()?;
        self.run(work::claim(claim, visitor)).await
    }
}
