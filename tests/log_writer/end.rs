//! The end of a writer: with time, without time, and without being asked.

use std::sync::Arc;
use std::time::Duration;

use genledger::log_writer::{LogWriterConfig, WhenFull};
use genledger::prelude::*;

use crate::sample::{
    Away, LONG, Rejected, assert_rolled_up, ids, memory, migrated, stored, until, usage,
};

async fn a_shutdown_writes_what_is_in_the_queue(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let writer = waiting(&Rejected::default())
        .with_logs(logs)
        .start()
        .await
        .unwrap();
    let rows = usage(500);
    let callers: Vec<_> = rows
        .chunks(100)
        .map(|rows| {
            let (writer, rows) = (writer.clone(), rows.to_vec());
            tokio::spawn(async move {
                let mut accepted = Vec::new();
                for row in rows {
                    match writer.enqueue(row.clone()).await {
                        Ok(()) => accepted.push(row),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable),
                    }
                    tokio::task::yield_now().await;
                }
                accepted
            })
        })
        .collect();
    until(&writer, |stats| stats.accepted > 50).await;
    writer.shutdown(LONG).await.unwrap();
    let mut accepted = Vec::new();
    for caller in callers {
        accepted.extend(caller.await.unwrap());
    }
    assert_eq!(stored(store).await, ids(&accepted));
    assert_rolled_up(store).await;
    let error = writer.enqueue(usage(1).remove(0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

genledger_testkit::store_cases!(a_shutdown_writes_what_is_in_the_queue);

fn waiting(rejected: &Rejected) -> LogWriterConfig {
    rejected
        .config(WhenFull::Wait)
        .with_groups(7, 1 << 20, Duration::from_secs(3600))
        .with_spill_after(LONG)
}

#[tokio::test]
async fn what_is_not_written_in_time_goes_to_the_spill() {
    let (store, spill) = (memory().await, memory().await);
    let away = Away::hanging(migrated(&store).await);
    let rejected = Rejected::default();
    let rows = usage(50);
    let writer = waiting(&rejected)
        .with_logs(away.clone())
        .with_spill(Arc::clone(&spill))
        .start()
        .await
        .unwrap();
    for row in rows.iter().cloned() {
        writer.enqueue(row).await.unwrap();
    }
    writer.shutdown(Duration::from_millis(50)).await.unwrap();
    assert_eq!(rejected.len(), 0);
    let stats = writer.stats();
    assert_eq!((stats.spill_rows, stats.queued_rows), (50, 0));

    away.back();
    let next = waiting(&rejected)
        .with_logs(away)
        .with_spill(spill)
        .start()
        .await
        .unwrap();
    until(&next, |stats| stats.spill_rows == 0).await;
    assert_eq!(stored(&store).await, ids(&rows));
    assert_rolled_up(&store).await;
}

#[tokio::test]
async fn without_a_spill_what_is_not_written_in_time_is_handed_back() {
    let store = memory().await;
    let away = Away::hanging(migrated(&store).await);
    let rejected = Rejected::default();
    let writer = waiting(&rejected).with_logs(away).start().await.unwrap();
    for row in usage(50) {
        writer.enqueue(row).await.unwrap();
    }
    let error = writer
        .shutdown(Duration::from_millis(50))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().starts_with("50 logs"), "{error}");
    let expected: Vec<_> = (0..50)
        .map(|quota| (quota, ErrorKind::OutcomeUnknown))
        .collect();
    let mut handed_back = rejected.usage();
    handed_back.sort_by_key(|one| one.0);
    assert_eq!(handed_back, expected);
}

#[tokio::test]
async fn a_writer_that_is_dropped_writes_what_is_in_the_queue() {
    let store = memory().await;
    let logs = migrated(&store).await;
    let writer = waiting(&Rejected::default())
        .with_logs(logs)
        .start()
        .await
        .unwrap();
    let rows = usage(50);
    for row in rows.iter().cloned() {
        writer.enqueue(row).await.unwrap();
    }
    drop(writer);
    let waited = tokio::time::timeout(LONG, async {
        while stored(&store).await.len() < 50 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.unwrap();
    assert_eq!(stored(&store).await, ids(&rows));
}

/// The runtime ends while logs are in the queue and being written.
#[test]
fn a_runtime_that_ends_leaves_the_logs_in_the_spill() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("spill.db").display());
    let rows = usage(50);
    let run = |test: &dyn Fn() -> std::pin::Pin<Box<dyn Future<Output = ()>>>| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(test());
    };
    run(&|| {
        let (url, rows) = (url.clone(), rows.clone());
        Box::pin(async move {
            let store = memory().await;
            let writer = waiting(&Rejected::default())
                .with_logs(Away::hanging(migrated(&store).await))
                .with_spill(genledger::connect(&url).await.unwrap())
                .start()
                .await
                .unwrap();
            for row in rows {
                writer.enqueue(row).await.unwrap();
            }
        })
    });
    run(&|| {
        let (url, rows) = (url.clone(), rows.clone());
        Box::pin(async move {
            let store = memory().await;
            let writer = waiting(&Rejected::default())
                .with_logs(migrated(&store).await)
                .with_spill(genledger::connect(&url).await.unwrap())
                .start()
                .await
                .unwrap();
            until(&writer, |stats| stats.spill_rows == 0).await;
            assert_eq!(stored(&store).await, ids(&rows));
        })
    });
}
