//! Writers of the tests, and the runs of cases.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use genledger::activity::{ActivityLogs, SearchLog};
use genledger::log_writer::{LogWriter, LogWriterConfig, LogWriterStats, RejectedLog, WhenFull};
use genledger::prelude::*;
use genledger_testkit::TestDatabase;
use tokio::time::{sleep, timeout};

use crate::faulty::{Faulty, Place, Switch};
use crate::rows::{name, search_name};

/// Long enough for everything that has to happen.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The logs that were returned: their names and the kinds of their errors.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rejected(Arc<Mutex<Vec<(String, ErrorKind)>>>);

impl Rejected {
    /// The settings of most tests: everything is quick.
    pub(crate) fn config(&self, when_full: WhenFull) -> LogWriterConfig {
        let rejected = Arc::clone(&self.0);
        let on_rejected = move |log: RejectedLog| {
            let name = match log.log::<UsageLog>() {
                Some(log) => name(log),
                None => search_name(log.log::<SearchLog>().unwrap()),
            };
            rejected.lock().unwrap().push((name, log.error().kind()));
        };
        LogWriterConfig::new(when_full, on_rejected)
            .with_queue(1_000, 1 << 20)
            .with_groups(200, 1 << 18, millis(10))
            .with_replay_interval(millis(20))
            .with_retry_wait(millis(50))
            .with_spill_after(millis(100))
            .with_attempt_timeout(Duration::from_secs(5))
    }

    pub(crate) fn all(&self) -> Vec<(String, ErrorKind)> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn names(&self) -> BTreeSet<String> {
        let all = self.all();
        let names: BTreeSet<String> = all.iter().map(|one| one.0.clone()).collect();
        assert_eq!(names.len(), all.len(), "a log was returned twice");
        names
    }
}

/// With both kinds of logs of the tests in a store.
pub(crate) fn with_logs(
    config: LogWriterConfig,
    store: &Arc<dyn Store>,
    switch: &Switch,
) -> LogWriterConfig {
    let usage = UsageLogs::new(Arc::clone(store)).with_rollups();
    let searches = ActivityLogs::<SearchLog>::new(Arc::clone(store));
    config
        .with_logs(Faulty::new(usage, switch))
        .with_logs(Faulty::new(searches, switch))
}

/// A writer to the store of a place that can be taken away.
pub(crate) async fn start(
    config: LogWriterConfig,
    place: &Place,
    spill: Option<Arc<dyn Store>>,
) -> LogWriter {
    let config = with_logs(config, &place.distant, &place.switch);
    let config = match spill {
        Some(spill) => config.with_spill(spill),
        None => config,
    };
    config.start().await.unwrap()
}

/// A spill in a folder.
pub(crate) async fn spill_in(folder: &Path) -> Arc<dyn Store> {
    genledger::connect(&spill_url(folder)).await.unwrap()
}

pub(crate) fn spill_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("spill.db").display())
}

/// Waits until the counters of a writer are as they should be.
pub(crate) async fn until(
    writer: &LogWriter,
    holds: impl Fn(LogWriterStats) -> bool + Send + Sync,
) {
    let waited = timeout(LONG, async {
        while !holds(writer.stats()) {
            sleep(millis(2)).await;
        }
    });
    assert!(waited.await.is_ok(), "{:?}", writer.stats());
}

/// Waits until everything is in the database.
pub(crate) async fn drained(writer: &LogWriter) {
    let waited = timeout(LONG, writer.flush()).await;
    assert!(waited.is_ok(), "{:?}", writer.stats());
    until(writer, |stats| stats.spill_rows == 0).await;
    let stats = writer.stats();
    assert_eq!((stats.queued_rows, stats.queued_bytes), (0, 0));
    assert_eq!(stats.queue_age, None);
}

/// Writes what is in a spill to the database, and closes it.
pub(crate) async fn replay(folder: &Path, store: &Arc<dyn Store>, rejected: &Rejected) {
    let spill = spill_in(folder).await;
    let config = rejected
        .config(WhenFull::Wait)
        .with_spill(Arc::clone(&spill));
    let writer = with_logs(config, store, &Switch::default())
        .start()
        .await
        .unwrap();
    drained(&writer).await;
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
    assert_empty(folder).await;
}

/// Checks that a spill has no logs, for a writer that has never seen it.
pub(crate) async fn assert_empty(folder: &Path) {
    let spill = spill_in(folder).await;
    let nowhere = genledger::connect("memory:").await.unwrap();
    let config = Rejected::default()
        .config(WhenFull::Wait)
        .with_spill(Arc::clone(&spill));
    let writer = with_logs(config, &nowhere, &Switch::default())
        .start()
        .await
        .unwrap();
    assert_eq!(writer.stats().spill_rows, 0);
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
}

/// Held by every case; the cases that kill a server exclude all others, which may use the same server.
static SERVERS: RwLock<()> = RwLock::new(());

/// Runs a case on an empty database of a backend.
pub(crate) fn run(backend: &str, case: impl AsyncFnOnce(TestDatabase)) {
    let _shared = SERVERS.read().unwrap_or_else(PoisonError::into_inner);
    genledger_testkit::run_on_database(backend, case);
}

/// Runs a case on a place in an empty database of a backend.
pub(crate) fn run_on_place(backend: &str, case: impl AsyncFnOnce(Place)) {
    run(backend, async |database| {
        case(Place::open(&database.url).await).await;
    });
}

/// Runs a case on a database whose connections can be lost.
pub(crate) fn run_behind_proxy(backend: &str, case: impl AsyncFnOnce(Place)) {
    let _shared = SERVERS.read().unwrap_or_else(PoisonError::into_inner);
    genledger_testkit::run_behind_proxy(backend, async |database| {
        case(Place::open(&database.url).await).await;
    });
}

/// Runs a case that kills the server of its database.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) fn run_on_durable(
    backend: &str,
    case: impl AsyncFnOnce(TestDatabase, genledger_testkit::crash::Control),
) {
    let _alone = SERVERS.write().unwrap_or_else(PoisonError::into_inner);
    genledger_testkit::crash::run_on_durable(backend, case);
}
