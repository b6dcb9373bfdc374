//! The record of an adoption in the history of migrations.

use std::sync::Arc;

use genledger_contract::schema::Script;
use genledger_contract::{Entity, MigrationSet, Result};

use super::unit::Units;
use crate::executor::Executor;
use crate::migrate::history::{self, History, ScriptRecord, State};

/// The name of a set in the records of its adoptions.
pub(super) fn set_name(set: &MigrationSet) -> String {
    format!("{}.adopt", set.name)
}

impl<X: Executor> Units<X> {
    /// The adoption as a script without SQL.
    fn note(&self) -> Script {
        let dialect = self.task.dialect.name();
        Script::new(dialect, self.version, self.adoption.table.name, "")
    }

    /// Whether an adoption of the table is recorded as complete.
    pub(super) async fn is_noted(&self) -> Result<bool> {
        Ok(self.state().await? == State::Done)
    }

    async fn state(&self) -> Result<State> {
        let (schema, note, set) = (self.task.schema, self.note(), self.noted_set.clone());
        self.read(Box::new(move |context| {
            let set = Arc::clone(&set);
            Box::pin(async move {
                let connection = context.connection;
                let table = ScriptRecord::TABLE;
                if schema.introspect(connection, table).await?.is_none() {
                    return Ok(State::New);
                }
                History::read(connection, context.dialect)
                    .await?
                    .state(&set, &note)
            })
        }))
        .await
    }

    /// Records that the adoption has started, also if an earlier one was complete.
    pub(super) async fn note_start(&self) -> Result<()> {
        let state = self.state().await?;
        let (note, set) = (self.note(), self.noted_set.clone());
        self.write(Box::new(move |context| {
            let set = Arc::clone(&set);
            Box::pin(async move {
                let (connection, dialect) = (context.connection, context.dialect);
                match state {
                    State::New => history::start(connection, dialect, &set, &note).await,
                    State::Started { .. } => Ok(()),
                    State::Done => history::restart(connection, dialect, &set, &note).await,
                }
            })
        }))
        .await
    }

    /// Records that the adoption is complete.
    pub(super) async fn note_end(&self) -> Result<()> {
        let (note, set) = (self.note(), self.noted_set.clone());
        self.write(Box::new(move |context| {
            let set = Arc::clone(&set);
            Box::pin(async move {
                history::finish(context.connection, context.dialect, &set, &note).await
            })
        }))
        .await
    }
}
