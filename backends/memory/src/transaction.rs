//! Transactions, which have their own tables from the first write to the commit.

pub(crate) mod state;

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::Result;
use genledger_contract::backend::{Events, OpenTransaction};
use genledger_contract::statement::Reply;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::error;
use crate::scope::Scope;
use crate::session::Statements;
use crate::shared::Shared;
use crate::statement::Plan;
use crate::tables::Tables;
use state::{TransactionState, Writing};

/// An open transaction. Until its first write each statement sees the committed tables; from then on it holds
/// the write permit and sees its own tables.
#[derive(Debug)]
pub(crate) struct TransactionScope {
    shared: Arc<Shared>,
    /// Locked by each statement, so that they run one after the other.
    state: Arc<Mutex<TransactionState>>,
}

impl TransactionScope {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            state: Arc::default(),
        }
    }

    /// The state, locked for the next statement.
    async fn state(&self) -> Result<MutexGuard<'_, TransactionState>> {
        let mut state = self.state.lock().await;
        if let Some(error) = &state.idle_error {
            return Err(error.clone());
        }
        state.touch();
        Ok(state)
    }
}

impl Scope for TransactionScope {
    fn events(&self) -> Events {
        self.shared.events()
    }

    async fn read<T: Send>(&self, work: impl FnOnce(&Tables) -> Result<T> + Send) -> Result<T> {
        let mut state = self.state().await?;
        let outcome = match &state.writing {
            Some(writing) => work(&writing.tables),
            None => work(&self.shared.committed()),
        };
        state.end_statement(outcome)
    }

    async fn write(&self, plan: impl FnOnce(&Tables) -> Result<Plan> + Send) -> Result<Reply> {
        let mut state = self.state().await?;
        if state.writing.is_none() {
            let permit = self.shared.writer().await?;
            // The tables committed now, not when the transaction began: a guard of this write sees the rows
            // as the last transaction left them.
            let tables = self.shared.committed();
            let now = Instant::now();
            self.shared.set_holder(Arc::downgrade(&self.state));
            state.writing = Some(Writing {
                permit,
                tables,
                since: now,
                used: now,
            });
        }
        let Some(writing) = &mut state.writing else {
            return Err(error::ended());
        };
        let outcome =
            plan(&writing.tables).map(|plan| plan.apply(Arc::make_mut(&mut writing.tables)));
        state.end_statement(outcome)
    }
}

#[async_trait]
impl OpenTransaction for Statements<TransactionScope> {
    async fn savepoint(&self, _depth: usize) -> Result<()> {
        let mut state = self.0.state().await?;
        let tables = state
            .writing
            .as_ref()
            .map(|writing| Arc::clone(&writing.tables));
        state.savepoints.push(tables);
        Ok(())
    }

    async fn release(&self, depth: usize) -> Result<()> {
        let mut state = self.0.state().await?;
        state.savepoints.truncate(depth - 1);
        Ok(())
    }

    async fn rollback_to(&self, depth: usize) -> Result<()> {
        let mut state = self.0.state().await?;
        state.savepoints.truncate(depth);
        let saved = state.savepoints.pop().flatten();
        state.writing = match (saved, state.writing.take()) {
            (Some(tables), Some(writing)) => Some(Writing { tables, ..writing }),
            // Nothing had been written, so other writes need not wait.
            _ => None,
        };
        Ok(())
    }

    async fn commit(&self) -> Result<()> {
        let writing = self.0.state().await?.writing.take();
        if let Some(Writing { permit, tables, .. }) = writing {
            self.0
                .shared
                .change(&permit, |committed| *committed = tables);
        }
        Ok(())
    }

    async fn rollback(&self) -> Result<()> {
        self.0.state.lock().await.writing = None;
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
