//! Leases of tasks: claims, the verbs of holders, expired leases.

mod backlog;
mod claims;
mod decisions;
mod failures;
mod holders;
mod lost_reply;
mod races;
mod slots;
mod stale;
mod sweep;
mod world;
