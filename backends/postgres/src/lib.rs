//! The `PostgreSQL` store of genledger, on sqlx.
//!
//! ```no_run
//! # async fn example() -> genledger_contract::Result<()> {
//! use genledger_postgres::PgStore;
//!
//! let store = PgStore::connect("postgres://app@localhost/app".parse()?).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What an error of the server means
//!
//! `docs/backends.md` of the repository has the [kind](genledger_contract::ErrorKind) of every code, and
//! what every connection is set to.
//!
//! # Features
//!
//! `tls-rustls` lets connections be encrypted (`sslmode` in the URL).

mod bind;
mod config;
mod connection;
mod copy;
mod error;
mod introspect;
mod read;
mod settings;
mod store;

pub use config::PgConfig;
pub use connection::{prepare_connection, with_connection};
pub use genledger_sql::{POSTGRES, POSTGRES_UNLOCKED, ToSql};
pub use genledger_sqlx::PoolConfig;
pub use sqlx;
pub use store::PgStore;
