//! Transactions: a state of their own from the first write to the commit.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::backend::{Events, OpenTransaction};
use genledger_contract::statement::Reply;
use genledger_contract::{Error, Result};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

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
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    writing: Option<Writing>,
    /// Why it was rolled back, if it was taken for forgotten.
    forgotten: Option<Error>,
    /// What was written at each savepoint; `None` where nothing was.
    savepoints: Vec<Option<Arc<Tables>>>,
}

#[derive(Debug)]
struct Writing {
    permit: WritePermit,
    tables: Arc<Tables>,
    since: Instant,
    /// When its last statement began, or ended.
    used: Instant,
}

impl Open {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            state: Arc::default(),
        }
    }

    /// For the next statement.
    async fn state(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.state.lock().await;
        if let Some(error) = &state.forgotten {
            return Err(error.clone());
        }
        state.use_now();
        Ok(state)
    }
}

impl State {
    /// See [`Shared::end_idle`].
    pub(crate) fn end_idle(&mut self, limit: Duration) -> Instant {
        let now = Instant::now();
        match &self.writing {
            Some(writing) if now < writing.used + limit => writing.used + limit,
            Some(_) => {
                self.writing = None;
                self.forgotten = Some(error::idle(limit));
                now + limit
            }
            None => now + limit,
        }
    }

    /// Since when it has the right to write, if it has it.
    pub(crate) fn writes_since(&self) -> Option<Instant> {
        self.writing.as_ref().map(|writing| writing.since)
    }

    fn use_now(&mut self) {
        if let Some(writing) = &mut self.writing {
            writing.used = Instant::now();
        }
    }

    /// What the database replies; an error ends the transaction.
    fn reply<T>(&mut self, outcome: Result<T>) -> Result<T> {
        self.use_now();
        // Without a savepoint nothing of it can be saved, so that other transactions need not wait for
        // its end.
        if outcome.is_err() && self.savepoints.is_empty() {
            self.writing = None;
        }
        outcome
    }
}

impl Scope for Open {
    fn events(&self) -> Events {
        self.shared.events()
    }

    async fn read<T: Send>(&self, work: impl FnOnce(&Tables) -> Result<T> + Send) -> Result<T> {
        let mut state = self.state().await?;
        let outcome = match &state.writing {
            Some(writing) => work(&writing.tables),
            None => work(&self.shared.committed()),
        };
        state.reply(outcome)
    }

    async fn write(&self, plan: impl FnOnce(&Tables) -> Result<Plan> + Send) -> Result<Reply> {
        let mut state = self.state().await?;
        if state.writing.is_none() {
            let permit = self.shared.writer().await?;
            // What is committed now, not when the transaction began: a guard of this write meets
            // the rows as the last transaction left them.
            let tables = self.shared.committed();
            let now = Instant::now();
            self.shared.hold(Arc::downgrade(&self.state));
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
            plan(&writing.tables).map(|plan| Arc::make_mut(&mut writing.tables).apply(plan));
        state.reply(outcome)
    }
}

#[async_trait]
impl OpenTransaction for Statements<Open> {
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
            // Nothing had been written, so there is nothing that other transactions have to wait for.
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
