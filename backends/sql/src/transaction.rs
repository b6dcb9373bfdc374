//! Open transactions over the executor of a driver.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::Result;
use genledger_contract::backend::{Events, Execute, OpenTransaction, Outcome};
use genledger_contract::statement::{Reply, RowVisitor, Select, Statement};

use crate::dialect::Dialect;
use crate::executor::{TransactionExecutor, Work};
use crate::traced::Traced;
use crate::work::{self, Manner};

/// A transaction on one connection of a driver.
#[derive(Debug)]
pub struct SqlTransaction<X> {
    executor: X,
    manner: Manner,
}

impl<X: TransactionExecutor> SqlTransaction<X> {
    /// A transaction that has just begun, whose statements are in a dialect, and what is told of them.
    #[must_use]
    pub const fn new(executor: X, dialect: &'static Dialect, events: Events) -> Self {
        Self {
            executor,
            manner: Manner { dialect, events },
        }
    }

    /// The executor, for SQL of the application.
    #[must_use]
    pub const fn executor(&self) -> &X {
        &self.executor
    }

    /// Ends the transaction, and tells of it.
    async fn end(
        &self,
        operation: &'static str,
        end: impl Future<Output = Result<()>> + Send,
    ) -> Result<()> {
        if X::ENDS {
            let events = self.manner.events;
            events.during(operation, None, end, |()| None).await
        } else {
            end.await
        }
    }

    /// Runs transaction control.
    async fn control(&self, script: String) -> Result<()> {
        let script: Arc<str> = script.into();
        let listener = self.manner.events.of("savepoint", None);
        let work: Work<()> = Box::new(move |context| {
            let (script, listener) = (Arc::clone(&script), listener.clone());
            Box::pin(async move {
                let mut slot = None;
                let context = Traced::context(context, listener, &mut slot);
                context.connection.run_script(&script).await
            })
        });
        self.executor.write(work).await
    }
}

#[async_trait]
impl<X: TransactionExecutor> Execute for SqlTransaction<X> {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        work::execute(&self.executor, self.manner, statement).await
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<Outcome<()>> {
        work::select(&self.executor, self.manner, select, visitor).await
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
        self.end("commit", self.executor.commit()).await
    }

    async fn rollback(&self) -> Result<()> {
        self.end("rollback", self.executor.rollback()).await
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
