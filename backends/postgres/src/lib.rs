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
//! # Errors of the server
//!
//! `docs/backends.md` of the repository lists the [kind](genledger_contract::ErrorKind) of every code,
//! and the settings of every connection.
//!
//! # Features
//!
//! `tls-rustls` enables encrypted connections (`sslmode` in the URL).

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
