//! Logs that go to the spill while the database is away, and are written once it is back.

use std::sync::Arc;
use std::time::Duration;

use genledger::activity::{ActivityLogs, SearchLog};
use genledger::log_writer::{Appended, WhenFull};
use genledger::prelude::*;

use crate::sample::{
    Away, LONG, Rejected, assert_rolled_up, ids, memory, migrated, searches, stored,
    stored_searches, until, usage, with,
};

async fn logs_wait_in_the_spill_for_the_database(store: &Arc<dyn Store>) {
    let away = Away::new(migrated(store).await);
    let searched = Away::new(ActivityLogs::<SearchLog>::new(Arc::clone(store)));
    let rejected = Rejected::default();
    let spill = genledger::connect("sqlite::memory:").await.unwrap();
    let writer = rejected
        .config(WhenFull::Wait)
        .with_logs(away.clone())
        .with_logs(searched.clone())
        .with_spill(Arc::clone(&spill))
        .start()
        .await
        .unwrap();
    let (rows, found) = (usage(1_300), searches(40));
    for row in rows[..1_299].iter().cloned() {
        writer.enqueue(row).await.unwrap();
    }
    for search in found {
        writer.enqueue(search).await.unwrap();
    }
    let last = writer.append_durable(rows[1_299].clone()).await;
    assert_eq!(last, Ok(Appended::Spilled));
    writer.flush().await;
    let stats = writer.stats();
    assert_eq!(
        (stats.spilled, stats.spill_rows, stats.written),
        (1_340, 1_340, 0)
    );
    assert_eq!(stored(store).await.len(), 0);

    away.back();
    searched.back();
    until(&writer, |stats| stats.spill_rows == 0).await;
    assert_eq!(stored(store).await, ids(&rows));
    assert_eq!(stored_searches(store).await, 40);
    assert_rolled_up(store).await;
    let stats = writer.stats();
    assert_eq!((stats.replayed, stats.rejected), (1_340, 0));

    // From then on logs are written directly.
    let more = usage(1);
    assert_eq!(
        writer.append_durable(more[0].clone()).await,
        Ok(Appended::New)
    );
    writer.shutdown(LONG).await.unwrap();
    assert_eq!(rejected.len(), 0);
    spill.close().await;
}

/// What a process left in the spill is written by the next one; what it had written already counts once.
async fn a_spill_outlives_its_process(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("spill.db").display());
    let rows = usage(700);
    let rejected = Rejected::default();
    {
        let spill = genledger::connect(&url).await.unwrap();
        let writer = rejected
            .config(WhenFull::Wait)
            .with_logs(Away::new(logs.clone()))
            .with_spill(Arc::clone(&spill))
            .start()
            .await
            .unwrap();
        for row in rows.iter().cloned() {
            writer.enqueue(row).await.unwrap();
        }
        writer.flush().await;
        drop(writer);
        spill.close().await;
    }
    // It was killed after it had written some of them, before it had removed them from the spill.
    logs.append_many(&rows[..250]).await.unwrap();
    let different = with(&rows[300], |log| log.quota = 77_777);
    logs.append(&different).await.unwrap();

    let spill = genledger::connect(&url).await.unwrap();
    let writer = rejected
        .config(WhenFull::Wait)
        .with_logs(logs)
        .with_spill(Arc::clone(&spill))
        .start()
        .await
        .unwrap();
    until(&writer, |stats| stats.spill_rows == 0).await;
    assert_eq!(stored(store).await, ids(&rows));
    assert_rolled_up(store).await;
    assert_eq!(writer.stats().replayed, 699);
    // One was refused, and was handed back without keeping the others.
    assert_eq!(rejected.usage(), [(300, ErrorKind::UniqueViolation)]);
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
}

genledger_testkit::store_cases!(
    logs_wait_in_the_spill_for_the_database,
    a_spill_outlives_its_process,
);

/// A spill can be any store, and never confuses its tables with those of the database.
#[tokio::test]
async fn a_spill_has_tables_of_its_own() {
    let store = memory().await;
    let away = Away::new(migrated(&store).await);
    let writer = Rejected::default()
        .config(WhenFull::Wait)
        .with_logs(away.clone())
        .with_spill(Arc::clone(&store))
        .start()
        .await
        .unwrap();
    let rows = usage(10);
    for row in rows.iter().cloned() {
        assert_eq!(writer.append_durable(row).await, Ok(Appended::Spilled));
    }
    assert_eq!(stored(&store).await.len(), 0);
    away.back();
    until(&writer, |stats| stats.spill_rows == 0).await;
    assert_eq!(stored(&store).await, ids(&rows));
}

/// Without a spill logs stay in the queue until the database is back.
#[tokio::test]
async fn without_a_spill_logs_wait_in_the_queue() {
    let store = memory().await;
    let away = Away::new(migrated(&store).await);
    let writer = Rejected::default()
        .config(WhenFull::Wait)
        .with_logs(away.clone())
        .start()
        .await
        .unwrap();
    let rows = usage(100);
    for row in rows[1..].iter().cloned() {
        writer.enqueue(row).await.unwrap();
    }
    let durable = writer.append_durable(rows[0].clone());
    let mut durable = std::pin::pin!(durable);
    let early = tokio::time::timeout(Duration::from_millis(100), durable.as_mut());
    assert!(early.await.is_err());
    until(&writer, |stats| stats.retried > 0).await;
    away.back();
    assert_eq!(durable.await, Ok(Appended::New));
    writer.flush().await;
    assert_eq!(stored(&store).await, ids(&rows));
}

/// An attempt that never ends is cancelled, and its logs go to the spill.
#[tokio::test]
async fn a_database_that_does_not_respond_is_away() {
    let store = memory().await;
    let away = Away::hanging(migrated(&store).await);
    let spill = memory().await;
    let writer = Rejected::default()
        .config(WhenFull::Wait)
        .with_attempt_timeout(Duration::from_millis(50))
        .with_logs(away.clone())
        .with_spill(spill)
        .start()
        .await
        .unwrap();
    let rows = usage(2);
    for row in rows.iter().cloned() {
        assert_eq!(writer.append_durable(row).await, Ok(Appended::Spilled));
    }
    away.back();
    until(&writer, |stats| stats.replayed == 2).await;
    assert_eq!(stored(&store).await, ids(&rows));
}
