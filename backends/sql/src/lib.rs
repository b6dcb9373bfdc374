//! Renders statements of the genledger contract to SQL and runs them on a connection of a driver.
//!
//! This crate is independent of drivers. A store of a driver implements [`Connection`], [`Pool`] and
//! [`SchemaDriver`], and gets [`SqlStore`]: statements, transactions, migrations and the
//! comparison of schemas. [`delegate_store!`] implements the contract's
//! [`Store`](genledger_contract::Store) for a newtype around it.

mod cache;
mod chunk;
mod connection;
mod ddl;
mod dialect;
mod executor;
mod hints;
mod introspected;
mod keys;
mod lower;
mod migrate;
mod partition;
mod render;
mod required;
mod run;
mod schema;
mod shape;
mod store;
mod to_sql;
mod traced;
mod transaction;
mod values;
mod verify;
mod work;

pub use connection::{Connection, CopyIn, Param, Visit};
pub use ddl::{create_table_sql, live_column};
pub use dialect::{
    Dialect, Family, Limits, MYSQL, MYSQL_UNLOCKED, POSTGRES, POSTGRES_UNLOCKED, SQLITE,
};
pub use executor::{
    Context, Executor, Pool, Scope, TransactionExecutor, Work, WorkFuture, WorkOnce,
};
pub use hints::Hints;
pub use introspected::{IntrospectedColumn, IntrospectedIndex, IntrospectedTable, TypeClass};
pub use schema::SchemaDriver;
pub use store::SqlStore;
pub use to_sql::ToSql;
pub use transaction::SqlTransaction;

/// Used by [`delegate_store!`]; not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use std::sync::Arc;

    pub use async_trait::async_trait;
    pub use chrono::{DateTime, Utc};
    pub use genledger_contract::schema::{Difference, MigrationReport, Partitions};
    pub use genledger_contract::statement::ReadStatement;
    pub use genledger_contract::store::Capability;
    pub use genledger_contract::table::TableDef;
    pub use genledger_contract::{MigrationSet, Result, Session, Store, Transaction};
    pub use std::time::Duration;
}
