//! The items of a service with usage logs: `use genledger::prelude::*`.
//!
//! Everything else is imported from its module: [`activity`](crate::activity), [`outbox`](crate::outbox),
//! roll-ups and statistics from [`usage`](crate::usage), and the types of the storage contract from
//! [`contract`](crate::contract).

pub use crate::contract::entity::Versioned;
pub use crate::contract::{
    Cursor, Entity, Error, ErrorKind, Filter, MigrationSet, Page, Query, Repository, Result,
    SessionExt, Store, StoreExt, Tx,
};
pub use crate::id::{NodeId, UsageLogIdGenerator};
pub use crate::paging::Paging;
pub use crate::usage::{
    NewUsageLog, UsageLog, UsageLogFilter, UsageLogType, UsageLogs, UserUsageLogFilter,
};
pub use crate::validate::Validate;
