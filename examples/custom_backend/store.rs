//! The store.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use genledger_contract::{
    Capability, Difference, MigrationReport, MigrationSet, Result, Session, Severity, Store,
    TableDef, Transaction,
};

use super::scope::{Open, Scope, lock};
use super::table::{Table, find};

/// The store.
#[derive(Debug)]
pub(super) struct CustomStore {
    scope: Arc<Scope>,
    capability: Capability,
}

impl CustomStore {
    /// A store on the same data as another one, or on none yet.
    pub(super) fn open(other: Option<&Self>) -> Self {
        let data = other.map(|other| Arc::clone(&other.scope.data));
        Self {
            scope: Arc::new(Scope {
                data: data.unwrap_or_default(),
                closed: Arc::default(),
                open: None,
            }),
            capability: Capability::new("custom", "memory"),
        }
    }
}

#[async_trait]
impl Store for CustomStore {
    fn session(&self) -> Arc<dyn Session> {
        Arc::clone(&self.scope) as Arc<dyn Session>
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>> {
        self.scope.check()?;
        let turn = self.scope.turn().await?;
        let open = Open {
            tables: lock(&self.scope.data.committed).clone(),
            savepoints: Vec::new(),
            poisoned: false,
            _turn: turn,
        };
        Ok(Box::new(Scope {
            data: Arc::clone(&self.scope.data),
            closed: Arc::clone(&self.scope.closed),
            open: Some(Mutex::new(open)),
        }))
    }

    fn capability(&self) -> &Capability {
        &self.capability
    }

    async fn migrate(&self, sets: &[MigrationSet]) -> Result<MigrationReport> {
        MigrationSet::check_all(sets)?;
        self.scope.check()?;
        let _turn = self.scope.turn().await?;
        let mut tables = lock(&self.scope.data.committed);
        let mut report = MigrationReport::default();
        for (set, definition) in sets.iter().flat_map(MigrationSet::tables) {
            tables.entry(definition.name).or_insert_with(|| {
                report.applied.push(format!("{set}/{}", definition.name));
                let rows = BTreeMap::new();
                Arc::new(Table { definition, rows })
            });
        }
        Ok(report)
    }

    async fn verify_schema(&self, tables: &[&'static TableDef]) -> Result<Vec<Difference>> {
        self.scope.check()?;
        let present = lock(&self.scope.data.committed);
        let missing = tables
            .iter()
            .filter_map(|table| find(&present, table).err());
        let differences = missing.map(|error| Difference {
            table: error.table().unwrap_or_default().to_owned(),
            item: error.column().unwrap_or_default().to_owned(),
            severity: Severity::Breaks,
            expected: "to exist".to_owned(),
            found: error.message().to_owned(),
        });
        Ok(differences.collect())
    }

    async fn close(&self) {
        self.scope.closed.store(true, SeqCst);
        drop(self.scope.turn().await);
    }
}
