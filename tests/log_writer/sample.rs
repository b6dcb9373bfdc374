//! Logs to write, verbs whose database can be away, and what is stored.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::TryStreamExt;
use genledger::activity::{
    ActivityFilter, ActivityLogs, BaseInfo, NewActivity, NewSearchLog, SearchLog,
};
use genledger::contract::{Error, RowOutcome};
use genledger::id::{ActivityIdGenerator, UsageLogId};
use genledger::log_writer::{AppendLogs, LogWriter, LogWriterConfig, RejectedLog, WhenFull};
use genledger::prelude::*;
use genledger::usage::{UsageGrouping, UsageRollups, UsageSource};

/// Long enough for everything that has to happen.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) fn usage(count: usize) -> Vec<UsageLog> {
    let ids = UsageLogIdGenerator::system(NodeId::ZERO);
    let log = |number: usize| {
        NewUsageLog::new(
            UsageLogType::Consume,
            40 + i64::try_from(number % 3).unwrap(),
        )
        .model_name("gpt-4o")
        .tokens(10, 5)
        .quota(i64::try_from(number).unwrap())
        .into_log(&ids)
        .unwrap()
    };
    (0..count).map(log).collect()
}

pub(crate) fn searches(count: usize) -> Vec<SearchLog> {
    let ids = ActivityIdGenerator::system();
    let search = |number: usize| {
        let new = NewSearchLog {
            base: BaseInfo::default(),
            key_word: format!("sofa {number}"),
            temporary_code: Some("t-1".into()),
            result_count: 12,
            record_time_stamp: chrono::DateTime::from_timestamp_millis(1_750_000_000_000).unwrap(),
        };
        new.into_log(&ids).unwrap()
    };
    (0..count).map(search).collect()
}

/// The logs that were handed back.
#[derive(Clone, Default)]
pub(crate) struct Rejected(Arc<Mutex<Vec<RejectedLog>>>);

impl Rejected {
    pub(crate) fn config(&self, when_full: WhenFull) -> LogWriterConfig {
        let rejected = Arc::clone(&self.0);
        LogWriterConfig::new(when_full, move |log| rejected.lock().unwrap().push(log))
            .with_replay_interval(Duration::from_millis(20))
            .with_retry_wait(Duration::from_millis(20))
            .with_spill_after(Duration::from_millis(20))
    }

    /// Their quotas, and the kinds of their errors.
    pub(crate) fn usage(&self) -> Vec<(i64, ErrorKind)> {
        let rejected = self.0.lock().unwrap();
        rejected
            .iter()
            .map(|one| (one.log::<UsageLog>().unwrap().quota, one.error().kind()))
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// Verbs of logs whose database is away while the switch is on, or never returns.
#[derive(Clone)]
pub(crate) struct Away<A> {
    pub(crate) logs: A,
    pub(crate) away: Arc<AtomicBool>,
    pub(crate) hangs: bool,
}

impl<A> Away<A> {
    pub(crate) fn new(logs: A) -> Self {
        let away = Arc::new(AtomicBool::new(true));
        Self {
            logs,
            away,
            hangs: false,
        }
    }

    pub(crate) fn hanging(logs: A) -> Self {
        Self {
            hangs: true,
            ..Self::new(logs)
        }
    }

    pub(crate) fn back(&self) {
        self.away.store(false, Ordering::SeqCst);
    }
}

#[genledger::async_trait]
impl<A: AppendLogs> AppendLogs for Away<A> {
    type Log = A::Log;

    async fn append_logs(&self, logs: &[A::Log]) -> Result<Vec<RowOutcome>> {
        if self.away.load(Ordering::SeqCst) {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            return Err(Error::new(ErrorKind::Unavailable, "away"));
        }
        self.logs.append_logs(logs).await
    }
}

/// The logs that are stored, each of which must be in the roll-ups once.
pub(crate) async fn stored(store: &Arc<dyn Store>) -> BTreeSet<UsageLogId> {
    let logs = UsageLogs::new(Arc::clone(store));
    let rows: Vec<UsageLog> = logs
        .stream(&UsageLogFilter::new())
        .try_collect()
        .await
        .unwrap();
    let ids: BTreeSet<UsageLogId> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), rows.len());
    ids
}

/// Checks that the sums of the roll-ups are those of the logs.
pub(crate) async fn assert_rolled_up(store: &Arc<dyn Store>) {
    let by_user = UsageGrouping::new().by(genledger::usage::UsageDimension::User);
    let logs = UsageLogs::new(Arc::clone(store));
    let logs = logs.totals(&UsageLogFilter::new(), &by_user).await.unwrap();
    let rollups = UsageRollups::new(Arc::clone(store));
    let rollups = rollups.totals(&Default::default(), &by_user).await.unwrap();
    assert_eq!(rollups.groups, logs);
    assert!(!rollups.sources.contains(&UsageSource::Logs));
}

pub(crate) async fn stored_searches(store: &Arc<dyn Store>) -> usize {
    let logs = ActivityLogs::<SearchLog>::new(Arc::clone(store));
    let rows: Vec<SearchLog> = logs
        .stream(&ActivityFilter::new())
        .try_collect()
        .await
        .unwrap();
    rows.len()
}

pub(crate) fn ids(logs: &[UsageLog]) -> BTreeSet<UsageLogId> {
    logs.iter().map(|log| log.id).collect()
}

/// Waits until the counters of a writer are as they should be.
pub(crate) async fn until(
    writer: &LogWriter,
    holds: impl Fn(genledger::log_writer::LogWriterStats) -> bool + Send + Sync,
) {
    let waited = tokio::time::timeout(LONG, async {
        while !holds(writer.stats()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    assert!(waited.await.is_ok(), "{:?}", writer.stats());
}

pub(crate) async fn migrated(store: &Arc<dyn Store>) -> UsageLogs {
    store.migrate(genledger::schema::all()).await.unwrap();
    UsageLogs::new(Arc::clone(store)).with_rollups()
}

pub(crate) async fn memory() -> Arc<dyn Store> {
    genledger::connect("memory:").await.unwrap()
}

/// The same log with a change.
pub(crate) fn with(log: &UsageLog, change: impl FnOnce(&mut UsageLog)) -> UsageLog {
    let mut log = log.clone();
    change(&mut log);
    log
}
