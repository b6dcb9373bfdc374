//! genledger.

// The derive macros name this crate by its own name, also in here.
extern crate self as genledger;

pub use connect::connect;
pub use genledger_contract as contract;
pub use genledger_contract::{Error, ErrorKind, Result};
pub use redacted::Redacted;

pub mod activity;
pub mod backends;
mod connect;
pub mod id;
pub mod json;
pub mod paging;
pub mod prelude;
mod redacted;
pub mod schema;
pub mod time;
pub mod usage;
pub mod validate;
