//! Identifiers that the client makes, so that a retried insert is the same insert.

mod activity_id;
pub mod as_string;
mod generator;
mod node;
mod usage_log_id;

pub use activity_id::{ActivityId, ActivityIdGenerator};
pub use generator::UsageLogIdGenerator;
pub use node::NodeId;
pub use usage_log_id::UsageLogId;
