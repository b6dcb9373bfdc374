//! The session of a store: each statement is its own transaction.

use std::sync::Arc;

use async_trait::async_trait;

use crate::backend::Backend;
use crate::error::Result;
use crate::session::retry::RetryPolicy;
use crate::session::transaction::{Session, Transaction};
use crate::statement::Statement;
use crate::statement::reply::Reply;
use crate::statement::select::{RowVisitor, Select};

/// A session over a [`Backend`], outside of any transaction.
#[derive(Debug)]
pub struct Autocommit<B> {
    backend: Arc<B>,
}

impl<B: Backend> Autocommit<B> {
    /// The session of a backend.
    #[must_use]
    pub const fn new(backend: Arc<B>) -> Self {
        Self { backend }
    }
}

#[async_trait]
impl<B: Backend> Session for Autocommit<B> {
    async fn execute(&self, statement: Statement) -> Result<Reply> {
        statement.validate()?;
        if let Some(reply) = statement.nothing_to_do() {
            return Ok(reply);
        }
        let statement = Arc::new(statement);
        let mut retries = RetryPolicy::default().start();
        loop {
            let executed = self.backend.execute(Arc::clone(&statement)).await;
            match executed.and_then(crate::backend::Outcome::into_result) {
                // It had no effect, so that it cannot be done twice.
                Err(error) if error.is_retryable() => {
                    retries.pause(error).await?;
                }
                replied => return replied,
            }
        }
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<()> {
        select.validate()?;
        self.backend.select(select, visitor).await?.into_result()
    }

    async fn begin(&self) -> Result<Transaction> {
        self.backend.begin().await.map(Transaction::new)
    }
}
