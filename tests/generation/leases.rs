//! Leases of tasks: claims, the verbs of holders, expired leases.

mod claims;
mod failures;
mod holders;
mod races;
mod stale;
mod sweep;
mod world;
