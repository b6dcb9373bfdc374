//! A queue that is full: each caller gets what the configuration says, and memory stays bounded.

use std::sync::Arc;
use std::time::Duration;

use genledger::log_writer::{LogWriter, WhenFull};
use genledger::prelude::*;

use crate::sample::{Away, LONG, Rejected, ids, memory, migrated, stored, until, usage, with};

const ROWS: usize = 20;

async fn stalled(
    when_full: WhenFull,
    spill: Option<Arc<dyn Store>>,
) -> (Arc<dyn Store>, Away<UsageLogs>, LogWriter) {
    let store = memory().await;
    let away = Away::hanging(migrated(&store).await);
    let mut config = Rejected::default()
        .config(when_full)
        .with_logs(away.clone())
        .with_spill_after(LONG)
        .with_attempt_timeout(Duration::from_millis(200))
        .with_queue(ROWS, 1 << 20);
    if let Some(spill) = spill {
        config = config.with_spill(spill);
    }
    let writer = config.start().await.unwrap();
    (store, away, writer)
}

#[tokio::test]
async fn callers_wait_for_room() {
    let (store, away, writer) = stalled(WhenFull::Wait, None).await;
    let rows = usage(60);
    let callers: Vec<_> = rows
        .iter()
        .cloned()
        .map(|row| {
            let writer = writer.clone();
            tokio::spawn(async move { writer.enqueue(row).await.unwrap() })
        })
        .collect();
    until(&writer, |stats| stats.accepted == 20).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let stats = writer.stats();
    assert_eq!((stats.accepted, stats.queued_rows), (20, 20));
    away.back();
    for caller in callers {
        caller.await.unwrap();
    }
    writer.flush().await;
    assert_eq!(stored(&store).await, ids(&rows));
}

#[tokio::test]
async fn callers_are_refused() {
    let (store, away, writer) = stalled(WhenFull::Refuse, None).await;
    let rows = usage(ROWS + 2);
    for row in rows[..ROWS].iter().cloned() {
        writer.enqueue(row).await.unwrap();
    }
    let refused = writer.enqueue(rows[ROWS].clone()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    let refused = writer.append_durable(rows[ROWS].clone()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    let stats = writer.stats();
    assert_eq!((stats.accepted, stats.refused), (20, 2));
    away.back();
    writer.flush().await;
    writer.enqueue(rows[ROWS + 1].clone()).await.unwrap();
    writer.flush().await;
    assert_eq!(stored(&store).await.len(), ROWS + 1);
}

#[tokio::test]
async fn logs_go_to_the_spill() {
    let spill = memory().await;
    let (store, away, writer) = stalled(WhenFull::Spill, Some(spill)).await;
    let rows = usage(200);
    for row in rows.iter().cloned() {
        writer.enqueue(row).await.unwrap();
        assert!(writer.stats().queued_rows <= 20);
    }
    let stats = writer.stats();
    assert_eq!((stats.accepted, stats.spill_rows), (200, 180));
    away.back();
    until(&writer, |stats| stats.spill_rows == 0).await;
    writer.flush().await;
    assert_eq!(stored(&store).await, ids(&rows));
    let stats = writer.stats();
    assert_eq!((stats.written, stats.replayed), (20, 180));
}

/// When the spill is full as well, the caller learns it; everything that was accepted is written.
#[tokio::test]
async fn a_full_spill_is_an_error() {
    let spill = genledger::connect("sqlite::memory:?max_size_kib=256")
        .await
        .unwrap();
    let (store, away, writer) = stalled(WhenFull::Spill, Some(Arc::clone(&spill))).await;
    let mut accepted = Vec::new();
    let error = loop {
        let row = with(&usage(1).remove(0), |log| log.content = "x".repeat(2_000));
        match writer.enqueue(row.clone()).await {
            Ok(()) => accepted.push(row),
            Err(error) => break error,
        }
        assert!(accepted.len() < 1_000, "there is no bound");
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(accepted.len() > ROWS + 10, "{}", accepted.len());
    assert_eq!(writer.stats().refused, 1);
    away.back();
    until(&writer, |stats| stats.spill_rows == 0).await;
    writer.flush().await;
    assert_eq!(stored(&store).await, ids(&accepted));
    spill.close().await;
}

#[tokio::test]
async fn the_bytes_of_the_queue_are_bounded() {
    let store = memory().await;
    let away = Away::hanging(migrated(&store).await);
    let writer = Rejected::default()
        .config(WhenFull::Refuse)
        .with_logs(away.clone())
        .with_queue(1_000_000, 100_000)
        .start()
        .await
        .unwrap();
    let large = || with(&usage(1).remove(0), |log| log.content = "x".repeat(9_000));
    let mut accepted = 0;
    while writer.enqueue(large()).await.is_ok() {
        accepted += 1;
        assert!(writer.stats().queued_bytes <= 100_000);
    }
    assert_eq!(accepted, 10);
    // A log that can never have room is another error.
    let huge = with(&large(), |log| log.content = "x".repeat(200_000));
    let error = writer.enqueue(huge).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Invalid, Some("too_large"))
    );
    away.back();
}
