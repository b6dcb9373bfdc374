//! Where a statement runs: on its own, or inside a transaction.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use genledger_contract::Result;

use crate::shared::Shared;
use crate::statement::Plan;
use crate::tables::Tables;

/// Runs the statements that are pure functions of the tables.
///
/// An error of `work` or `plan` is one that a database reports: it poisons a transaction.
pub(crate) trait Scope: Send + Sync + Debug + 'static {
    /// Reads.
    fn read<T: Send>(
        &self,
        work: impl FnOnce(&Tables) -> Result<T> + Send,
    ) -> impl Future<Output = Result<T>> + Send;

    /// Writes what was planned, at once.
    fn write<T: Send>(
        &self,
        plan: impl FnOnce(&Tables) -> Result<Plan<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send;
}

/// Each statement is a transaction of its own.
#[derive(Debug)]
pub(crate) struct Autocommit(pub(crate) Arc<Shared>);

impl Scope for Autocommit {
    async fn read<T: Send>(&self, work: impl FnOnce(&Tables) -> Result<T> + Send) -> Result<T> {
        self.0.check_open()?;
        work(&self.0.committed())
    }

    async fn write<T: Send>(
        &self,
        plan: impl FnOnce(&Tables) -> Result<Plan<T>> + Send,
    ) -> Result<T> {
        self.0.check_open()?;
        let permit = self.0.writer().await?;
        // The snapshot is gone when the plan is done, so that nothing is copied for it.
        let plan = plan(&self.0.committed())?;
        Ok(self
            .0
            .change(&permit, |tables| Arc::make_mut(tables).apply(plan)))
    }
}
