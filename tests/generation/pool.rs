//! Leases of accounts without tasks, alone and together with tasks.

mod claims;
mod failures;
mod holders;
mod lost_reply;
mod races;
mod sample;
mod sweep;
