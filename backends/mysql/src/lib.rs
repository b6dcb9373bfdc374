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
//! # Errors of the server
//!
//! `docs/backends.md` of the repository lists the [kind](genledger_contract::ErrorKind) of every code,
//! and the settings of every connection.
//!
//! The server keeps the transaction after 1205 and rolls it back after 1213. Here both end it, since
//! after an error of the database a transaction can only be rolled back.
//!
//! # Features
//!
//! `tls-rustls` enables encrypted connections (`ssl-mode` in the URL).
//! `mysql-rsa` enables passwords over unencrypted connections (`caching_sha2_password` and
//! `sha256_password`; not needed for a Unix socket or an account without a password).

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
