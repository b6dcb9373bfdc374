//! The scope of a statement: its own, or a transaction.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use genledger_contract::Result;
use genledger_contract::backend::Events;
use genledger_contract::statement::Reply;

use crate::error;
use crate::shared::Shared;
use crate::statement::Plan;
use crate::tables::Tables;

/// Runs statements, which are pure functions of the tables.
///
/// An error of `work` or `plan` is an error of the database: it ends a transaction.
pub(crate) trait Scope: Send + Sync + Debug + 'static {
    /// The events of statements.
    fn events(&self) -> Events;

    /// Reads from the tables.
    fn read<T: Send>(
        &self,
        work: impl FnOnce(&Tables) -> Result<T> + Send,
    ) -> impl Future<Output = Result<T>> + Send;

    /// Plans a write and applies it at once.
    fn write(
        &self,
        plan: impl FnOnce(&Tables) -> Result<Plan> + Send,
    ) -> impl Future<Output = Result<Reply>> + Send;
}

/// Whether a store was closed, which is final.
#[derive(Debug, Default)]
pub(crate) struct ClosedFlag(AtomicBool);

impl ClosedFlag {
    pub(crate) fn close(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Checks that the store is open.
    ///
    /// # Errors
    /// Returns `Unavailable` once it is closed.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.0.load(Ordering::Acquire) {
            Err(error::closed())
        } else {
            Ok(())
        }
    }
}

/// The scope outside of transactions: each statement is its own transaction.
#[derive(Debug)]
pub(crate) struct StatementScope {
    pub(crate) shared: Arc<Shared>,
    pub(crate) closed: Arc<ClosedFlag>,
}

impl Scope for StatementScope {
    fn events(&self) -> Events {
        self.shared.events()
    }

    async fn read<T: Send>(&self, work: impl FnOnce(&Tables) -> Result<T> + Send) -> Result<T> {
        self.closed.check_open()?;
        work(&self.shared.committed())
    }

    async fn write(&self, plan: impl FnOnce(&Tables) -> Result<Plan> + Send) -> Result<Reply> {
        self.closed.check_open()?;
        let permit = self.shared.writer().await?;
        // The snapshot is dropped before the plan is applied, so that nothing is copied for it.
        let plan = plan(&self.shared.committed())?;
        Ok(self
            .shared
            .change(&permit, |tables| plan.apply(Arc::make_mut(tables))))
    }
}
