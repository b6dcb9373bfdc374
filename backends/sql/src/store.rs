//! What all SQL stores do alike; a store of a driver is a thin newtype around it.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use genledger_contract::backend::{Backend, Execute, OpenTransaction, Outcome};
use genledger_contract::{
    Autocommit, Capability, Difference, Layout, MigrationReport, MigrationSet, Reply, Result,
    RowVisitor, Select, Session, Statement, TableDef, Transaction,
};

use crate::dialect::Dialect;
use crate::executor::Pool;
use crate::schema::SchemaDriver;
use crate::transaction::SqlTransaction;
use crate::work;

/// A pool of connections with everything that [`Store`](genledger_contract::Store) asks for.
pub struct SqlStore<P> {
    pool: Arc<P>,
    dialect: &'static Dialect,
    session: Arc<Autocommit<Connections<P>>>,
    schema: &'static dyn SchemaDriver,
    capability: Capability,
}

impl<P> Clone for SqlStore<P> {
    fn clone(&self) -> Self {
        Self {
            pool: Arc::clone(&self.pool),
            dialect: self.dialect,
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
        let dialect = pool.dialect();
        Self::over(Arc::new(pool), dialect, schema, capability)
    }

    /// The same store for tables that are as a layout says, on the same connections.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for names that cannot be;
    /// [`Schema`](genledger_contract::ErrorKind::Schema) for a column type that has no conversion;
    /// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) for a schema in SQLite.
    pub fn with_layout(self, layout: &Layout) -> Result<Self> {
        let dialect = self.pool.dialect().with_layout(layout)?;
        Ok(Self::over(self.pool, dialect, self.schema, self.capability))
    }

    fn over(
        pool: Arc<P>,
        dialect: &'static Dialect,
        schema: &'static dyn SchemaDriver,
        capability: Capability,
    ) -> Self {
        let connections = Connections {
            pool: Arc::clone(&pool),
            dialect,
        };
        Self {
            session: Arc::new(Autocommit::new(Arc::new(connections))),
            pool,
            dialect,
            schema,
            capability,
        }
    }

    /// The dialect of its statements.
    #[must_use]
    pub const fn dialect(&self) -> &'static Dialect {
        self.dialect
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
    /// As [`Store::begin`](genledger_contract::Store::begin).
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
    /// As [`Store::migrate`](genledger_contract::Store::migrate).
    pub async fn migrate(&self, sets: &[MigrationSet]) -> Result<MigrationReport> {
        crate::migrate::run(&self.pool, self.dialect, self.schema, sets).await
    }

    /// See [`Store::verify_schema`](genledger_contract::Store::verify_schema).
    ///
    /// # Errors
    /// As [`Store::verify_schema`](genledger_contract::Store::verify_schema).
    pub async fn verify_schema(&self, tables: &[&'static TableDef]) -> Result<Vec<Difference>> {
        crate::verify::run(&*self.pool, self.dialect, self.schema, tables).await
    }

    /// See [`Store::time`](genledger_contract::Store::time).
    ///
    /// # Errors
    /// As [`Store::time`](genledger_contract::Store::time).
    pub async fn time(&self) -> Result<DateTime<Utc>> {
        work::time(&*self.pool).await
    }

    /// See [`Store::close`](genledger_contract::Store::close).
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A pool as a backend of the contract.
#[derive(Debug)]
struct Connections<P> {
    pool: Arc<P>,
    dialect: &'static Dialect,
}

#[async_trait]
impl<P: Pool> Execute for Connections<P> {
    async fn execute(&self, statement: Arc<Statement>) -> Result<Outcome<Reply>> {
        work::execute(&*self.pool, self.dialect, statement).await
    }

    async fn select(&self, select: Select, visitor: RowVisitor) -> Result<Outcome<()>> {
        work::select(&*self.pool, self.dialect, select, visitor).await
    }
}

#[async_trait]
impl<P: Pool> Backend for Connections<P> {
    async fn begin(&self) -> Result<Box<dyn OpenTransaction>> {
        let executor = self.pool.begin().await?;
        Ok(Box::new(SqlTransaction::new(executor, self.dialect)))
    }
}

/// Implements [`Store`](genledger_contract::Store) for the store of a driver, a newtype around a
/// [`SqlStore`]: every method is that of the [`SqlStore`].
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
                Arc, Capability, DateTime, Utc, Difference, MigrationReport, MigrationSet, Result, Session, Store,
                TableDef, Transaction, async_trait,
            };

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

                async fn close(&self) {
                    self.0.close().await;
                }
            }
        };
    };
}

/// Clippy does not look into macros of other crates: here it sees that no method is left out.
#[cfg(test)]
mod delegated {
    #[expect(dead_code, reason = "only looked at")]
    #[derive(Debug)]
    struct Example<P>(super::SqlStore<P>);

    delegate_store! { impl<P: crate::Pool> Store for Example<P> }
}
