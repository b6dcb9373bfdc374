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
//! SQLite lets one connection write at a time, so a store has one, and writes that wait for it at the same time
//! are committed together on a thread: see [`genledger_blocking`]. An explicit transaction has exclusive use of that
//! connection until it ends; if it is idle for [`SqliteConfig::transaction_idle_timeout`], it is rolled back. Its
//! statements that reach a few rows by their keys run on the thread of the caller, all others and COMMIT on that of the
//! store. Reads run on a small pool of other connections, concurrently with the writer, since the database is in WAL
//! mode; each reads a snapshot of the last commit.
//!
//! SQLite cannot restart its write-ahead log while reads overlap, so the log would grow without limit.
//! When it exceeds [`SqliteConfig::wal_limit_kib`], new reads wait until the running ones have ended,
//! at most for half of [`SqliteConfig::acquire_timeout`], and a checkpoint truncates the log.
//!
//! Other processes and other connections of the same process may use the file too. A store cannot use a
//! connection of the application: it owns its writer connection, which the application borrows in
//! [`SqliteStore::with_connection`] and [`with_connection`].
//!
//! After SQL of the application, the writer connection is replaced, so that no `PRAGMA`, temporary
//! table or function affects the next caller.
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
//! | the transaction was idle for `transaction_idle_timeout`, or SQL of the application ended it | `Aborted` |
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
