//! Behaviour that the conformance suite does not require of every backend: the waits and the order of writes,
//! the rows that are found without a scan, and the values of statements built by the tests.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod arithmetic;
mod keys;
mod model;
mod schema;
mod transactions;
mod waiting;
