//! The in-memory store of genledger: the executable definition of every answer.
//!
//! [`MemoryStore`] answers as the databases do, error for error, and is what they are compared with.
//! It is a store for tests and for single processes whose data may be lost, not a mock: keys,
//! transactions, savepoints and waiting are real.
//!
//! ```
//! use genledger_contract::{Entity, MigrationSet, Result, SessionExt, Store, StoreExt};
//! use genledger_memory::MemoryStore;
//!
//! /// An account.
//! #[derive(Clone, Debug, PartialEq, Entity)]
//! #[entity(crate = genledger_contract, table = "accounts", key(id))]
//! struct Account {
//!     /// Its number.
//!     id: i64,
//!     /// What is in it, in cents.
//!     #[column(filter)]
//!     cents: i64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let store = MemoryStore::new();
//! let tables = MigrationSet::of("my-app", &[Account::TABLE]);
//! store.migrate(&[tables]).await?;
//!
//! store.session().insert(&Account { id: 1, cents: 500 }).await?;
//! let paid = store
//!     .transaction(|tx| async move {
//!         tx.update_if(&1, Account::CENTS.ge(200), [Account::CENTS.plus(-200)]).await
//!     })
//!     .await?;
//! assert!(paid);
//! assert_eq!(store.session().get::<Account>(&1).await?.cents, 300);
//! # Ok(())
//! # }
//! ```
//!
//! # Transactions
//!
//! One transaction writes at a time. It begins to be the one with its first write, not before, and
//! ceases to be when it ends, fails for good, or rolls back to before that write; a session's write
//! is such a transaction of one statement. Others that want to write wait their turn, at most as
//! long as [`MemoryConfig::with_acquire_timeout`] says, and then answer
//! [`Unavailable`](genledger_contract::ErrorKind::Unavailable). Anyone who waited finds the rows as the
//! transaction before it left them, so a guard that lost its race matches nothing. A transaction that was
//! forgotten is rolled back when another write waits for it and it has run no statement for
//! [`MemoryConfig::with_transaction_idle_timeout`]. A task that writes
//! through a session while it keeps a transaction open that writes waits for itself, in vain.
//!
//! Reading never waits: it sees what is committed, statement by statement, or inside a transaction
//! that has written its own state. So what a transaction read may be outdated when it writes, as on
//! every backend (READ COMMITTED); decisions belong into guards.
//!
//! Nothing is undone step by step. The tables are immutable trees that share what they have in
//! common: a commit puts the new ones in the place of the old ones, a savepoint keeps the ones of
//! that moment, and to roll back is to forget. A future that is dropped while it waits has done
//! nothing, and there is nothing else that it could wait for.
//!
//! # What it costs
//!
//! Conditions on the primary key, and equality with all columns of a unique key, are looked up; any
//! other filter looks at every row. An order that is the primary key's is free; any other sorts what
//! the filter left. Indexes that are not unique are not kept.
//!
//! # Where the databases differ
//!
//! Unique keys are checked when a statement is done, so that two rows may exchange their values in
//! one update. A database may check after each row, and then the answer depends on the order in
//! which it comes across them.

mod config;
mod door;
mod error;
mod map;
mod reader;
mod scope;
mod session;
mod shared;
mod statement;
mod store;
mod table;
mod tables;
mod transaction;
mod verify;

pub use config::MemoryConfig;
pub use store::MemoryStore;
