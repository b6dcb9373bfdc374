//! Statements of the genledger contract rendered to SQL and run over a driver connection.
//!
//! This crate knows SQL and no driver. A store of a driver implements [`Connection`], [`Pool`] and
//! [`SchemaDriver`], and gets [`SqlStore`]: the seven statements, transactions, migrations and the
//! comparison of schemas.

mod cache;
mod chunk;
mod connection;
mod ddl;
mod dialect;
mod executor;
mod introspected;
mod keys;
mod lower;
mod migrate;
mod outcome;
mod render;
mod run;
mod schema;
mod session;
mod shape;
#[cfg(feature = "sqlx")]
pub mod sqlx_pool;
mod store;
mod transaction;
mod values;
mod verify;
mod work;

pub use connection::{Connection, Param, Visit};
pub use ddl::{create_table_sql, live_column};
pub use dialect::{
    Dialect, Family, Limits, MYSQL, MYSQL_UNLOCKED, POSTGRES, POSTGRES_UNLOCKED, SQLITE,
};
pub use executor::{Access, Context, Executor, Pool, Scope, TransactionExecutor, Work, WorkFuture};
pub use introspected::{IntrospectedColumn, IntrospectedIndex, IntrospectedTable, TypeClass};
pub use schema::SchemaDriver;
pub use session::SqlSession;
pub use store::SqlStore;
pub use transaction::SqlTransaction;
