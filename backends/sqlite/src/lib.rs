//! The SQLite store of genledger, on [`rusqlite`] with SQLite bundled.
//!
//! ```
//! # use genledger_contract::Store;
//! # async fn example() -> genledger_contract::Result<()> {
//! use genledger_sqlite::{SqliteConfig, SqliteStore};
//!
//! let store = SqliteStore::open(SqliteConfig::from_url("sqlite://ledger.db?readers=4")?).await?;
//! assert_eq!(store.capability().dialect, "sqlite");
//! # Ok(())
//! # }
//! ```
//!
//! # How it works
//!
//! SQLite lets one connection write at a time. Connections that fight for that place wait for each
//! other in sleeps, so here one thread owns the only writing connection of the store, and calls wait
//! in a queue. What waits at the same time is committed together ([group commit]), and each answer is
//! sent only after the COMMIT. A write that fails is undone alone: one of several statements runs in a
//! savepoint of its own, a single statement is undone by SQLite, and a write that nobody waits beside
//! is undone with its transaction. An explicit transaction has the thread for itself until it ends.
//! Reads run on a small pool of other connections, at the same time as the writer, since the database
//! is in WAL mode; each sees what was committed when it began.
//!
//! Other processes and other connections of the same process may use the file as well. A store is
//! never made of a connection of the application: it owns the one that writes, and lends it to
//! [`SqliteStore::with_connection`] and [`SqliteTransaction::with_connection`].
//!
//! [group commit]: https://www.sqlite.org/wal.html
//!
//! # Errors
//!
//! | SQLite | kind |
//! |---|---|
//! | `SQLITE_CONSTRAINT_PRIMARYKEY`, `_UNIQUE`, `_ROWID` | `Conflict` |
//! | `SQLITE_CONSTRAINT_*` other than these, `SQLITE_MISMATCH`, `SQLITE_TOOBIG`, integer overflow | `Invalid` |
//! | `SQLITE_BUSY`, `SQLITE_LOCKED` | `Serialization` |
//! | `SQLITE_CORRUPT`, `SQLITE_NOTADB` | `Corrupt` |
//! | no such table, no such column | `Schema` |
//! | `SQLITE_CANTOPEN`, `SQLITE_FULL`, `SQLITE_NOMEM`, `SQLITE_IOERR` before a commit | `Unavailable` |
//! | `SQLITE_IOERR` of a COMMIT | `OutcomeUnknown` |
//! | `SQLITE_PERM`, `SQLITE_AUTH`, `SQLITE_READONLY` | `Denied` |
//! | `SQLITE_INTERRUPT` | `Timeout` |
//! | everything else | `Other` |

mod bind;
mod config;
mod connection;
mod error;
mod introspect;
mod job;
mod pool;
mod read;
mod readers;
mod store;
mod transaction;
mod writer;

pub use config::{Location, SqliteConfig, Synchronous};
pub use pool::SqlitePool;
pub use rusqlite;
pub use store::SqliteStore;
pub use transaction::{ExclusiveWriter, SqliteTransaction};
