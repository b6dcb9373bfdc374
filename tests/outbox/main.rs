//! The outbox on every backend: what is appended, put in order, read, acknowledged and trimmed.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod append;
mod consumers;
mod foreign;
mod lease;
mod lost_reply;
mod order;
mod races;
mod sample;
mod trim;
