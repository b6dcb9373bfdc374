//! Pools of sqlx connections: what the backends on sqlx have in common.
//!
//! A backend on sqlx writes a [`Driver`] (how to bind, read and classify) and gets [`SqlxPool`], an
//! executor whose connections are never reused in the middle of something:
//!
//! - Work runs under a lease that closes its connection unless the work came to its
//!   end, so a future that is dropped at any await leaves a healthy pool behind (launchbadge/sqlx#563).
//!   BEGIN is such work as well (launchbadge/sqlx#4385).
//! - What is given up is stopped in the server, and its place in the pool is free when the server has
//!   let go of it.
//! - A transaction that is dropped without an end is rolled back in the background, or its
//!   connection is closed where that cannot be done.
//! - A connection that may be dead is tested before a write that stands alone is sent on it, so a
//!   restart of the server is not met by writes whose outcome is unknown. Reads and BEGIN are tried
//!   again instead, on another connection, and cost no such test.
//! - A connection on which the application ran SQL of its own is not used by others.

mod catalog;
mod config;
mod connection;
mod driver;
mod error;
mod lease;
mod lent;
mod places;
mod pool;
mod row;
mod stop;
mod transaction;
mod url;

use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

pub use catalog::{CatalogRow, Question, answer_column};
pub use config::PoolConfig;
pub use driver::{Answer, Arguments, Driver, DriverConnection, DriverRow, Step};
pub use error::{ServerError, classify, documented_kinds, invalid, unavailable};
pub use lent::in_transaction;
pub use pool::{SqlxPool, connect_within};
pub use row::{Decoded, Mismatch, ReadRow};
pub use transaction::{SqlxTransaction, with_connection};
pub use url::{Url, check_encryption, unbracketed};

/// SQL that ends with a number, for statements that take no parameters.
#[must_use]
pub fn numbered(sql: &'static str, number: u64) -> SqlStr {
    safe(format!("{sql} {number}").into())
}

/// SQL that this library rendered from identifiers that are constants, or that a migration script
/// holds: the one place where it is said to be safe. Values are always bound.
#[must_use]
pub fn safe(sql: Arc<str>) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}
