//! Logs that are written: all of them, once, whatever the others are.

use std::sync::Arc;
use std::time::Duration;

use genledger::activity::{ActivityLogs, SearchLog};
use genledger::log_writer::{Appended, WhenFull};
use genledger::prelude::*;

use crate::sample::{
    LONG, Rejected, assert_rolled_up, ids, migrated, searches, stored, stored_searches, usage, with,
};

async fn logs_of_many_callers_are_written_once(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let rejected = Rejected::default();
    let writer = rejected
        .config(WhenFull::Wait)
        .with_logs(logs)
        .with_logs(ActivityLogs::<SearchLog>::new(Arc::clone(store)))
        .with_groups(50, 1 << 20, Duration::from_millis(5))
        .start()
        .await
        .unwrap();
    let (rows, found) = (usage(600), searches(100));
    let mut callers = Vec::new();
    for (number, row) in rows.iter().cloned().enumerate() {
        let writer = writer.clone();
        callers.push(tokio::spawn(async move {
            if number % 2 == 0 {
                writer.enqueue(row).await.unwrap();
            } else {
                assert_eq!(writer.append_durable(row).await, Ok(Appended::New));
            }
        }));
    }
    for search in found {
        let writer = writer.clone();
        callers.push(tokio::spawn(async move {
            writer.enqueue(search).await.unwrap();
        }));
    }
    for caller in callers {
        caller.await.unwrap();
    }
    writer.flush().await;
    assert_eq!(stored(store).await, ids(&rows));
    assert_eq!(stored_searches(store).await, 100);
    assert_rolled_up(store).await;
    let stats = writer.stats();
    assert_eq!((stats.accepted, stats.written), (700, 700));
    assert_eq!(
        (stats.queued_rows, stats.queued_bytes, stats.queue_age),
        (0, 0, None)
    );
    assert_eq!((stats.spilled, stats.rejected, stats.refused), (0, 0, 0));

    // A replay of an acknowledged log is recognised.
    let again = writer.append_durable(rows[7].clone()).await;
    assert_eq!(again, Ok(Appended::Present));
    assert_rolled_up(store).await;
    writer.shutdown(LONG).await.unwrap();
    assert_eq!(rejected.len(), 0);
}

async fn a_log_that_is_refused_takes_no_other_with_it(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let rows = usage(300);
    let taken = with(&rows[123], |log| log.quota = 1_000_000);
    logs.append(&taken).await.unwrap();
    let rejected = Rejected::default();
    let writer = rejected
        .config(WhenFull::Wait)
        .with_logs(logs)
        .with_groups(1_000, 1 << 20, Duration::from_secs(3600))
        .start()
        .await
        .unwrap();
    for row in &rows {
        writer.enqueue(row.clone()).await.unwrap();
    }
    writer.flush().await;
    assert_eq!(rejected.usage(), [(123, ErrorKind::UniqueViolation)]);
    // A caller that waits gets the error itself.
    let error = writer.append_durable(rows[123].clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert_eq!(rejected.len(), 1);
    assert_eq!(stored(store).await, ids(&rows));
    assert_rolled_up(store).await;
    let stats = writer.stats();
    assert_eq!(
        (stats.accepted, stats.written, stats.rejected),
        (301, 299, 2)
    );

    // A log that breaks a rule is refused at once.
    let wrong = with(&rows[0], |log| log.prompt_tokens = -1);
    let error = writer.enqueue(wrong).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.violations()[0].path(), "prompt_tokens");
    assert_eq!(writer.stats().accepted, 301);
}

async fn a_flush_makes_logs_visible(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let writer = Rejected::default()
        .config(WhenFull::Wait)
        .with_logs(logs)
        .with_groups(10_000, 1 << 20, Duration::from_secs(3600))
        .start()
        .await
        .unwrap();
    let rows = usage(20);
    for row in rows.iter().cloned() {
        writer.enqueue(row).await.unwrap();
    }
    assert_eq!(stored(store).await.len(), 0);
    assert!(writer.stats().queue_age.is_some());
    writer.flush().await;
    assert_eq!(stored(store).await, ids(&rows));
}

genledger_testkit::store_cases!(
    logs_of_many_callers_are_written_once,
    a_log_that_is_refused_takes_no_other_with_it,
    a_flush_makes_logs_visible,
);
