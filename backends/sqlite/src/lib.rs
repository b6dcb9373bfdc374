//! The SQLite store of genledger, on [`rusqlite`] with SQLite bundled.
//!
//! ```
//! # use genledger_contract::Store;
//! # async fn example() -> genledger_contract::Result<()> {
//! use genledger_sqlite::{SqliteConfig, SqliteStore};
//!
//! let store = SqliteStore::connect("sqlite://ledger.db?readers=4".parse()?).await?;
//! assert_eq!(store.capability().dialect, "sqlite");
//! # Ok(())
//! # }
//! ```
//!
//! # How it works
//!
//! SQLite lets one connection write at a time, so one thread owns the only writing connection of the
//! store, and writes that wait at the same time are committed together: see [`genledger_blocking`].
//! An explicit transaction has the thread for itself until it ends; one that runs no statement for
//! [`SqliteConfig::transaction_idle_timeout`] is rolled back. Reads run on a small pool of other
//! connections, at the same time as the writer, since the database is in WAL mode; each sees what was
//! committed when it began.
//!
//! SQLite cannot begin its write-ahead log anew as long as there are reads that overlap, so the log
//! would grow for ever. When it is longer than [`SqliteConfig::wal_limit_kib`], new reads are held back
//! until those that run have ended, at most for half of [`SqliteConfig::acquire_timeout`], and the log
//! is moved into the database.
//!
//! Other processes and other connections of the same process may use the file as well. A store is
//! never made of a connection of the application: it owns the one that writes, and lends it to
//! [`SqliteStore::with_connection`] and [`with_connection`].
//!
//! After SQL of the application, the connection that writes is replaced by a new one, so that no
//! `PRAGMA`, temporary table or function that it made reaches the next caller.
//!
//! # Errors
//!
//! | SQLite | kind |
//! |---|---|
//! | `SQLITE_CONSTRAINT_PRIMARYKEY`, `_UNIQUE`, `_ROWID` | `UniqueViolation` |
//! | `SQLITE_CONSTRAINT_*` other than these, `SQLITE_MISMATCH`, `SQLITE_TOOBIG`, integer overflow | `Invalid` |
//! | `SQLITE_BUSY`, `SQLITE_LOCKED` | `SerializationFailure` |
//! | `SQLITE_CORRUPT`, `SQLITE_NOTADB` | `Corrupt` |
//! | no such table, no such column | `Schema` |
//! | `SQLITE_CANTOPEN`, `SQLITE_FULL`, `SQLITE_NOMEM`, `SQLITE_IOERR` before a commit | `Unavailable` |
//! | of a COMMIT: every error but `SQLITE_CONSTRAINT_*`, `SQLITE_BUSY`, `SQLITE_LOCKED`, `SQLITE_FULL`, `SQLITE_READONLY` | `OutcomeUnknown` |
//! | `SQLITE_PERM`, `SQLITE_AUTH`, `SQLITE_READONLY` | `Denied` |
//! | `SQLITE_INTERRUPT` | `Timeout` |
//! | the transaction ran no statement for `transaction_idle_timeout`, or SQL of the application ended it | `Aborted` |
//! | everything else | `Other` |

mod bind;
mod config;
mod connection;
mod error;
mod introspect;
mod pool;
mod read;
mod store;
#[cfg(test)]
mod tests;
mod transaction;

pub use config::{Location, SqliteConfig, Synchronous};
pub use genledger_sql::{SQLITE, ToSql};
pub use pool::SqlitePool;
pub use rusqlite;
pub use store::SqliteStore;
pub use transaction::{ExclusiveWriter, with_connection};
