//! The `PostgreSQL` store of genledger, on sqlx.
//!
//! ```no_run
//! # async fn example() -> genledger_contract::Result<()> {
//! use genledger_postgres::PgStore;
//!
//! let store = PgStore::from_url("postgres://app@localhost/app").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What an error of the server means
//!
//! | SQLSTATE | [`ErrorKind`](genledger_contract::ErrorKind) |
//! |---|---|
//! | 23505, 23P01 | `Conflict` |
//! | 22xxx, 23502, 23503, 23514, 54000 | `Invalid`; the rule of 22003 is `overflow` |
//! | 40001, 40P01, 55P03, and 0A000 of a plan that a migration made stale | `Serialization` |
//! | 40003 | `OutcomeUnknown` |
//! | 3D000, 3F000, 42P01, 42703, 42704, 42804, 42883, 42P10 | `Schema` |
//! | 28xxx, 42501 | `Denied` |
//! | 57014 | `Timeout` |
//! | 08xxx, 25006, 25P03, 25P04, 53300, 57P01, 57P02, 57P03, 57P05 | `Unavailable` |
//! | 25P02 | `Aborted` |
//! | anything else | `Other` |
//!
//! # Features
//!
//! `tls-rustls` lets connections be encrypted (`sslmode` in the URL).

mod bind;
mod config;
mod connection;
mod error;
mod introspect;
mod read;
mod settings;
mod store;

pub use config::PgConfig;
pub use connection::prepare_connection;
pub use genledger_sqlx::{PoolConfig, with_connection};
pub use sqlx;
pub use store::{PgStore, PgTransaction};
