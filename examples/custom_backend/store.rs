//! `CustomStore`: migrations, sessions and transactions.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use genledger_contract::schema::{Difference, MigrationReport, Severity};
use genledger_contract::session::Autocommit;
use genledger_contract::store::Capability;
use genledger_contract::table::TableDef;
use genledger_contract::{MigrationSet, Result, Session, Store, Transaction};

use super::scope::{Scope, lock};
use super::table::{Table, find};

/// The store.
#[derive(Debug)]
pub(super) struct CustomStore {
    scope: Arc<Scope>,
    session: Arc<Autocommit<Scope>>,
    capability: Capability,
}

impl CustomStore {
    /// A store on the data of another one, or on new data.
    pub(super) fn open(other: Option<&Self>) -> Self {
        let data = other.map(|other| Arc::clone(&other.scope.data));
        let scope = Arc::new(Scope {
            data: data.unwrap_or_default(),
            closed: Arc::default(),
            open: Mutex::new(None),
        });
        Self {
            session: Arc::new(Autocommit::new(Arc::clone(&scope))),
            scope,
            capability: Capability::new("custom", "memory"),
        }
    }
}

#[async_trait]
impl Store for CustomStore {
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
        self.scope.check_open()?;
        let _write_lock = self.scope.lock_writes().await?;
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
        self.scope.check_open()?;
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

    #[expect(clippy::disallowed_methods, reason = "the clock of this store")]
    async fn time(&self) -> Result<DateTime<Utc>> {
        self.scope.check_open()?;
        Ok(DateTime::from(SystemTime::now()).trunc_subsecs(3))
    }

    async fn close(&self) {
        self.scope.closed.store(true, SeqCst);
        drop(self.scope.lock_writes().await);
    }
}
