//! The usage log on every backend: what is appended, listed, counted and shown.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod append;
mod filters;
mod foreign;
mod pages;
mod privacy;
mod rollups;
mod rules;
mod sample;
mod statistics;
mod views;
