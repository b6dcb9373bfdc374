//! The log writer on every backend: what is written, what is handed back, what goes to the spill.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod config;
mod end;
mod full;
mod sample;
mod spill;
mod written;
