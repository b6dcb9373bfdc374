//! Support for stores whose driver blocks and whose database lets one connection write at a time.
//!
//! Connections that compete for the write lock poll for it. Here one thread owns the only connection that
//! writes ([`Writer`]), and calls wait in a queue. Writes that wait at the same time are committed together
//! (group commit), and each caller gets its result after the COMMIT. Reads run on a few other connections ([`Readers`]), on tokio's threads for blocking work.
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
//! - A transaction that runs no statement for [`WriterLimits::idle`] is rolled back.
//! - A log that the database cannot shorten while it is being read is bounded by [`WriterLimits::log`]: new
//!   reads are delayed for a moment when it is longer.

mod activity;
mod connection;
mod job;
mod log_shortener;
mod readers;
#[cfg(test)]
mod tests;
mod transaction;
mod writer;

pub use connection::{Blocking, Interrupt};
pub use readers::Readers;
pub use transaction::Exclusive;
pub use writer::{Writer, WriterLimits};
