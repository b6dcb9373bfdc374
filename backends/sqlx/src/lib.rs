//! Pools of sqlx connections: the common part of the backends on sqlx.
//!
//! A backend implements [`Driver`] (binding, decoding, classification of errors) and uses [`SqlxPool`],
//! an executor that only reuses idle connections:
//!
//! - Work acquires a connection, which is closed unless the work completed, so that a future which is
//!   dropped at any await leaves a healthy pool (launchbadge/sqlx#563), even during BEGIN
//!   (launchbadge/sqlx#4385).
//! - A cancelled statement is also cancelled in the server, and its permit of the pool is released once
//!   the server has ended its session.
//! - A transaction that is dropped without an end is rolled back in the background, or its connection is
//!   closed if that is not possible.
//! - A connection that may be stale is tested before a write outside of a transaction, so that the
//!   outcome of such writes is known after a restart of the server. Reads and BEGIN are retried on
//!   another connection instead, and need no test.
//! - A connection on which the application ran SQL is not reused.

mod acquire;
mod borrowed;
mod cancel;
mod catalog;
mod config;
mod connection;
mod driver;
mod error;
mod pool;
mod pool_inner;
mod pooled;
mod row;
mod statement;
mod transaction;
mod url;

pub use borrowed::in_transaction;
pub use catalog::{CatalogQuery, CatalogRow};
pub use config::{PoolConfig, TRANSACTION_IDLE_TIMEOUT};
pub use driver::{
    Arguments, Driver, DriverConnection, DriverRow, ResultItem, ResultStream, numbered, safe,
};
pub use error::{ServerError, classify, documented_kinds, invalid, unavailable};
pub use pool::{SqlxPool, connect_within};
pub use row::{Decoded, Mismatch, ReadRow};
pub use transaction::{SqlxTransaction, with_connection};
pub use url::{Url, check_encryption, unbracketed};
