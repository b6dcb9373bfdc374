//! A store whose transactions are intercepted: something happens before a statement, or another one is executed.

use std::any::Any;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use genledger::chrono::{DateTime, Utc};
use genledger::contract::backend::{Execute, OpenTransaction, Outcome};
use genledger::contract::schema::{Difference, MigrationReport};
use genledger::contract::statement::{Reply, RowVisitor, Select, Statement};
use genledger::contract::store::Capability;
use genledger::contract::table::TableDef;
use genledger::contract::{Error, MigrationSet, Result, Session, Store, Transaction, Tx};

/// A statement that is about to be executed, by the name of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Read(&'static str),
    Write(&'static str),
}

#[async_trait]
pub(crate) trait Intercept: Debug + Send + Sync {
    /// What happens before a statement.
    async fn before(&self, moment: Moment);

    /// What is executed instead of a statement.
    fn statement(&self, statement: Statement) -> Statement {
        statement
    }
}

/// The store. Its sessions are not intercepted.
#[derive(Debug)]
pub(crate) struct Intercepted {
    inner: Arc<dyn Store>,
    by: Arc<dyn Intercept>,
}

impl Intercepted {
    pub(crate) fn around(inner: Arc<dyn Store>, by: Arc<dyn Intercept>) -> Arc<dyn Store> {
        Arc::new(Self { inner, by })
    }
}

#[async_trait]
impl Store for Intercepted {
    fn session(&self) -> Arc<dyn Session> {
        self.inner.session()
    }

    async fn begin(&self) -> Result<Transaction> {
        Ok(Transaction::new(Box::new(InterceptedTransaction {
            inner: Mutex::new(Some(self.inner.begin().await?)),
            by: Arc::clone(&self.by),
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
struct InterceptedTransaction {
    inner: Mutex<Option<Transaction>>,
    by: Arc<dyn Intercept>,
}

impl InterceptedTransaction {
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
impl Execute for InterceptedTransaction {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        self.by.before(Moment::Write(statement.table().name)).await;
        let statement = self.by.statement((*statement).clone());
        self.handle().execute(statement).await.map(Outcome::Done)
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<Outcome<()>> {
        self.by.before(Moment::Read(select.table.name)).await;
        self.handle()
            .select(select, visitor)
            .await
            .map(Outcome::Done)
    }
}

#[async_trait]
impl OpenTransaction for InterceptedTransaction {
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
