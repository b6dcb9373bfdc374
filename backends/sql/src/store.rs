//! The store over a pool; a store of a driver is a thin newtype around it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use genledger_contract::backend::{Backend, Events, Execute, OpenTransaction, Outcome};
use genledger_contract::schema::{Difference, Layout, MigrationReport, Partitions};
use genledger_contract::session::Autocommit;
use genledger_contract::statement::{ReadStatement, Reply, RowVisitor, Select, Statement};
use genledger_contract::store::Capability;
use genledger_contract::table::TableDef;
use genledger_contract::{MigrationSet, Result, Session, Transaction};

use crate::dialect::Dialect;
use crate::executor::Pool;
use crate::required::Required;
use crate::schema::SchemaDriver;
use crate::to_sql::ToSql;
use crate::transaction::SqlTransaction;
use crate::work::{self, StatementSettings};

/// The methods of [`Store`](genledger_contract::Store) over a pool of connections.
pub struct SqlStore<P> {
    pool: Arc<P>,
    settings: StatementSettings,
    session: Arc<Autocommit<Connections<P>>>,
    schema: &'static dyn SchemaDriver,
    capability: Capability,
}

impl<P> Clone for SqlStore<P> {
    fn clone(&self) -> Self {
        Self {
            pool: Arc::clone(&self.pool),
            settings: self.settings,
            session: Arc::clone(&self.session),
            schema: self.schema,
            capability: self.capability.clone(),
        }
    }
}

impl<P: std::fmt::Debug> std::fmt::Debug for SqlStore<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore")
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

impl<P: Pool> SqlStore<P> {
    /// A store over a pool.
    pub fn new(pool: P, schema: &'static dyn SchemaDriver, capability: Capability) -> Self {
        let settings = StatementSettings {
            dialect: pool.dialect(),
            events: Events::new(capability.dialect),
        };
        Self::over(Arc::new(pool), settings, schema, capability)
    }

    /// The same store for the tables of a layout, on the same connections.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for invalid names;
    /// [`Schema`](genledger_contract::ErrorKind::Schema) for a column type without a conversion;
    /// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) for a schema in SQLite.
    pub fn with_layout(self, layout: &Layout) -> Result<Self> {
        let settings = StatementSettings {
            dialect: self.pool.dialect().with_layout(layout)?,
            ..self.settings
        };
        Ok(Self::over(
            self.pool,
            settings,
            self.schema,
            self.capability,
        ))
    }

    /// The same store, on the same connections, with another duration from which a statement is
    /// reported as slow; `None` for never.
    #[must_use]
    pub fn with_slow_statements(self, slow: Option<Duration>) -> Self {
        let settings = StatementSettings {
            events: self.settings.events.with_slow(slow),
            ..self.settings
        };
        Self::over(self.pool, settings, self.schema, self.capability)
    }

    fn over(
        pool: Arc<P>,
        settings: StatementSettings,
        schema: &'static dyn SchemaDriver,
        capability: Capability,
    ) -> Self {
        let connections = Connections {
            pool: Arc::clone(&pool),
            settings,
            schema,
            required: Required::default(),
        };
        Self {
            session: Arc::new(Autocommit::new(Arc::new(connections))),
            pool,
            settings,
            schema,
            capability,
        }
    }

    /// The dialect of its statements.
    #[must_use]
    pub const fn dialect(&self) -> &'static Dialect {
        self.settings.dialect
    }

    /// The events of its statements.
    #[must_use]
    pub const fn events(&self) -> Events {
        self.settings.events
    }

    /// Returns the SQL that this store sends for a query or a statement, with placeholders and without values.
    ///
    /// # Errors
    /// The errors of [`ToSql::to_sql`].
    pub fn to_sql(&self, statement: &impl ToSql) -> Result<String> {
        statement.to_sql(self.settings.dialect)
    }

    /// The pool.
    #[must_use]
    pub fn pool(&self) -> &Arc<P> {
        &self.pool
    }

    /// See [`Store::session`](genledger_contract::Store::session).
    #[must_use]
    pub fn session(&self) -> Arc<dyn Session> {
        Arc::clone(&self.session) as Arc<dyn Session>
    }

    /// See [`Store::begin`](genledger_contract::Store::begin).
    ///
    /// # Errors
    /// The errors of [`Store::begin`](genledger_contract::Store::begin).
    pub async fn begin(&self) -> Result<Transaction> {
        self.session.begin().await
    }

    /// See [`Store::capability`](genledger_contract::Store::capability).
    #[must_use]
    pub const fn capability(&self) -> &Capability {
        &self.capability
    }

    /// See [`Store::migrate`](genledger_contract::Store::migrate).
    ///
    /// # Errors
    /// The errors of [`Store::migrate`](genledger_contract::Store::migrate).
    pub async fn migrate(&self, sets: &[MigrationSet]) -> Result<MigrationReport> {
        crate::migrate::run(&self.pool, self.settings, self.schema, sets).await
    }

    /// See [`Store::verify_schema`](genledger_contract::Store::verify_schema).
    ///
    /// # Errors
    /// The errors of [`Store::verify_schema`](genledger_contract::Store::verify_schema).
    pub async fn verify_schema(&self, tables: &[&'static TableDef]) -> Result<Vec<Difference>> {
        crate::verify::run(&*self.pool, self.settings, self.schema, tables).await
    }

    /// See [`Store::time`](genledger_contract::Store::time).
    ///
    /// # Errors
    /// The errors of [`Store::time`](genledger_contract::Store::time).
    pub async fn time(&self) -> Result<DateTime<Utc>> {
        work::time(&*self.pool, self.settings.events).await
    }

    /// See [`Store::plan`](genledger_contract::Store::plan).
    ///
    /// # Errors
    /// The errors of [`Store::plan`](genledger_contract::Store::plan).
    pub async fn plan(&self, statement: ReadStatement) -> Result<String> {
        statement.validate()?;
        let plan = work::plan(&*self.pool, self.settings, statement).await?;
        plan.into_result()
    }

    /// See [`Store::partitions`](genledger_contract::Store::partitions).
    ///
    /// # Errors
    /// The errors of [`Store::partitions`](genledger_contract::Store::partitions).
    pub fn partitions(&self, table: &'static TableDef) -> Result<Arc<dyn Partitions>> {
        crate::partition::of(&self.pool, self.settings, table)
    }

    /// See [`Store::close`](genledger_contract::Store::close).
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A pool as a backend of the contract.
struct Connections<P> {
    pool: Arc<P>,
    settings: StatementSettings,
    schema: &'static dyn SchemaDriver,
    required: Required,
}

impl<P: std::fmt::Debug> std::fmt::Debug for Connections<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections")
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl<P: Pool> Execute for Connections<P> {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        work::execute(&*self.pool, self.settings, statement).await
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<Outcome<()>> {
        if let Some(column) = select.missing_column() {
            let item = (select.table, column);
            let required = &self.required;
            if required
                .is_enforced(&*self.pool, self.settings, self.schema, item)
                .await
            {
                return Ok(Outcome::Done(()));
            }
        }
        work::select(&*self.pool, self.settings, select, visitor).await
    }
}

#[async_trait]
impl<P: Pool> Backend for Connections<P> {
    async fn begin(&self) -> Result<Box<dyn OpenTransaction>> {
        let StatementSettings { dialect, events } = self.settings;
        let begin = self.pool.begin();
        let executor = events.during("begin", None, begin, |_| None).await?;
        Ok(Box::new(SqlTransaction::new(executor, dialect, events)))
    }
}

/// Implements [`Store`](genledger_contract::Store) for the store of a driver, a newtype around a
/// [`SqlStore`], and the methods `to_sql` and `with_slow_statements`: every method delegates to the
/// [`SqlStore`].
///
/// ```ignore
/// pub struct ExampleStore(SqlStore<ExamplePool>);
///
/// genledger_sql::delegate_store! { impl Store for ExampleStore }
/// ```
#[macro_export]
macro_rules! delegate_store {
    (impl $(<$pool:ident: $bound:path>)? Store for $store:ty) => {
        const _: () = {
            use $crate::__private::{
                Arc, Capability, DateTime, Utc, Difference, Duration, MigrationReport, MigrationSet,
                Partitions, ReadStatement, Result, Session, Store, TableDef, Transaction,
                async_trait,
            };

            impl$(<$pool: $bound>)? $store {
                /// Returns the SQL that this store sends for a query or a statement, with placeholders
                /// and without values; see [`ToSql`]($crate::ToSql).
                ///
                /// # Errors
                /// The errors of [`ToSql::to_sql`]($crate::ToSql::to_sql).
                pub fn to_sql(&self, statement: &impl $crate::ToSql) -> Result<String> {
                    self.0.to_sql(statement)
                }

                /// The same store, on the same connections, with another duration from which the event
                /// of a statement is a warning; `None` for never.
                #[must_use]
                pub fn with_slow_statements(self, slow: Option<Duration>) -> Self {
                    Self(self.0.with_slow_statements(slow))
                }
            }

            #[async_trait]
            #[deny(clippy::missing_trait_methods)]
            impl$(<$pool: $bound>)? Store for $store {
                fn session(&self) -> Arc<dyn Session> {
                    self.0.session()
                }

                async fn begin(&self) -> Result<Transaction> {
                    self.0.begin().await
                }

                fn capability(&self) -> &Capability {
                    self.0.capability()
                }

                async fn migrate(&self, sets: &[MigrationSet]) -> Result<MigrationReport> {
                    self.0.migrate(sets).await
                }

                async fn verify_schema(
                    &self,
                    tables: &[&'static TableDef],
                ) -> Result<Vec<Difference>> {
                    self.0.verify_schema(tables).await
                }

                async fn time(&self) -> Result<DateTime<Utc>> {
                    self.0.time().await
                }

                async fn plan(&self, statement: ReadStatement) -> Result<String> {
                    self.0.plan(statement).await
                }

                fn partitions(
                    &self,
                    table: &'static TableDef,
                ) -> Result<Arc<dyn Partitions>> {
                    self.0.partitions(table)
                }

                async fn close(&self) {
                    self.0.close().await;
                }
            }
        };
    };
}

/// Clippy does not check macros of other crates; here it checks that no method is missing.
#[cfg(test)]
#[expect(dead_code, unreachable_pub, reason = "only checked")]
mod delegated {
    #[derive(Debug)]
    struct Example<P>(super::SqlStore<P>);

    delegate_store! { impl<P: crate::Pool> Store for Example<P> }
}
