//! What the conformance suite does not ask of every backend: how long a write waits and who goes
//! first, what rows are found without looking at all of them, and the values of hand-made
//! statements.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod arithmetic;
mod keys;
mod model;
mod schema;
mod transactions;
mod waiting;
