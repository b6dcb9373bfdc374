//! `Ledger`: operations on accounts, on every backend.

mod groups;
mod input;
mod lost_reply;
mod oracle;
mod races;
mod reading;
mod refusals;
mod replays;
mod scripts;
mod vectors;
mod within;
pub(crate) mod world;
