//! The store.

use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::{
    Capability, Difference, MigrationReport, MigrationSet, Result, Session, Store, TableDef,
    Transaction,
};

use crate::config::MemoryConfig;
use crate::error;
use crate::scope::Autocommit;
use crate::session::Statements;
use crate::shared::Shared;
use crate::transaction::Open;
use crate::verify;

/// A store in memory. Clones share the same data; it is gone with the last of them and their
/// sessions.
///
/// A new store is empty: [`migrate`](Store::migrate) creates the tables, as in a database.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    session: Arc<Statements<Autocommit>>,
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

    /// An empty store that behaves as configured.
    #[must_use]
    pub fn with_config(config: MemoryConfig) -> Self {
        let shared = Arc::new(Shared::new(config));
        let mut capability = Capability::new("memory", "memory");
        capability.introspection = true;
        Self {
            session: Arc::new(Statements(Autocommit(Arc::clone(&shared)))),
            shared,
            capability: Arc::new(capability),
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn session(&self) -> Arc<dyn Session> {
        Arc::clone(&self.session) as Arc<dyn Session>
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>> {
        self.shared.check_open()?;
        Ok(Box::new(Statements(Open::new(Arc::clone(&self.shared)))))
    }

    fn capability(&self) -> &Capability {
        &self.capability
    }

    async fn migrate(&self, migrations: &MigrationSet) -> Result<MigrationReport> {
        self.shared.check_open()?;
        let permit = self.shared.writer().await?;
        let mut tables = self.shared.committed();
        let mut report = MigrationReport::default();
        for definition in migrations.tables {
            match tables.definition(definition.name) {
                Some(present) if present == *definition => {}
                Some(_) => return Err(error::other_description(definition)),
                None => {
                    Arc::make_mut(&mut tables).create(definition);
                    report.applied.push(definition.name.to_owned());
                }
            }
        }
        self.shared.change(&permit, |committed| *committed = tables);
        Ok(report)
    }

    async fn verify_schema(&self, tables: &[&'static TableDef]) -> Result<Vec<Difference>> {
        self.shared.check_open()?;
        let present = self.shared.committed();
        Ok(tables
            .iter()
            .flat_map(|table| verify::differences(table, present.definition(table.name)))
            .collect())
    }

    async fn close(&self) {
        self.shared.close().await;
    }
}
