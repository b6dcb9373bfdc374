//! What a store needs whose driver blocks and whose database lets one connection write at a time.
//!
//! Connections that compete for the right to write wait for each other in sleeps. Here one thread
//! owns the only connection that writes ([`Writer`]), and calls wait in a queue. Writes that wait at
//! the same time are committed together (group commit), and each caller gets its result after the
//! COMMIT. Reads run on a few other connections ([`Readers`]), on tokio's threads for blocking work.
//!
//! # A group commit never mixes fates
//!
//! - A write that fails is undone alone, with a savepoint where it has several statements.
//! - When the COMMIT of a group fails, or the database ends the transaction of a group, and it is
//!   certain that nothing was stored, then every write of the group runs again, alone in a transaction
//!   of its own. Its result is that of the second run, so no result rests on rows of another write
//!   that were never stored.
//! - When it is not certain whether the COMMIT happened, every write of the group is
//!   [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown).
//! - A write that cannot be run again (SQL of the application, a migration) never shares a
//!   transaction with others.
//!
//! # What is bounded
//!
//! - A group takes at most 512 writes, and no further one after 50 ms of work.
//! - A call waits for the writer no longer than [`WriterLimits::acquire`]; one that was not started by then
//!   is never run, and the error says what the writer was doing.
//! - A transaction that runs no statement for [`WriterLimits::idle`] is rolled back.
//! - A log that the database cannot shorten while it is being read is bounded by [`WriterLimits::log`]: new
//!   reads are held back for a moment when it is longer.

mod connection;
mod holder;
mod job;
mod quiet;
mod readers;
#[cfg(test)]
mod tests;
mod transaction;
mod writer;

pub use connection::{Blocking, Interrupt};
pub use readers::Readers;
pub use transaction::Exclusive;
pub use writer::{Writer, WriterLimits};
