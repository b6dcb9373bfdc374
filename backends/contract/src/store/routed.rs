//! One store made of several: each table is in one of them.

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::backend::{Execute, OpenTransaction, Outcome};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::difference::Difference;
use crate::schema::migration::{MigrationReport, MigrationSet};
use crate::schema::partition::Partitions;
use crate::session::transaction::{Session, Transaction};
use crate::statement::Statement;
use crate::statement::read::ReadStatement;
use crate::statement::reply::Reply;
use crate::statement::select::{RowVisitor, Select};
use crate::store::base::Store;
use crate::store::capability::Capability;
use crate::table::definition::TableDef;

/// A store that consists of a main store and further stores, each of which has some tables, for example the
/// logs in a separate database. All other tables are in the main store.
///
/// A transaction runs on the database of its first statement. A statement for a table of another database
/// fails with [`Unsupported`](crate::ErrorKind::Unsupported), and the transaction continues: two databases do
/// not commit together. So tables that are written together, such as logs and their
/// roll-ups, need the same store, and so do all tables of a migration set: otherwise
/// [`migrate`](Store::migrate) returns [`Invalid`](crate::ErrorKind::Invalid). It migrates one store after
/// the other, the main store first.
///
/// [`capability`](Store::capability) has the name of the main store and the abilities that all stores share;
/// [`time`](Store::time) is that of the main store.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use genledger_contract::{Entity, Result, SessionExt, Store};
/// use genledger_contract::store::RoutedStore;
/// # /// A log.
/// # #[derive(Clone, Debug, Entity)]
/// # #[entity(crate = genledger_contract, table = "logs", key(id))]
/// # struct Log {
/// #     /// Its number.
/// #     id: i64,
/// # }
///
/// # async fn example(main: Arc<dyn Store>, logs: Arc<dyn Store>) -> Result<()> {
/// let store = RoutedStore::new(main).route(&[Log::TABLE], logs);
/// store.session().insert(&Log { id: 1 }).await
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RoutedStore {
    stores: Arc<Stores>,
    capability: Capability,
}

#[derive(Clone, Debug)]
struct Stores {
    main: Arc<dyn Store>,
    routes: Vec<Route>,
    /// A transaction that has executed nothing has no connection that would report it.
    closed: Arc<AtomicBool>,
}

#[derive(Clone, Debug)]
struct Route {
    tables: &'static [&'static TableDef],
    store: Arc<dyn Store>,
}

impl Stores {
    /// The number of the store that has a table; 0 is the main store.
    fn number(&self, table: &TableDef) -> usize {
        let has = |route: &Route| route.tables.iter().any(|one| one.name == table.name);
        self.routes
            .iter()
            .position(has)
            .map_or(0, |route| route + 1)
    }

    fn get(&self, number: usize) -> &Arc<dyn Store> {
        let route = number
            .checked_sub(1)
            .and_then(|route| self.routes.get(route));
        route.map_or(&self.main, |route| &route.store)
    }

    fn all(&self) -> impl Iterator<Item = &Arc<dyn Store>> {
        (0..=self.routes.len()).map(|number| self.get(number))
    }

    fn begin(self: &Arc<Self>) -> Result<Transaction> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "the store is closed"));
        }
        Ok(Transaction::new(Box::new(RoutedTransaction {
            stores: Arc::clone(self),
            open: OnceLock::new(),
            savepoints: AtomicUsize::new(0),
        })))
    }

    fn session(&self, table: &TableDef) -> Arc<dyn Session> {
        self.get(self.number(table)).session()
    }

    /// The number of the store that has all tables of a set.
    fn number_of_set(&self, set: &MigrationSet) -> Result<usize> {
        let mut numbers = set.tables.iter().map(|table| self.number(table));
        let first = numbers.next().unwrap_or(0);
        if numbers.all(|number| number == first) {
            return Ok(first);
        }
        Err(Error::invalid(format!(
            "the tables of the migration set {} are not all in the same database",
            set.name
        )))
    }
}

impl RoutedStore {
    /// A store that has all tables in `main`.
    #[must_use]
    pub fn new(main: Arc<dyn Store>) -> Self {
        let capability = main.capability().clone();
        let stores = Stores {
            main,
            routes: Vec::new(),
            closed: Arc::default(),
        };
        Self {
            stores: Arc::new(stores),
            capability,
        }
    }

    /// The same with these tables in `store`. A table that has a route already keeps it.
    #[must_use]
    pub fn route(mut self, tables: &'static [&'static TableDef], store: Arc<dyn Store>) -> Self {
        let (all, one) = (&mut self.capability, store.capability());
        all.durable &= one.durable;
        all.concurrent_writers &= one.concurrent_writers;
        all.skip_locked &= one.skip_locked;
        all.introspection &= one.introspection;
        all.partitions &= one.partitions;
        all.max_value_bytes = all.max_value_bytes.min(one.max_value_bytes);
        Arc::make_mut(&mut self.stores)
            .routes
            .push(Route { tables, store });
        self
    }
}

#[async_trait]
impl Store for RoutedStore {
    fn session(&self) -> Arc<dyn Session> {
        Arc::new(RoutedSession(Arc::clone(&self.stores)))
    }

    async fn begin(&self) -> Result<Transaction> {
        self.stores.begin()
    }

    fn capability(&self) -> &Capability {
        &self.capability
    }

    async fn migrate(&self, sets: &[MigrationSet]) -> Result<MigrationReport> {
        MigrationSet::check_all(sets)?;
        let mut report = MigrationReport::default();
        let mut parts = vec![Vec::new(); self.stores.routes.len() + 1];
        for set in sets {
            parts[self.stores.number_of_set(set)?].push(*set);
        }
        for (store, sets) in self.stores.all().zip(parts) {
            if !sets.is_empty() {
                report.extend(store.migrate(&sets).await?);
            }
        }
        Ok(report)
    }

    async fn verify_schema(&self, tables: &[&'static TableDef]) -> Result<Vec<Difference>> {
        let mut differences = Vec::new();
        for (number, store) in self.stores.all().enumerate() {
            let tables = tables.iter().copied();
            let tables: Vec<_> = tables
                .filter(|table| self.stores.number(table) == number)
                .collect();
            if !tables.is_empty() {
                differences.extend(store.verify_schema(&tables).await?);
            }
        }
        Ok(differences)
    }

    async fn time(&self) -> Result<DateTime<Utc>> {
        self.stores.main.time().await
    }

    async fn plan(&self, statement: ReadStatement) -> Result<String> {
        let number = self.stores.number(statement.table());
        self.stores.get(number).plan(statement).await
    }

    fn partitions(&self, table: &'static TableDef) -> Result<Arc<dyn Partitions>> {
        self.stores.get(self.stores.number(table)).partitions(table)
    }

    async fn close(&self) {
        self.stores.closed.store(true, Ordering::SeqCst);
        for store in self.stores.all() {
            store.close().await;
        }
    }
}

/// Executes each statement on the store that has its table.
#[derive(Debug)]
struct RoutedSession(Arc<Stores>);

#[async_trait]
impl Session for RoutedSession {
    async fn execute(&self, statement: Statement) -> Result<Reply> {
        self.0.session(statement.table()).execute(statement).await
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<()> {
        self.0.session(select.table).select(select, visitor).await
    }

    async fn begin(&self) -> Result<Transaction> {
        self.0.begin()
    }
}

/// A transaction on the store of its first statement.
#[derive(Debug)]
struct RoutedTransaction {
    stores: Arc<Stores>,
    /// The number of the store, and its transaction.
    open: OnceLock<(usize, Arc<dyn OpenTransaction>)>,
    /// The savepoints that were set before there was a transaction.
    savepoints: AtomicUsize,
}

impl RoutedTransaction {
    /// The transaction, if it runs on the store that has this table.
    async fn transaction_for(
        &self,
        table: &'static TableDef,
    ) -> Result<Outcome<&dyn OpenTransaction>> {
        let number = self.stores.number(table);
        let (chosen, open) = if let Some(open) = self.open.get() {
            open
        } else {
            let open = self.stores.get(number).begin().await?.into_open()?;
            for depth in 1..=self.savepoints.load(Ordering::Relaxed) {
                open.savepoint(depth).await?;
            }
            self.open.get_or_init(|| (number, open))
        };
        if *chosen == number {
            return Ok(Outcome::Done(&**open));
        }
        let error = Error::unsupported(
            "the table is in another database than the tables that the transaction began with: \
             two databases do not commit together",
        );
        Ok(Outcome::Refused(error.with_table(table.name)))
    }

    fn opened(&self) -> Option<&dyn OpenTransaction> {
        self.open.get().map(|(_, open)| &**open)
    }
}

#[async_trait]
impl Execute for RoutedTransaction {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        match self.transaction_for(statement.table()).await? {
            Outcome::Done(open) => open.execute(statement).await,
            Outcome::Refused(error) => Ok(Outcome::Refused(error)),
        }
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<Outcome<()>> {
        match self.transaction_for(select.table).await? {
            Outcome::Done(open) => open.select(select, visitor).await,
            Outcome::Refused(error) => Ok(Outcome::Refused(error)),
        }
    }
}

#[async_trait]
impl OpenTransaction for RoutedTransaction {
    async fn savepoint(&self, depth: usize) -> Result<()> {
        if let Some(open) = self.opened() {
            return open.savepoint(depth).await;
        }
        self.savepoints.store(depth, Ordering::Relaxed);
        Ok(())
    }

    async fn release(&self, depth: usize) -> Result<()> {
        match self.opened() {
            Some(open) => open.release(depth).await,
            None => self.savepoint(depth - 1).await,
        }
    }

    async fn rollback_to(&self, depth: usize) -> Result<()> {
        match self.opened() {
            Some(open) => open.rollback_to(depth).await,
            None => self.savepoint(depth - 1).await,
        }
    }

    async fn commit(&self) -> Result<()> {
        match self.opened() {
            Some(open) => open.commit().await,
            None => Ok(()),
        }
    }

    async fn rollback(&self) -> Result<()> {
        match self.opened() {
            Some(open) => open.rollback().await,
            None => Ok(()),
        }
    }

    fn as_any(&self) -> &dyn Any {
        // The database's transaction, for SQL of the application, once it has begun.
        match self.opened() {
            Some(open) => open.as_any(),
            None => self,
        }
    }
}
