//! Midjourney tasks on every backend: submitted, advanced, timed out, refunded, listed.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod adopted;
mod advance;
mod foreign;
mod listing;
mod lost_reply;
mod model;
mod races;
mod rules;
mod sample;
mod submit;
mod time_out;
