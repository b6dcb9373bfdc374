//! The registry against the platform's own description of its logs, and its JSON form against itself.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod described;
mod round_trip;
mod typed;
