//! A store that fails a given number of times, to test retries.

use std::any::Any;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use genledger_contract::backend::{Execute, OpenTransaction, Outcome};
use genledger_contract::schema::{Difference, MigrationReport, Partitions};
use genledger_contract::statement::{ReadStatement, Reply, RowVisitor, Select, Statement};
use genledger_contract::store::Capability;
use genledger_contract::table::TableDef;
use genledger_contract::{Error, ErrorKind, MigrationSet, Result, Session, Store, Transaction, Tx};

/// The point at which a transaction fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailurePoint {
    /// When it begins.
    Begin,
    /// Instead of committing; it is rolled back.
    BeforeCommit,
    /// After committing, as if the reply had been lost.
    AfterCommit,
}

/// A store whose first transactions fail.
#[derive(Debug)]
pub(crate) struct Flaky {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) point: FailurePoint,
    pub(crate) kind: ErrorKind,
    /// The number of failures that are left.
    pub(crate) failures: Arc<AtomicU32>,
    /// The number of transactions that were begun.
    pub(crate) begun: AtomicU32,
}

impl Flaky {
    pub(crate) fn new(
        inner: Arc<dyn Store>,
        point: FailurePoint,
        kind: ErrorKind,
        failures: u32,
    ) -> Self {
        Self {
            inner,
            point,
            kind,
            failures: Arc::new(AtomicU32::new(failures)),
            begun: AtomicU32::new(0),
        }
    }

    fn fails(&self, point: FailurePoint) -> bool {
        self.point == point && take(&self.failures)
    }
}

fn take(failures: &AtomicU32) -> bool {
    let one_less = |left: u32| left.checked_sub(1);
    failures
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
        .is_ok()
}

fn failure(kind: ErrorKind) -> Error {
    Error::new(kind, "made to fail")
}

#[async_trait]
impl Store for Flaky {
    fn session(&self) -> Arc<dyn Session> {
        self.inner.session()
    }

    async fn begin(&self) -> Result<Transaction> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        if self.fails(FailurePoint::Begin) {
            return Err(failure(self.kind));
        }
        Ok(Transaction::new(Box::new(FlakyTransaction {
            inner: Mutex::new(Some(self.inner.begin().await?)),
            point: self.point,
            kind: self.kind,
            failures: Arc::clone(&self.failures),
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

    async fn plan(&self, statement: ReadStatement) -> Result<String> {
        self.inner.plan(statement).await
    }

    fn partitions(&self, table: &'static TableDef) -> Result<Arc<dyn Partitions>> {
        self.inner.partitions(table)
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

/// The first transaction of a store as the backend's part of another one.
#[derive(Debug)]
struct FlakyTransaction {
    inner: Mutex<Option<Transaction>>,
    point: FailurePoint,
    kind: ErrorKind,
    failures: Arc<AtomicU32>,
}

impl FlakyTransaction {
    fn inner(&self) -> Transaction {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.take().expect("the transaction has ended")
    }

    fn handle(&self) -> Tx {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.as_ref().expect("the transaction has ended").handle()
    }
}

#[async_trait]
impl Execute for FlakyTransaction {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        let inner = self.handle();
        inner.execute((*statement).clone()).await.map(Outcome::Done)
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<Outcome<()>> {
        let inner = self.handle();
        inner.select(select, visitor).await.map(Outcome::Done)
    }
}

#[async_trait]
impl OpenTransaction for FlakyTransaction {
    async fn savepoint(&self, _: usize) -> Result<()> {
        Err(Error::unsupported("nothing is nested in these tests"))
    }

    async fn release(&self, _: usize) -> Result<()> {
        Err(Error::unsupported("nothing is nested in these tests"))
    }

    async fn rollback_to(&self, _: usize) -> Result<()> {
        Err(Error::unsupported("nothing is nested in these tests"))
    }

    async fn commit(&self) -> Result<()> {
        let inner = self.inner();
        if self.point == FailurePoint::BeforeCommit && take(&self.failures) {
            inner.rollback().await?;
            return Err(failure(self.kind));
        }
        inner.commit().await?;
        if self.point == FailurePoint::AfterCommit && take(&self.failures) {
            return Err(failure(self.kind));
        }
        Ok(())
    }

    async fn rollback(&self) -> Result<()> {
        self.inner().rollback().await
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
