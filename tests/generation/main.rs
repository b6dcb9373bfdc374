//! Accounts and tasks of the generation domain on every backend: rules, codes, secrets, changes, listings.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod account_edits;
mod accounts;
mod codes;
mod defaults;
mod events;
mod foreign;
mod history;
mod intercepted;
mod leases;
mod listing;
mod lost_reply;
mod pool;
#[cfg(unix)]
mod processes;
mod races;
mod random;
mod rules;
mod sample;
mod scripts;
mod secrets;
mod state;
mod tasks;
