//! genledger.

extern crate self as genledger;

pub use genledger_contract as contract;
pub use genledger_contract::{Error, ErrorKind, Result};

pub mod id;
pub mod time;
pub mod validate;
