//! Open transactions over the executor of a driver.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::backend::{Execute, OpenTransaction, Outcome};
use genledger_contract::{Reply, Result, RowVisitor, Select, Statement};

use crate::dialect::Dialect;
use crate::executor::{TransactionExecutor, Work};
use crate::work;

/// A transaction on one connection of a driver.
#[derive(Debug)]
pub struct SqlTransaction<X> {
    executor: X,
    dialect: &'static Dialect,
}

impl<X: TransactionExecutor> SqlTransaction<X> {
    /// A transaction that has just begun, whose statements are in a dialect.
    #[must_use]
    pub const fn new(executor: X, dialect: &'static Dialect) -> Self {
        Self { executor, dialect }
    }

    /// The executor, for SQL of the application.
    #[must_use]
    pub const fn executor(&self) -> &X {
        &self.executor
    }

    /// Runs transaction control.
    async fn control(&self, script: String) -> Result<()> {
        let script: Arc<str> = script.into();
        let work: Work<()> = Box::new(move |context| {
            let script = Arc::clone(&script);
            Box::pin(async move { context.connection.run_script(&script).await })
        });
        self.executor.write(work).await
    }
}

#[async_trait]
impl<X: TransactionExecutor> Execute for SqlTransaction<X> {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        work::execute(&self.executor, self.dialect, statement).await
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<Outcome<()>> {
        work::select(&self.executor, self.dialect, select, visitor).await
    }
}

#[async_trait]
impl<X: TransactionExecutor> OpenTransaction for SqlTransaction<X> {
    async fn savepoint(&self, depth: usize) -> Result<()> {
        self.control(format!("SAVEPOINT genledger_{depth}")).await
    }

    async fn release(&self, depth: usize) -> Result<()> {
        self.control(format!("RELEASE SAVEPOINT genledger_{depth}"))
            .await
    }

    async fn rollback_to(&self, depth: usize) -> Result<()> {
        self.control(format!("ROLLBACK TO SAVEPOINT genledger_{depth}"))
            .await?;
        self.release(depth).await
    }

    async fn commit(&self) -> Result<()> {
        self.executor.commit().await
    }

    async fn rollback(&self) -> Result<()> {
        self.executor.rollback().await
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
