//! What the conformance suite does not ask of every backend: how long a write waits and who goes
//! first, what rows are found without looking at all of them, and the values of hand-made
//! statements.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "store/arithmetic.rs"]
mod arithmetic;
#[path = "store/keys.rs"]
mod keys;
#[path = "store/model.rs"]
mod model;
#[path = "store/schema.rs"]
mod schema;
#[path = "store/transactions.rs"]
mod transactions;
#[path = "store/waiting.rs"]
mod waiting;
