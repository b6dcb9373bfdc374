//! Where a statement runs: on its own, or inside a transaction.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use genledger_contract::Result;
use genledger_contract::backend::Events;
use genledger_contract::statement::Reply;

use crate::door::Door;
use crate::shared::Shared;
use crate::statement::Plan;
use crate::tables::Tables;

/// Runs the statements that are pure functions of the tables.
///
/// An error of `work` or `plan` is one that a database reports: it ends a transaction.
pub(crate) trait Scope: Send + Sync + Debug + 'static {
    /// What is told of statements.
    fn events(&self) -> Events;

    /// Reads.
    fn read<T: Send>(
        &self,
        work: impl FnOnce(&Tables) -> Result<T> + Send,
    ) -> impl Future<Output = Result<T>> + Send;

    /// Writes what was planned, at once.
    fn write(
        &self,
        plan: impl FnOnce(&Tables) -> Result<Plan> + Send,
    ) -> impl Future<Output = Result<Reply>> + Send;
}

/// Each statement is a transaction of its own.
#[derive(Debug)]
pub(crate) struct Autocommit {
    pub(crate) shared: Arc<Shared>,
    pub(crate) door: Arc<Door>,
}

impl Scope for Autocommit {
    fn events(&self) -> Events {
        self.shared.events()
    }

    async fn read<T: Send>(&self, work: impl FnOnce(&Tables) -> Result<T> + Send) -> Result<T> {
        self.door.check_open()?;
        work(&self.shared.committed())
    }

    async fn write(&self, plan: impl FnOnce(&Tables) -> Result<Plan> + Send) -> Result<Reply> {
        self.door.check_open()?;
        let permit = self.shared.writer().await?;
        // The snapshot is gone when the plan is done, so that nothing is copied for it.
        let plan = plan(&self.shared.committed())?;
        Ok(self
            .shared
            .change(&permit, |tables| Arc::make_mut(tables).apply(plan)))
    }
}
