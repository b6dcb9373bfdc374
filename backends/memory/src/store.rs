//! The store, and its implementation of the contract.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use genledger_contract::backend::{Backend, OpenTransaction};
use genledger_contract::schema::{Difference, MigrationReport};
use genledger_contract::session::Autocommit;
use genledger_contract::store::Capability;
use genledger_contract::table::{ColumnType, TableDef};
use genledger_contract::{MigrationSet, Result, Session, Store, Transaction};

use crate::config::{DIALECT, MemoryConfig};
use crate::error;
use crate::scope::{ClosedFlag, StatementScope};
use crate::session::Statements;
use crate::shared::Shared;
use crate::transaction::TransactionScope;
use crate::verify;

/// A store in memory. A clone is the same store; the data is dropped with the last store, session or
/// transaction on it.
///
/// A new store is empty: [`migrate`](Store::migrate) creates the tables, as in a database.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    closed: Arc<ClosedFlag>,
    session: Arc<Autocommit<Statements<StatementScope>>>,
    capability: Arc<Capability>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_config(MemoryConfig::default())
    }

    /// An empty store with this configuration.
    #[must_use]
    pub fn with_config(config: MemoryConfig) -> Self {
        Self::on(Arc::new(Shared::new(config)))
    }

    /// Another store on the same data, as in another process: closing one of them does not close the other.
    ///
    /// ```
    /// # use genledger_contract::{MigrationSet, Result, Store};
    /// # use genledger_memory::MemoryStore;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let first = MemoryStore::new();
    /// let second = first.reopen();
    /// first.close().await;
    /// assert!(first.begin().await.is_err());
    /// assert!(second.begin().await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn reopen(&self) -> Self {
        Self::on(Arc::clone(&self.shared))
    }

    fn on(shared: Arc<Shared>) -> Self {
        let closed = Arc::new(ClosedFlag::default());
        let mut capability = Capability::new("memory", DIALECT);
        capability.introspection = true;
        Self {
            session: Arc::new(Autocommit::new(Arc::new(Statements(StatementScope {
                shared: Arc::clone(&shared),
                closed: Arc::clone(&closed),
            })))),
            shared,
            closed,
            capability: Arc::new(capability),
        }
    }
}

#[async_trait]
impl Backend for Statements<StatementScope> {
    async fn begin(&self) -> Result<Box<dyn OpenTransaction>> {
        self.0.closed.check_open()?;
        let shared = Arc::clone(&self.0.shared);
        Ok(Box::new(Statements(TransactionScope::new(shared))))
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn session(&self) -> Arc<dyn Session> {
        Arc::clone(&self.session) as Arc<dyn Session>
    }

    async fn begin(&self) -> Result<Transaction> {
        self.session.begin().await
    }

    fn capability(&self) -> &Capability {
        &self.capability
    }

    async fn migrate(&self, sets: &[MigrationSet]) -> Result<MigrationReport> {
        MigrationSet::check_all(sets)?;
        self.closed.check_open()?;
        let permit = self.shared.writer().await?;
        let mut tables = self.shared.committed();
        let mut report = MigrationReport::default();
        for (set, definition) in sets.iter().flat_map(MigrationSet::tables) {
            match tables.definition(definition.name) {
                None => {
                    Arc::make_mut(&mut tables).create(definition);
                    report.applied.push(format!("{set}/{}", definition.name));
                }
                present if !verify::breaks(definition, present) => {}
                Some(_) => return Err(error::other_description(definition)),
            }
        }
        self.shared.change(&permit, |committed| *committed = tables);
        Ok(report)
    }

    async fn verify_schema(&self, tables: &[&'static TableDef]) -> Result<Vec<Difference>> {
        self.closed.check_open()?;
        let present = self.shared.committed();
        Ok(tables
            .iter()
            .flat_map(|table| verify::differences(table, present.definition(table.name)))
            .collect())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the clock of this store is that of its process"
    )]
    async fn time(&self) -> Result<DateTime<Utc>> {
        self.closed.check_open()?;
        Ok(ColumnType::UnixMillis.truncate(Utc::now()))
    }

    async fn close(&self) {
        self.closed.close();
        // Waits for writes that began before. A transaction that stays open beyond the timeout is not waited
        // for; it can still commit.
        drop(self.shared.writer().await);
    }
}
