//! Unusual settings.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use genledger::log_writer::WhenFull;
use genledger::prelude::*;
use tokio::time::timeout;

use crate::faulty::{Faulty, Place};
use crate::load::{assert_rolled_up, stored};
use crate::rows::{Rows, name};
use crate::support::{LONG, Rejected, drained, spill_in, start};

async fn groups_of_one(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let verbs = UsageLogs::new(Arc::clone(&place.distant)).with_rollups();
    let verbs = Faulty::new(verbs, &place.switch);
    let config =
        rejected
            .config(WhenFull::Wait)
            .with_groups(1, 1 << 20, Duration::from_secs(3_600));
    let writer = config
        .with_logs(verbs.clone())
        .with_spill(Arc::clone(&spill))
        .start()
        .await
        .unwrap();
    let logs = Rows::new().many(60);
    for (number, log) in logs.iter().cloned().enumerate() {
        if number == 30 {
            place.leave();
        }
        writer.enqueue(log).await.unwrap();
    }
    writer.flush().await;
    assert!(writer.stats().spill_rows > 0);
    place.back();
    drained(&writer).await;
    assert_eq!(verbs.most_rows.load(Ordering::SeqCst), 1);
    assert_eq!(stored(&place.direct).await, logs.iter().map(name).collect());
    assert_rolled_up(&place.direct).await;
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
    place.close().await;
}

genledger_testkit::database_cases!(crate::support::run_on_place; groups_of_one);

/// A log that can never have room is refused at once, whatever is done when the queue is full.
#[tokio::test]
async fn a_log_is_larger_than_the_queue() {
    for when_full in [WhenFull::Wait, WhenFull::Refuse, WhenFull::Spill] {
        let place = Place::open("memory:").await;
        let spill = genledger::connect("memory:").await.unwrap();
        let config = Rejected::default().config(when_full).with_queue(10, 1_000);
        let writer = start(config, &place, Some(spill)).await;
        let large = Rows::new().large(1, 2_000);
        for outcome in [
            timeout(LONG, writer.enqueue(large.clone())).await.unwrap(),
            timeout(LONG, writer.append_durable(large.clone()))
                .await
                .unwrap()
                .map(drop),
        ] {
            let error = outcome.unwrap_err();
            let code = (error.kind(), error.code());
            assert_eq!(code, (ErrorKind::Invalid, Some("too_large")));
        }
        let small = Rows::new().usage(1);
        timeout(LONG, writer.append_durable(small))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(stored(&place.direct).await.len(), 1);
    }
}

/// When the queue is smaller than a group, a full queue is written at once, and does not wait until its logs are old.
#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_smaller_than_a_group() {
    for (rows, bytes) in [(7, 1 << 20), (1_000, 3_000)] {
        let place = Place::open("memory:").await;
        let config = Rejected::default()
            .config(WhenFull::Wait)
            .with_queue(rows, bytes)
            .with_groups(1_000, 1 << 20, Duration::from_secs(3_600));
        let writer = start(config, &place, None).await;
        let rows = Rows::new();
        let all = async {
            for number in 0..50 {
                writer.enqueue(rows.usage(number)).await.unwrap();
                writer.enqueue(rows.search(number)).await.unwrap();
            }
            writer.flush().await;
        };
        let waited = timeout(Duration::from_secs(20), all).await;
        assert!(waited.is_ok(), "{:?}", writer.stats());
        assert_eq!(stored(&place.direct).await.len(), 100);
    }
}

/// A full queue that refuses is written at once as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_refuses_is_smaller_than_a_group() {
    let place = Place::open("memory:").await;
    let config = Rejected::default()
        .config(WhenFull::Refuse)
        .with_queue(7, 1 << 20)
        .with_groups(1_000, 1 << 20, Duration::from_secs(3_600));
    let writer = start(config, &place, None).await;
    let rows = Rows::new();
    let all = async {
        let mut accepted = 0;
        while accepted < 50 {
            accepted += usize::from(writer.enqueue(rows.usage(1)).await.is_ok());
            tokio::task::yield_now().await;
        }
        writer.flush().await;
    };
    let waited = timeout(Duration::from_secs(20), all).await;
    assert!(waited.is_ok(), "{:?}", writer.stats());
    assert_eq!(stored(&place.direct).await.len(), 50);
}

/// A queue that refuses does not use the spill.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_that_refuses_has_a_spill() {
    let place = Place::open("memory:").await;
    let spill = genledger::connect("memory:").await.unwrap();
    let config = Rejected::default()
        .config(WhenFull::Refuse)
        .with_queue(5, 1 << 20)
        .with_spill_after(LONG);
    let writer = start(config, &place, Some(spill)).await;
    place.leave();
    let rows = Rows::new();
    for number in 0..5 {
        writer.enqueue(rows.usage(number)).await.unwrap();
    }
    let error = writer.enqueue(rows.usage(5)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(writer.stats().spill_rows, 0);
    place.back();
    drained(&writer).await;
    assert_eq!(stored(&place.direct).await.len(), 5);
}

/// The caller learns at once that its log breaks a rule.
#[tokio::test]
async fn a_log_breaks_a_rule() {
    let place = Place::open("memory:").await;
    let writer = start(Rejected::default().config(WhenFull::Wait), &place, None).await;
    let mut log = Rows::new().usage(1);
    log.kind = UsageLogType::Unknown;
    for error in [
        writer.enqueue(log.clone()).await.unwrap_err(),
        writer.append_durable(log).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.violations()[0].rule(), "unknown_type");
    }
    assert_eq!(writer.stats().accepted, 0);
}
