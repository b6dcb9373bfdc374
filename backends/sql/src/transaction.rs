//! Open transactions on an executor of a driver.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::Result;
use genledger_contract::backend::{Events, Execute, OpenTransaction, Outcome};
use genledger_contract::statement::{Reply, RowVisitor, Select, Statement};

use crate::dialect::Dialect;
use crate::executor::{TransactionExecutor, Work};
use crate::hints::Hints;
use crate::traced::Traced;
use crate::work::{self, StatementSettings};

/// A transaction on one connection of a driver.
#[derive(Debug)]
pub struct SqlTransaction<X> {
    executor: X,
    settings: StatementSettings,
}

impl<X: TransactionExecutor> SqlTransaction<X> {
    /// A transaction that has begun, with the dialect and the events of its statements.
    #[must_use]
    pub const fn new(executor: X, dialect: &'static Dialect, events: Events) -> Self {
        Self {
            executor,
            settings: StatementSettings { dialect, events },
        }
    }

    /// The executor, for the application's SQL.
    #[must_use]
    pub const fn executor(&self) -> &X {
        &self.executor
    }

    /// Ends the transaction, and reports it as a statement if it is sent.
    async fn end(
        &self,
        operation: &'static str,
        end: impl Future<Output = Result<()>> + Send,
    ) -> Result<()> {
        if X::SENDS_END {
            let events = self.settings.events;
            events.during(operation, None, end, |()| None).await
        } else {
            end.await
        }
    }

    /// Runs transaction control.
    async fn control(&self, script: String, hints: Hints) -> Result<()> {
        let script: Arc<str> = script.into();
        let listener = self.settings.events.of("savepoint", None);
        let work: Work<()> = Box::new(move |context| {
            let (script, listener) = (Arc::clone(&script), listener.clone());
            Box::pin(async move {
                let mut slot = None;
                let context = Traced::context(context, listener, &mut slot);
                context.connection.run_script(&script).await
            })
        });
        self.executor.write(hints, work).await
    }
}

#[async_trait]
impl<X: TransactionExecutor> Execute for SqlTransaction<X> {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        work::execute(&self.executor, self.settings, statement).await
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<Outcome<()>> {
        work::select(&self.executor, self.settings, select, visitor).await
    }
}

#[async_trait]
impl<X: TransactionExecutor> OpenTransaction for SqlTransaction<X> {
    async fn savepoint(&self, depth: usize) -> Result<()> {
        let script = format!("SAVEPOINT genledger_{depth}");
        self.control(script, Hints::SHORT).await
    }

    async fn release(&self, depth: usize) -> Result<()> {
        let script = format!("RELEASE SAVEPOINT genledger_{depth}");
        self.control(script, Hints::SHORT).await
    }

    async fn rollback_to(&self, depth: usize) -> Result<()> {
        let script = format!("ROLLBACK TO SAVEPOINT genledger_{depth}");
        self.control(script, Hints::default()).await?;
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
