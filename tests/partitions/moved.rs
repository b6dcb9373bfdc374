//! A table with rows is moved over next to readers and writers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use genledger::contract::query::Count;
use genledger::contract::schema::{Difference, Severity};
use genledger::prelude::*;
use genledger::schema;

use crate::place::{Place, at, cases, logs_at, month, names};

/// Logs of a table that existed before its partitions; one in an hour from 1 January 2024 on.
const OLDER: i64 = 2_000;

/// Appends logs and deletes some of them until it is stopped; returns the ids that are stored according to the replies.
pub(crate) struct Writers {
    running: Arc<AtomicBool>,
    steps: Arc<AtomicI64>,
    tasks: Vec<tokio::task::JoinHandle<BTreeSet<i64>>>,
}

impl Writers {
    pub(crate) fn start(stores: &[Arc<dyn Store>], older: &[UsageLog]) -> Self {
        let running = Arc::new(AtomicBool::new(true));
        let steps = Arc::new(AtomicI64::new(0));
        let writers = stores.len();
        let write = |(number, store): (usize, &Arc<dyn Store>)| {
            let logs = UsageLogs::new(Arc::clone(store));
            let (running, steps) = (Arc::clone(&running), Arc::clone(&steps));
            // Each has rows of its own.
            let mut own: Vec<UsageLog> = older.to_vec();
            let mut index = 0;
            own.retain(|_| {
                index += 1;
                index % writers == number
            });
            tokio::spawn(async move {
                let ids = UsageLogIdGenerator::system(
                    NodeId::new(20 + u16::try_from(number).unwrap()).unwrap(),
                );
                let mut stored: BTreeSet<i64> = own.iter().map(|log| log.id.get()).collect();
                while running.load(Ordering::Relaxed) {
                    let step = steps.fetch_add(1, Ordering::Relaxed);
                    let hour = TimeDelta::hours(step % 3_000);
                    let new = NewUsageLog::new(UsageLogType::Consume, 42)
                        .quota(1)
                        .created_at(at("2024-01-01T00:30:00Z") + hour)
                        .into_log(&ids)
                        .unwrap();
                    assert!(logs.append(&new).await.unwrap());
                    // A retry, as after a lost reply.
                    assert!(!logs.append(&new).await.unwrap());
                    stored.insert(new.id.get());
                    own.push(new);
                    if step % 3 == 0 {
                        let log = own.swap_remove(usize::try_from(step).unwrap() % own.len());
                        assert_eq!(logs.delete_many(&[log.id]).await.unwrap(), 1);
                        stored.remove(&log.id.get());
                    }
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                stored
            })
        };
        Self {
            tasks: stores.iter().enumerate().map(write).collect(),
            running,
            steps,
        }
    }

    /// Waits until they have written some logs.
    pub(crate) async fn progress(&self) {
        let target = self.steps.load(Ordering::Relaxed) + 20;
        while self.steps.load(Ordering::Relaxed) < target {
            let ended = self.tasks.iter().any(tokio::task::JoinHandle::is_finished);
            assert!(!ended, "a writer has failed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn stop(self) -> BTreeSet<i64> {
        self.running.store(false, Ordering::Relaxed);
        let mut stored = BTreeSet::new();
        for task in self.tasks {
            stored.extend(task.await.unwrap());
        }
        stored
    }
}

/// A table without partitions that has rows, one in an hour.
pub(crate) async fn older(store: &Arc<dyn Store>) -> Vec<UsageLog> {
    store.migrate(schema::all()).await.unwrap();
    let first = at("2024-01-01T00:00:00Z");
    let rows = logs_at((0..OLDER).map(|hour| first + TimeDelta::hours(hour)));
    UsageLogs::new(Arc::clone(store))
        .append_many(&rows)
        .await
        .unwrap();
    rows
}

/// Each of the rows is stored once, and no other one.
pub(crate) async fn assert_stored(store: &Arc<dyn Store>, expected: &BTreeSet<i64>) {
    let logs = UsageLogs::new(Arc::clone(store));
    let rows: Vec<UsageLog> = logs
        .stream(&UsageLogFilter::new())
        .try_collect()
        .await
        .unwrap();
    let ids: BTreeSet<i64> = rows.iter().map(|row| row.id.get()).collect();
    assert_eq!(ids.len(), rows.len(), "a row is stored twice");
    let lost: Vec<_> = expected.difference(&ids).collect();
    let surplus: Vec<_> = ids.difference(expected).collect();
    assert!(
        lost.is_empty() && surplus.is_empty(),
        "lost: {lost:?}, surplus: {surplus:?}"
    );
}

async fn a_table_is_moved_next_to_writers(place: &Place) {
    let plain = place.plain().await;
    let rows = older(&plain).await;
    if place.backend == "postgres" {
        // Triggers and privileges move along.
        plain.migrate(&[schema::usage_immutable()]).await.unwrap();
        place.execute(&["GRANT SELECT ON logs TO PUBLIC"]).await;
    }
    // `migrate` leaves a table with rows as it is, and it works.
    assert!(
        place
            .store
            .migrate(schema::all())
            .await
            .unwrap()
            .applied
            .is_empty()
    );
    let found = place.store.verify_schema(&[UsageLog::TABLE]).await.unwrap();
    let slow = |one: &Difference| one.severity == Severity::Slow && one.item == "partitions";
    assert!(found.len() == 1 && slow(&found[0]), "{found:?}");
    let partitions = place.partitions();
    assert_eq!(
        partitions.list().await.unwrap_err().kind(),
        ErrorKind::Schema
    );

    let stores = [Arc::clone(&plain), place.another().await];
    let writers = Writers::start(&stores, &rows);
    writers.progress().await;
    assert!(partitions.partition(month(2024, 7)).await.unwrap());
    writers.progress().await;
    assert!(!partitions.partition(month(2024, 7)).await.unwrap());
    partitions
        .create(month(2024, 7), month(2024, 10))
        .await
        .unwrap();
    writers.progress().await;
    let stored = writers.stop().await;
    assert_stored(&place.store, &stored).await;
    assert_eq!(
        names(&partitions).await,
        [
            "logs_before_2024_07",
            "logs_2024_07",
            "logs_2024_08",
            "logs_2024_09",
            "logs_rest"
        ]
    );
    assert_eq!(
        place.store.verify_schema(schema::tables()).await.unwrap(),
        []
    );
    if place.backend == "postgres" {
        let granted = "SELECT COUNT(*) FROM information_schema.table_privileges \
            WHERE table_schema = current_schema() AND table_name = 'logs' AND grantee = 'PUBLIC'";
        assert_eq!(place.number(granted).await, 1);
        let triggers = "SELECT COUNT(*) FROM pg_trigger WHERE tgname = 'logs_never_change'";
        assert!(place.number(triggers).await >= 5);
    } else {
        let triggers =
            "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()";
        assert_eq!(place.number(triggers).await, 0);
    }
    // The rows before the months are dropped as one.
    let dropped = partitions
        .drop_before(at("2024-07-01T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(dropped.len(), 1);
    let logs = UsageLogs::new(Arc::clone(&place.store));
    assert_eq!(
        logs.count(&UsageLogFilter::new(), 1).await.unwrap(),
        Count::Exactly(0)
    );
    for store in stores {
        store.close().await;
    }
}

async fn what_cannot_be_moved_changes_nothing(place: &Place) {
    let plain = place.plain().await;
    older(&plain).await;
    let partitions = place.partitions();
    if place.backend == "postgres" {
        let error = partitions.partition(month(2024, 2)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.violations()[0].rule(), "rows_later");
        place
            .execute(&["CREATE UNIQUE INDEX own ON logs (user_id, id)"])
            .await;
    } else {
        place
            .execute(&["CREATE TRIGGER own AFTER INSERT ON logs FOR EACH ROW SET @own = 1"])
            .await;
    }
    let error = partitions.partition(month(2024, 7)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        plain.verify_schema(&[UsageLog::TABLE]).await.unwrap().len(),
        usize::from(place.backend == "postgres")
    );
    // A row later than the month of the failed call is accepted.
    let logs = UsageLogs::new(Arc::clone(&plain));
    let later = logs_at((0..=OLDER).map(|_| at("2030-01-01T00:00:00Z")))
        .pop()
        .unwrap();
    assert!(logs.append(&later).await.unwrap());
    plain.close().await;
}

cases!(
    a_table_is_moved_next_to_writers,
    what_cannot_be_moved_changes_nothing,
);
