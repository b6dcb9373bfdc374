//! The registry against the platform's own description of its logs, and its JSON form against itself.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "schema_registry/described.rs"]
mod described;
#[path = "schema_registry/round_trip.rs"]
mod round_trip;
#[path = "schema_registry/typed.rs"]
mod typed;
