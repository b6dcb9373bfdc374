//! Settings that make no sense, and logs that cannot be written.

use std::sync::Arc;
use std::time::Duration;

use genledger::contract::{Error, RowOutcome};
use genledger::log_writer::{AppendLogs, LogWriterConfig, WhenFull};
use genledger::prelude::*;

use crate::sample::{Rejected, memory, migrated, searches};

async fn refused(config: LogWriterConfig) -> Error {
    let error = config.start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    error
}

#[tokio::test]
async fn settings_have_ranges() {
    let store = memory().await;
    let logs = migrated(&store).await;
    let config = || {
        Rejected::default()
            .config(WhenFull::Wait)
            .with_logs(logs.clone())
    };
    let mut wrong = config()
        .with_queue(0, 0)
        .with_groups(0, 0, Duration::ZERO)
        .with_writes(0)
        .with_attempt_timeout(Duration::ZERO)
        .with_replay_interval(Duration::ZERO);
    wrong.when_full = WhenFull::Spill;
    let error = refused(wrong).await;
    let paths: Vec<_> = error
        .violations()
        .iter()
        .map(|one| one.path().to_owned())
        .collect();
    assert_eq!(
        paths,
        [
            "queue_rows",
            "queue_bytes",
            "group_bytes",
            "writes",
            "group_rows",
            "attempt_timeout",
            "replay_interval",
            "spill",
        ]
    );
    refused(config().with_groups(10_001, 1, Duration::ZERO)).await;
    let none = refused(Rejected::default().config(WhenFull::Wait)).await;
    assert_eq!(none.violations()[0].path(), "logs");
    let twice = refused(config().with_logs(logs.clone())).await;
    assert!(twice.message().contains("twice"), "{twice}");
}

/// A row that changes.
#[derive(Clone, Debug, Entity)]
#[entity(table = "counters", key(id))]
struct Counter {
    id: i64,
}

struct Counters(Arc<dyn Store>);

#[genledger::async_trait]
impl AppendLogs for Counters {
    type Log = Counter;

    async fn append_logs(&self, logs: &[Counter]) -> Result<Vec<RowOutcome>> {
        self.0.session().insert_if_absent(logs).await
    }
}

#[tokio::test]
async fn only_logs_that_are_append_only_are_accepted() {
    let counters = Counters(memory().await);
    let config = Rejected::default()
        .config(WhenFull::Wait)
        .with_logs(counters);
    let error = refused(config).await;
    assert!(error.message().contains("not append-only"), "{error}");
}

#[tokio::test]
async fn logs_of_another_type_are_refused() {
    let store = memory().await;
    let logs = migrated(&store).await;
    let config = Rejected::default().config(WhenFull::Wait).with_logs(logs);
    let writer = config.start().await.unwrap();
    let error = writer.enqueue(searches(1).remove(0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("SearchLog"), "{error}");
}
