//! A store that fails as often as it is told to, to see what is tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use genledger_contract::{
    Aggregate, Capability, Claim, Delete, Difference, Error, ErrorKind, Insert, MigrationReport,
    MigrationSet, Result, RowOutcome, RowVisitor, Select, Session, Store, TableDef, Transaction,
    Update, Upsert, Value,
};

/// Where a transaction fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where it begins.
    Begin,
    /// Instead of committing, which undoes it.
    BeforeCommit,
    /// After committing, as if the answer had been lost.
    AfterCommit,
}

/// A store whose first transactions fail.
#[derive(Debug)]
pub(crate) struct Flaky {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) place: Place,
    pub(crate) kind: ErrorKind,
    /// How many more fail.
    pub(crate) failures: Arc<AtomicU32>,
    /// How many were begun.
    pub(crate) begun: AtomicU32,
}

impl Flaky {
    pub(crate) fn new(inner: Arc<dyn Store>, place: Place, kind: ErrorKind, failures: u32) -> Self {
        Self {
            inner,
            place,
            kind,
            failures: Arc::new(AtomicU32::new(failures)),
            begun: AtomicU32::new(0),
        }
    }

    fn fails(&self, place: Place) -> bool {
        self.place == place && take(&self.failures)
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

    async fn begin(&self) -> Result<Box<dyn Transaction>> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        if self.fails(Place::Begin) {
            return Err(failure(self.kind));
        }
        Ok(Box::new(FlakyTransaction {
            inner: self.inner.begin().await?,
            place: self.place,
            kind: self.kind,
            failures: Arc::clone(&self.failures),
        }))
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

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[derive(Debug)]
struct FlakyTransaction {
    inner: Box<dyn Transaction>,
    place: Place,
    kind: ErrorKind,
    failures: Arc<AtomicU32>,
}

#[async_trait]
impl Transaction for FlakyTransaction {
    async fn commit(self: Box<Self>) -> Result<()> {
        if self.place == Place::BeforeCommit && take(&self.failures) {
            self.inner.rollback().await?;
            return Err(failure(self.kind));
        }
        self.inner.commit().await?;
        if self.place == Place::AfterCommit && take(&self.failures) {
            return Err(failure(self.kind));
        }
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        self.inner.rollback().await
    }

    async fn savepoint(&self) -> Result<()> {
        self.inner.savepoint().await
    }

    async fn rollback_to_savepoint(&self) -> Result<()> {
        self.inner.rollback_to_savepoint().await
    }

    async fn release_savepoint(&self) -> Result<()> {
        self.inner.release_savepoint().await
    }
}

#[async_trait]
impl Session for FlakyTransaction {
    async fn execute_insert(&self, insert: Insert) -> Result<Vec<RowOutcome>> {
        self.inner.execute_insert(insert).await
    }

    async fn execute_upsert(&self, upsert: Upsert) -> Result<()> {
        self.inner.execute_upsert(upsert).await
    }

    async fn execute_update(&self, update: Update) -> Result<u64> {
        self.inner.execute_update(update).await
    }

    async fn execute_delete(&self, delete: Delete) -> Result<u64> {
        self.inner.execute_delete(delete).await
    }

    async fn execute_select(&self, select: Select, visitor: RowVisitor) -> Result<()> {
        self.inner.execute_select(select, visitor).await
    }

    async fn execute_aggregate(&self, aggregate: Aggregate) -> Result<Vec<Vec<Value>>> {
        self.inner.execute_aggregate(aggregate).await
    }

    async fn execute_claim(&self, claim: Claim, visitor: RowVisitor) -> Result<u64> {
        self.inner.execute_claim(claim, visitor).await
    }
}
