//! The in-memory store of genledger: the executable definition of every answer.

mod config;
mod door;
mod error;
mod map;
mod reader;
mod scope;
mod session;
mod shared;
mod statement;
mod store;
mod table;
mod tables;
mod transaction;
mod verify;

pub use config::MemoryConfig;
pub use store::MemoryStore;
