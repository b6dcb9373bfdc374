//! The fourteen business logs: rules, JSON, and what is counted over them on every backend.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "support/backends.rs"]
mod backends;

#[path = "activity/absent.rs"]
mod absent;
#[path = "activity/chain.rs"]
mod chain;
#[path = "activity/counts.rs"]
mod counts;
#[path = "activity/fixtures.rs"]
mod fixtures;
#[path = "activity/foreign.rs"]
mod foreign;
#[path = "activity/funnels.rs"]
mod funnels;
#[path = "activity/json.rs"]
mod json;
#[path = "activity/listing.rs"]
mod listing;
#[path = "activity/news.rs"]
mod news;
#[path = "activity/random.rs"]
mod random;
#[path = "activity/refused.rs"]
mod refused;
#[path = "activity/rules.rs"]
mod rules;
#[path = "activity/support.rs"]
mod support;
#[path = "activity/value_free.rs"]
mod value_free;
