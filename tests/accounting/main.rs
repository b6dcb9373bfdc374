//! The accounting domain: values, rows on every backend, prices.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod audit;
mod codes;
mod defaults;
mod foreign;
mod ledger;
mod listing;
mod money;
mod prices;
mod rules;
mod sample;
