//! A store with the tables, and logs to put into it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use genledger::contract::{RowOutcome, Store};
use genledger::id::{NodeId, UsageLogIdGenerator};
use genledger::time::ManualClock;
use genledger::usage::{NewUsageLog, UsageLog, UsageLogType, UsageLogs};

/// The first second of the samples.
pub(crate) fn noon() -> DateTime<Utc> {
    "2025-06-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn after(seconds: i64) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(seconds)
}

/// Ids of a clock that is always at noon.
pub(crate) fn ids() -> UsageLogIdGenerator {
    let clock = ManualClock::at(noon());
    UsageLogIdGenerator::new(NodeId::new(1).unwrap(), Arc::new(clock))
}

/// The tables and the verbs.
pub(crate) async fn migrated(store: &Arc<dyn Store>) -> UsageLogs {
    store.migrate(genledger::schema::all()).await.unwrap();
    UsageLogs::new(Arc::clone(store))
}

/// A request of user 42 that consumed something.
pub(crate) fn consume() -> NewUsageLog {
    NewUsageLog::new(UsageLogType::Consume, 42)
        .username("ada")
        .token(7, "ci")
        .model_name("gpt-4o")
        .tokens(120, 35)
        .quota(900)
        .channel_id(3)
        .group("default")
}

/// Appends rows that must all be new.
pub(crate) async fn append(
    logs: &UsageLogs,
    rows: impl IntoIterator<Item = NewUsageLog>,
) -> Vec<UsageLog> {
    let ids = ids();
    let rows: Vec<UsageLog> = rows
        .into_iter()
        .map(|row| row.into_log(&ids).unwrap())
        .collect();
    let outcomes = logs.append_many(&rows).await.unwrap();
    assert!(outcomes.iter().all(|outcome| *outcome == RowOutcome::New));
    rows
}
