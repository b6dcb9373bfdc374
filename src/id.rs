//! Identifiers that the client makes, so that a retried insert is the same insert.

mod activity_id;
pub mod as_string;
mod generator;
mod log_id;
mod node;

pub use activity_id::{ActivityId, ActivityIdGenerator};
pub use generator::LogIdGenerator;
pub use log_id::LogId;
pub use node::NodeId;
