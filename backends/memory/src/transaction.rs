//! Transactions: a state of their own from the first write to the commit.

use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::{Result, Transaction};
use tokio::sync::Mutex;

use crate::error;
use crate::scope::Scope;
use crate::session::Statements;
use crate::shared::{Shared, WritePermit};
use crate::statement::Plan;
use crate::tables::Tables;

/// An open transaction. Until its first write it sees, statement by statement, what is committed;
/// from then on it is the only one that writes and sees its own state.
#[derive(Debug)]
pub(crate) struct Open {
    shared: Arc<Shared>,
    /// Statements of one transaction run one after the other.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    writing: Option<Writing>,
    /// What was written at each savepoint; `None` where nothing was.
    savepoints: Vec<Option<Arc<Tables>>>,
    poisoned: bool,
}

#[derive(Debug)]
struct Writing {
    permit: WritePermit,
    tables: Arc<Tables>,
}

impl Open {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            state: Mutex::default(),
        }
    }
}

impl State {
    fn check_alive(&self) -> Result<()> {
        if self.poisoned {
            Err(error::aborted())
        } else {
            Ok(())
        }
    }

    fn poison(&mut self) {
        self.poisoned = true;
        // Without a savepoint nothing of it can be saved, so others need not wait for its end.
        if self.savepoints.is_empty() {
            self.writing = None;
        }
    }

    /// Answers what the database answers, which poisons the transaction if it is an error.
    fn answer<T>(&mut self, outcome: Result<T>) -> Result<T> {
        if outcome.is_err() {
            self.poison();
        }
        outcome
    }
}

impl Scope for Open {
    async fn check_alive(&self) -> Result<()> {
        self.state.lock().await.check_alive()
    }

    async fn read<T: Send>(&self, work: impl FnOnce(&Tables) -> Result<T> + Send) -> Result<T> {
        let mut state = self.state.lock().await;
        state.check_alive()?;
        let outcome = match &state.writing {
            Some(writing) => work(&writing.tables),
            None => work(&self.shared.committed()),
        };
        state.answer(outcome)
    }

    async fn write<T: Send>(
        &self,
        plan: impl FnOnce(&Tables) -> Result<Plan<T>> + Send,
    ) -> Result<T> {
        let mut state = self.state.lock().await;
        state.check_alive()?;
        // Nothing is lost when the wait is in vain: the transaction has not written yet.
        if state.writing.is_none() {
            let permit = self.shared.writer().await?;
            // What is committed now, not when the transaction began: a guard of this write meets
            // the rows as the last transaction left them.
            let tables = self.shared.committed();
            state.writing = Some(Writing { permit, tables });
        }
        let Some(writing) = &mut state.writing else {
            return Err(error::aborted());
        };
        let outcome =
            plan(&writing.tables).map(|plan| Arc::make_mut(&mut writing.tables).apply(plan));
        state.answer(outcome)
    }
}

#[async_trait]
impl Transaction for Statements<Open> {
    async fn commit(self: Box<Self>) -> Result<()> {
        let state = self.0.state.into_inner();
        state.check_alive()?;
        if let Some(Writing { permit, tables }) = state.writing {
            self.0
                .shared
                .change(&permit, |committed| *committed = tables);
        }
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        // The state goes, and with it everything that was written.
        Ok(())
    }

    async fn savepoint(&self) -> Result<()> {
        let mut state = self.0.state.lock().await;
        state.check_alive()?;
        let tables = state
            .writing
            .as_ref()
            .map(|writing| Arc::clone(&writing.tables));
        state.savepoints.push(tables);
        Ok(())
    }

    async fn rollback_to_savepoint(&self) -> Result<()> {
        let mut state = self.0.state.lock().await;
        let saved = state.savepoints.pop().ok_or_else(error::no_savepoint)?;
        state.poisoned = false;
        state.writing = match (saved, state.writing.take()) {
            (Some(tables), Some(writing)) => Some(Writing { tables, ..writing }),
            // Nothing had been written, so there is nothing that others have to wait for.
            _ => None,
        };
        Ok(())
    }

    async fn release_savepoint(&self) -> Result<()> {
        let mut state = self.0.state.lock().await;
        state.check_alive()?;
        state
            .savepoints
            .pop()
            .map(drop)
            .ok_or_else(error::no_savepoint)
    }
}
