//! The in-memory store of genledger: the executable specification of the contract.
//!
//! [`MemoryStore`] returns the same results and errors as the databases, which are compared with it. It is a
//! store for tests and for single processes whose data may be lost, not a mock: keys, transactions,
//! savepoints and waiting for locks are real.
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
//!     /// The balance in cents.
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
//! One transaction writes at a time. It acquires the write permit with its first write, and releases it when
//! it ends, fails, or rolls back to before that write; a session's write is such a transaction of one
//! statement. Other writes wait for the permit, at most for the configured timeout
//! ([`MemoryConfig::with_acquire_timeout`]), and then return
//! [`Unavailable`](genledger_contract::ErrorKind::Unavailable). A write that has waited sees the rows as the
//! transaction before it left them, so a guard that has lost its race matches nothing. An idle transaction is
//! rolled back when another write waits for it and it has run no statement for
//! [`MemoryConfig::with_transaction_idle_timeout`]. A task that writes through a session while it has a
//! writing transaction open waits for itself, until the timeout.
//!
//! Reads never wait: each statement sees the committed state, or, inside a transaction that has written, the
//! state of that transaction. So rows that a transaction has read may be outdated when it writes, as on every
//! backend (READ COMMITTED); decisions belong into guards.
//!
//! The tables are immutable trees that share their unchanged parts: a commit replaces the old ones, a
//! savepoint keeps a snapshot of them, and a rollback drops the new ones. A future waits only for the write
//! permit, so one that is dropped while it waits has done nothing.
//!
//! # Costs
//!
//! Conditions on the primary key, and equality with all columns of a unique key, are looked up; any other
//! filter scans all rows. An order by the primary key is free; any other order sorts the selected rows.
//! Indexes that are not unique are not stored.
//!
//! # Differences to the databases
//!
//! Unique keys are checked at the end of a statement, so that two rows may exchange their values in one
//! update. A database may check after each row, and then the result depends on the order in which it visits
//! the rows.

mod config;
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
