//! Leases of tasks: claims, the verbs of holders, expired leases.

mod backlog;
mod claimer;
mod claims;
mod decisions;
mod failures;
mod holders;
mod inbound;
mod lost_reply;
mod overtaken;
mod races;
mod same_id;
mod slots;
mod stale;
mod sweep;
pub(crate) mod world;
