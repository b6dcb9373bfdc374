//! Everything that a service needs, in one line: `use genledger::prelude::*`.
//!
//! The entities and verbs of the domain, and of the [contract](crate::contract) what is called on
//! stores. The fourteen activity logs themselves are in [`activity`](crate::activity).

pub use crate::activity::{
    Activities, Activity, ActivityFilter, ActivityLog, ActivityLogRepository, ActivityLogs,
    ActivityRepository, BaseInfo, BaseInfoColumns, NewActivity,
};
pub use crate::contract::{
    AggregateQuery, CodedEnum, Count, Cursor, Entity, ErrorKind, Filter, MigrationSet, Page, Query,
    Repository, Result, RowOutcome, SessionExt, Store, StoreExt, TextMatch, Tx,
};
pub use crate::id::{ActivityId, ActivityIdGenerator, NodeId, UsageLogId, UsageLogIdGenerator};
pub use crate::outbox::{
    NewOutboxEvent, Outbox, OutboxBatch, OutboxCursor, OutboxEvent, OutboxRepository,
    OutboxSequencer, OutboxStart, SequencerLease,
};
pub use crate::paging::{Listing, Paging};
pub use crate::time::{Calendar, Clock, Period, SystemClock};
pub use crate::usage::{
    AdminUsageLog, ChannelNames, ClientIp, GroupedUsage, NewUsageLog, TokenBuckets, UsageDimension,
    UsageGroup, UsageGrouping, UsageLog, UsageLogFilter, UsageLogOther, UsageLogRepository,
    UsageLogType, UsageLogs, UsageRollup, UsageRollupFilter, UsageRollupRepository, UsageRollups,
    UsageStats, UsageTotals, UserUsageLog, UserUsageLogFilter,
};
pub use crate::validate::Validate;
