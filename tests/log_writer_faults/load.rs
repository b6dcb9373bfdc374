//! Callers that write all the time, and the check of what is stored afterwards.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use genledger::activity::{ActivityFilter, ActivityLogs, SearchLog};
use genledger::log_writer::LogWriter;
use genledger::prelude::*;
use genledger::usage::{UsageDimension, UsageGrouping, UsageRollups};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::rows::{Rows, name, search_name};
use crate::support::{LONG, Rejected};

/// The logs of a test, by their names.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) attempted: BTreeSet<String>,
    pub(crate) acknowledged: BTreeSet<String>,
    /// Those that `append_durable` acknowledged.
    pub(crate) durable: BTreeSet<String>,
    pub(crate) errors: Vec<ErrorKind>,
}

/// Callers and their books.
#[derive(Clone, Debug)]
pub(crate) struct Load(Arc<State>);

#[derive(Debug)]
struct State {
    rows: Rows,
    next: AtomicI64,
    running: AtomicBool,
    books: Mutex<Books>,
    pause: Duration,
}

impl Load {
    /// Callers that wait this long after each log.
    pub(crate) fn new(pause: Duration) -> Self {
        Self(Arc::new(State {
            rows: Rows::new(),
            next: AtomicI64::new(1),
            running: AtomicBool::new(true),
            books: Mutex::default(),
            pause,
        }))
    }

    pub(crate) fn books<T>(&self, read: impl FnOnce(&mut Books) -> T) -> T {
        read(&mut self.0.books.lock().unwrap())
    }

    /// Starts callers. Half of them append durably, so that the others continue while those wait.
    pub(crate) fn start(&self, writer: &LogWriter, callers: usize) -> Vec<JoinHandle<()>> {
        let caller = |caller| {
            let durable = caller % 2 == 0;
            let (load, writer) = (self.clone(), writer.clone());
            tokio::spawn(async move {
                while load.0.running.load(Ordering::SeqCst) {
                    load.one(&writer, durable).await;
                    if load.0.pause.is_zero() {
                        tokio::task::yield_now().await;
                    } else {
                        sleep(load.0.pause).await;
                    }
                }
            })
        };
        (0..callers).map(caller).collect()
    }

    /// Stops callers.
    pub(crate) async fn stop(&self, callers: Vec<JoinHandle<()>>) {
        self.0.running.store(false, Ordering::SeqCst);
        for caller in callers {
            timeout(LONG, caller).await.unwrap().unwrap();
        }
    }

    /// Writes one log of one of two kinds.
    async fn one(&self, writer: &LogWriter, durable: bool) {
        let number = self.0.next.fetch_add(1, Ordering::SeqCst);
        let (name, outcome) = if number % 4 == 0 {
            let log = self.0.rows.search(number);
            let name = self.attempt(search_name(&log));
            (name, append(writer, log, durable).await)
        } else {
            let log = self.0.rows.usage(number);
            let name = self.attempt(name(&log));
            (name, append(writer, log, durable).await)
        };
        self.books(|books| match outcome {
            Ok(()) => {
                if durable {
                    books.durable.insert(name.clone());
                }
                books.acknowledged.insert(name);
            }
            Err(error) => books.errors.push(error.kind()),
        });
    }

    fn attempt(&self, name: String) -> String {
        self.books(|books| books.attempted.insert(name.clone()));
        name
    }

    /// Waits until this many logs were acknowledged.
    pub(crate) async fn until_acknowledged(&self, count: usize) {
        let enough = async {
            while self.books(|books| books.acknowledged.len()) < count {
                sleep(Duration::from_millis(2)).await;
            }
        };
        let waited = timeout(LONG, enough).await;
        assert!(waited.is_ok(), "the callers do not get on");
    }

    /// Checks that every acknowledged log is stored or was returned, that a durable one is stored, and that
    /// nothing else is stored. Returns the number of logs that are stored.
    pub(crate) async fn check(&self, store: &Arc<dyn Store>, rejected: &Rejected) -> usize {
        let stored = stored(store).await;
        let rejected = rejected.names();
        self.books(|books| {
            let lost: Vec<_> = books.acknowledged.difference(&stored).collect();
            let silent: Vec<_> = lost
                .iter()
                .filter(|one| !rejected.contains(**one))
                .collect();
            assert!(silent.is_empty(), "acknowledged and lost: {silent:?}");
            let broken: Vec<_> = books.durable.difference(&stored).collect();
            assert!(broken.is_empty(), "durable and lost: {broken:?}");
            let unknown: Vec<_> = stored.difference(&books.attempted).collect();
            assert!(unknown.is_empty(), "stored and never written: {unknown:?}");
            assert!(!books.acknowledged.is_empty());
        });
        assert_rolled_up(store).await;
        stored.len()
    }
}

async fn append<L: Entity>(writer: &LogWriter, log: L, durable: bool) -> Result<()> {
    if durable {
        writer.append_durable(log).await.map(drop)
    } else {
        writer.enqueue(log).await
    }
}

/// The names of the logs that are stored.
pub(crate) async fn stored(store: &Arc<dyn Store>) -> BTreeSet<String> {
    let usage = UsageLogs::new(Arc::clone(store)).stream(&UsageLogFilter::new());
    let usage: Vec<UsageLog> = usage.try_collect().await.unwrap();
    let searches = ActivityLogs::<SearchLog>::new(Arc::clone(store)).stream(&ActivityFilter::new());
    let searches: Vec<SearchLog> = searches.try_collect().await.unwrap();
    let rows = usage.len() + searches.len();
    let usage = usage.iter().map(name);
    let names: BTreeSet<String> = usage.chain(searches.iter().map(search_name)).collect();
    assert_eq!(names.len(), rows, "a log is stored twice");
    names
}

/// Checks that the sums of the roll-ups are those of the logs.
pub(crate) async fn assert_rolled_up(store: &Arc<dyn Store>) {
    let by_all = UsageGrouping::new()
        .by(UsageDimension::User)
        .by(UsageDimension::Model)
        .by(UsageDimension::Channel);
    let logs = UsageLogs::new(Arc::clone(store));
    let rollups = UsageRollups::new(Arc::clone(store));
    for grouping in [UsageGrouping::new(), by_all] {
        let of_logs = logs.totals(&UsageLogFilter::new(), &grouping).await;
        let of_rollups = rollups.totals(&Default::default(), &grouping).await;
        assert_eq!(of_rollups.unwrap().groups, of_logs.unwrap());
    }
    let [from, before] = ["2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"]
        .map(|time| time.parse::<DateTime<Utc>>().unwrap());
    assert_eq!(rollups.reconcile(from, before).await.unwrap(), 0);
}
