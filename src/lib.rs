//! genledger.

// The derive macros name this crate by its own name, also in here.
extern crate self as genledger;

pub use genledger_contract as contract;
pub use genledger_contract::{Error, ErrorKind, Result};

pub mod id;
pub mod json;
pub mod paging;
pub mod time;
pub mod usage;
pub mod validate;
