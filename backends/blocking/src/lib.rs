//! Support for stores whose driver blocks and whose database lets one connection write at a time.
//!
//! Connections that compete for the write lock poll for it. Here a store has one connection that writes
//! ([`Writer`]), behind a fair lock, and calls wait for it in their order. Reads run on a few other connections
//! ([`Readers`]), on tokio's threads for blocking work.
//!
//! # Who has the connection that writes
//!
//! - A thread of the store locks it for the writes in its queue. Those that wait at the same time are committed together
//!   (group commit), and each caller gets its result after the COMMIT.
//! - A transaction ([`Exclusive`]) locks it until its end. Short statements run on the caller's thread, since the write lock
//!   is held: a wake-up of another thread and the one back would take longer. All that can block runs on the
//!   store's thread: a BEGIN that has to wait for another process, statements that may read many rows, SQL of the
//!   application, COMMIT and ROLLBACK.
//! - The store's thread never waits for the lock, since the transaction that has it may need the thread. It waits for
//!   its queue only; the lock sends a message when it is free.
//!
//! # The writes of a group are independent
//!
//! - A write that fails is rolled back alone, with a savepoint if it has several statements.
//! - When the COMMIT of a group fails, or the database ends the transaction of a group, and it is
//!   certain that nothing was stored, then every write of the group runs again, alone in a transaction
//!   of its own. Its result is that of the second run, so no result depends on rows of another write
//!   that were never stored.
//! - When it is not certain whether the COMMIT happened, every write of the group is
//!   [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown).
//! - A write that cannot be run again (SQL of the application, a migration) never shares a
//!   transaction with others.
//!
//! # Bounds
//!
//! - A group has at most 512 writes, and accepts no further one after 50 ms of work.
//! - A call waits for the writer no longer than [`WriterLimits::acquire`]; one that has not started by then
//!   is never run, and the error states what the writer was doing.
//! - A transaction that runs no statement for [`WriterLimits::idle`] is rolled back by the thread.
//! - A log that the database cannot shorten while it is being read is bounded by [`WriterLimits::log`]: new
//!   reads are delayed for a moment when it is longer.

mod activity;
mod connection;
mod job;
mod log_shortener;
mod readers;
#[cfg(test)]
mod tests;
mod writer;

pub use connection::{Blocking, Interrupt};
pub use readers::Readers;
pub use writer::{Exclusive, Writer, WriterLimits};
