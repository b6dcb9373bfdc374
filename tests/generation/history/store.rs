//! A store between whose statements other calls run, and that may have a fault: it leaves conditions out of updates.

use std::any::Any;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use genledger::chrono::{DateTime, Utc};
use genledger::contract::backend::{Execute, OpenTransaction, Outcome};
use genledger::contract::schema::{Difference, MigrationReport};
use genledger::contract::statement::{
    Predicate, Reply, RowVisitor, Select, Statement, Update, UpdateEach,
};
use genledger::contract::store::Capability;
use genledger::contract::table::TableDef;
use genledger::contract::{Entity, Error, MigrationSet, Result, Session, Store, Transaction, Tx};
use genledger::generation::{GenerationAttempt, ImageTask, ProviderAccount, SplitMix64};

/// The conditions that are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// All of tasks and attempts: what was read is written, whatever has happened since.
    Guards,
    /// The fencing numbers of attempts, and the ends of leases, which are different ones with each number.
    Fencing,
    /// The versions of tasks.
    Versions,
    /// The limits of accounts.
    Limits,
}

impl Fault {
    /// Whether an update of a table keeps a condition that is not its key.
    fn keeps(self, table: &TableDef, condition: &Predicate) -> bool {
        let is_on = |entity: &TableDef| table.name == entity.name;
        let compares = |name| match condition {
            Predicate::Compare { column, .. } => table.position(name) == Some(*column),
            _ => false,
        };
        match self {
            Self::Guards => !is_on(ImageTask::TABLE) && !is_on(GenerationAttempt::TABLE),
            Self::Fencing => {
                let is_fence = compares("seq") || compares("expires_at");
                !is_on(GenerationAttempt::TABLE) || !is_fence
            }
            Self::Versions => !is_on(ImageTask::TABLE) || !compares("version"),
            Self::Limits => {
                let is_limit = matches!(condition, Predicate::CompareColumns { .. });
                !is_on(ProviderAccount::TABLE) || !is_limit
            }
        }
    }

    fn guard(self, table: &TableDef, guard: Predicate) -> Predicate {
        let parts = match guard {
            Predicate::And(parts) => parts,
            one => vec![one],
        };
        let kept = parts.into_iter().filter(|part| self.keeps(table, part));
        kept.fold(Predicate::True, Predicate::and)
    }

    fn update(self, update: Update) -> Update {
        let Some(key) = update.key() else {
            return update;
        };
        let filter = key.and(self.guard(update.table, update.filter));
        Update { filter, ..update }
    }

    fn update_each(self, mut each: UpdateEach) -> UpdateEach {
        for update in &mut each.updates {
            let guard = std::mem::replace(&mut update.guard, Predicate::True);
            update.guard = self.guard(each.table, guard);
        }
        each
    }

    fn statement(self, statement: Statement) -> Statement {
        match statement {
            Statement::Update(update) => Statement::Update(self.update(update)),
            Statement::UpdateEach(each) => Statement::UpdateEach(self.update_each(each)),
            other => other,
        }
    }
}

/// A store whose transactions let other calls run before each statement, for a number of turns that is drawn.
#[derive(Debug)]
pub(super) struct Interleaved {
    inner: Arc<dyn Store>,
    turns: Turns,
    fault: Option<Fault>,
}

#[derive(Clone, Debug)]
struct Turns(Arc<Mutex<SplitMix64>>);

impl Turns {
    async fn pass(&self) {
        let drawn = self.0.lock().unwrap().next_u64();
        let turns = if drawn.is_multiple_of(8) { 40 } else { 4 };
        for _ in 0..(drawn >> 8) % turns {
            tokio::task::yield_now().await;
        }
    }
}

impl Interleaved {
    pub(super) fn new(inner: Arc<dyn Store>, seed: u64, fault: Option<Fault>) -> Self {
        let turns = Turns(Arc::new(Mutex::new(SplitMix64::new(seed))));
        Self {
            inner,
            turns,
            fault,
        }
    }
}

#[async_trait]
impl Store for Interleaved {
    fn session(&self) -> Arc<dyn Session> {
        self.inner.session()
    }

    async fn begin(&self) -> Result<Transaction> {
        Ok(Transaction::new(Box::new(InterleavedTransaction {
            inner: Mutex::new(Some(self.inner.begin().await?)),
            turns: self.turns.clone(),
            fault: self.fault,
        })))
    }

    fn capability(&self) -> &Capability {
        self.inner.capability()
    }

    async fn migrate(&self, sets: &[MigrationSet]) -> Result<MigrationReport> {
        self.inner.migrate(sets).await
    }

    async fn verify_schema(&self, tables: &[&'static TableDef]) -> Result<Vec<Difference>> {
        self.inner.verify_schema(tables).await
    }

    async fn time(&self) -> Result<DateTime<Utc>> {
        self.inner.time().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[derive(Debug)]
struct InterleavedTransaction {
    inner: Mutex<Option<Transaction>>,
    turns: Turns,
    fault: Option<Fault>,
}

impl InterleavedTransaction {
    fn inner(&self) -> Transaction {
        self.inner.lock().unwrap().take().unwrap()
    }

    fn handle(&self) -> Tx {
        self.inner.lock().unwrap().as_ref().unwrap().handle()
    }
}

fn not_nested() -> Error {
    Error::unsupported("nothing is nested in these tests")
}

#[async_trait]
impl Execute for InterleavedTransaction {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        self.turns.pass().await;
        let statement = (*statement).clone();
        let statement = match self.fault {
            Some(fault) => fault.statement(statement),
            None => statement,
        };
        self.handle().execute(statement).await.map(Outcome::Done)
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<Outcome<()>> {
        self.turns.pass().await;
        self.handle()
            .select(select, visitor)
            .await
            .map(Outcome::Done)
    }
}

#[async_trait]
impl OpenTransaction for InterleavedTransaction {
    async fn savepoint(&self, _: usize) -> Result<()> {
        Err(not_nested())
    }

    async fn release(&self, _: usize) -> Result<()> {
        Err(not_nested())
    }

    async fn rollback_to(&self, _: usize) -> Result<()> {
        Err(not_nested())
    }

    async fn commit(&self) -> Result<()> {
        self.inner().commit().await
    }

    async fn rollback(&self) -> Result<()> {
        self.inner().rollback().await
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
