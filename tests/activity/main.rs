//! The fourteen business logs: rules, JSON, and statistics on every backend.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod absent;
mod chain;
mod counts;
mod fixtures;
mod foreign;
mod funnels;
mod json;
mod listing;
mod new_logs;
mod random;
mod refused;
mod rules;
mod support;
mod value_free;
