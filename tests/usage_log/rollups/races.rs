//! Roll-ups agree with the logs when several sessions write at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use genledger::ErrorKind;
use genledger::contract::{SessionExt, Store, StoreExt, Tx};
use genledger::usage::{
    UsageDimension, UsageLogs, UsageRollup, UsageRollupSet, UsageRollups, UsageTotalsColumns,
};

use super::{expected, logs, stored};
use crate::sample::{after, consume, migrated};
use crate::statistics::mixed;

/// Retries while another session conflicts.
macro_rules! retried {
    ($work:expr) => {
        loop {
            match $work.await {
                Err(error) if error.is_retryable() => {}
                done => break done.unwrap(),
            }
        }
    };
}

async fn two_sessions_that_delete_the_same_log_subtract_it_once(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    let rows = logs((0..10).map(|quota| consume().quota(quota)));
    with.append_many(&rows).await.unwrap();
    let ids: Vec<_> = rows[..6].iter().map(|row| row.id).collect();
    // The second reads the rows while the first has deleted them without a commit.
    let deleted = tokio::sync::Notify::new();
    let first = store.transaction(|tx| {
        let (ids, deleted) = (&ids[..4], &deleted);
        async move {
            let count = with.within(&tx).delete_many(ids).await?;
            deleted.notify_one();
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(count)
        }
    });
    let second = async {
        deleted.notified().await;
        with.delete_many(&ids[2..]).await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!((first.unwrap(), second.unwrap()), (4, 2));
    assert_eq!(stored(store).await, expected(&rows[6..]));
}

async fn repairing_waits_for_writers(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    let rows = logs((0..4).map(|quota| {
        let group = ["default", "vip"][usize::try_from(quota % 2).unwrap()];
        consume().quota(quota).group(group)
    }));
    with.append_many(&rows[..1]).await.unwrap();
    // The roll-up is wrong, and while it is repaired another session adds to it, and to a missing one.
    let by_user = UsageRollupSet::of([UsageDimension::User, UsageDimension::Model]);
    let wrong = [UsageRollup::QUOTA.plus(100)];
    let session = store.session();
    session
        .update_where(UsageRollup::DIMENSION_SET.eq(by_user.code()), wrong)
        .await
        .unwrap();
    let written = tokio::sync::Notify::new();
    let append = store.transaction(|tx| {
        let (rows, written) = (&rows[1..], &written);
        async move {
            let outcomes = with.within(&tx).append_many(rows).await?;
            written.notify_one();
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(outcomes)
        }
    });
    let rollups = UsageRollups::new(Arc::clone(store));
    let repair = async {
        written.notified().await;
        rollups.reconcile(after(0), after(900)).await
    };
    let (append, repair) = tokio::join!(append, repair);
    append.unwrap();
    assert_eq!(repair.unwrap(), 1);
    assert_eq!(stored(store).await, expected(&rows));
}

/// An append of a transaction rolls back only itself. Two at a time are not queued: the second is
/// refused, and leaves nothing.
async fn steps_of_one_transaction_do_not_mix(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    let mut rows = logs((0..20).map(|_| consume()));
    rows[0].quota = i64::MAX;
    let (large, rows) = (&rows[..1], &rows[1..]);
    with.append_many(&rows[..1]).await.unwrap();
    let work = |tx: Tx| async move {
        for row in &rows[1..] {
            let (one, other) = (with.within(&tx), with.within(&tx));
            assert!(other.append(&large[0]).await.is_err());
            let (appended, second) = tokio::join!(one.append(row), other.append(row));
            assert!(appended?);
            match second {
                Ok(new) => assert!(!new, "a row was appended twice"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Invalid),
            }
        }
        Ok(())
    };
    store.transaction(work).await.unwrap();
    assert!(with.find(large[0].id).await.unwrap().is_none());
    assert_eq!(stored(store).await, expected(rows));
}

async fn repairing_while_logs_are_added_and_deleted(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    let rows = logs((0..3).map(|quota| consume().quota(100 + quota)));
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    for row in rows.clone() {
        let (with, stop) = (with.clone(), Arc::clone(&stop));
        writers.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                retried!(with.append(&row));
                retried!(with.delete_many(&[row.id]));
            }
        }));
    }
    // Whatever state it reads, the roll-ups are correct, so there is nothing to repair.
    let rollups = UsageRollups::new(Arc::clone(store));
    let (mut repaired, begin) = (0, Instant::now());
    while begin.elapsed() < Duration::from_secs(2) {
        repaired += retried!(rollups.reconcile(after(0), after(900)));
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(repaired, 0);
    assert_eq!(stored(store).await, Default::default());
}

async fn writers_at_the_same_time_count_once(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    // All writers write all rows of few quarters, each in an order of its own; some also delete.
    let rows = Arc::new(logs(mixed(120, 40)));
    let doomed: Vec<_> = rows[..30].iter().map(|row| row.id).collect();
    let mut writers = Vec::new();
    for writer in 0..4_usize {
        let (with, rows, doomed) = (with.clone(), Arc::clone(&rows), doomed.clone());
        writers.push(tokio::spawn(async move {
            let mut mine = rows.to_vec();
            mine.rotate_left(writer * 31);
            for batch in mine.chunks(15) {
                retried!(with.append_many(batch));
            }
            if writer % 2 == 0 {
                let mut doomed = doomed;
                doomed.rotate_left(writer * 7);
                retried!(with.delete_many(&doomed));
            }
        }));
    }
    let rollups = UsageRollups::new(Arc::clone(store));
    retried!(rollups.reconcile(after(0), after(9_000)));
    for writer in writers {
        writer.await.unwrap();
    }
    let mut left = Vec::new();
    for row in rows.iter() {
        left.extend(with.find(row.id).await.unwrap().map(|found| found.log));
    }
    assert!(left.len() >= 90);
    assert_eq!(stored(store).await, expected(&left));
    assert_eq!(rollups.reconcile(after(0), after(9_000)).await.unwrap(), 0);
}

genledger_testkit::layout_cases!(
    two_sessions_that_delete_the_same_log_subtract_it_once,
    repairing_waits_for_writers,
    repairing_while_logs_are_added_and_deleted,
    steps_of_one_transaction_do_not_mix,
    writers_at_the_same_time_count_once,
);
