//! The `MySQL` and `MariaDB` store of genledger, on sqlx.
//!
//! ```no_run
//! # async fn example() -> genledger_contract::Result<()> {
//! use genledger_mysql::MySqlStore;
//!
//! let store = MySqlStore::connect("mysql://app@localhost/app".parse()?).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What an error of the server means
//!
//! `docs/backends.md` of the repository has the [kind](genledger_contract::ErrorKind) of every code, and
//! what every connection is set to.
//!
//! After 1205 the server keeps the transaction and after 1213 it does not: both end it here, since
//! after an error of the database a transaction can only be rolled back.
//!
//! # Features
//!
//! `tls-rustls` lets connections be encrypted (`ssl-mode` in the URL).
//! `mysql-rsa` lets a password be sent over a connection that is not (`caching_sha2_password` and
//! `sha256_password`; a Unix socket and an account without a password do not need it).

mod bind;
mod config;
mod connection;
mod error;
mod introspect;
mod read;
mod settings;
mod store;

pub use config::MySqlConfig;
pub use connection::{MySqlDriver, prepare_connection, with_connection};
pub use genledger_sql::{MYSQL, MYSQL_UNLOCKED, ToSql};
pub use genledger_sqlx::PoolConfig;
pub use sqlx;
pub use store::MySqlStore;
