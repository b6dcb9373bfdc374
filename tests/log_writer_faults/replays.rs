//! What can go wrong with a spill.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use genledger::contract::{Error, RowOutcome, SessionExt};
use genledger::log_writer::{AppendLogs, Appended, LogWriterConfig, WhenFull};
use genledger::prelude::*;
use tokio::time::{sleep, timeout};

use crate::faulty::{Faulty, Mode, Place, Switch};
use crate::load::{Load, assert_rolled_up, stored};
use crate::rows::{Rows, name};
use crate::support::{
    LONG, Rejected, assert_empty, drained, millis, replay, spill_in, start, until, with_logs,
};

/// A log that is in the spill is appended again: before and after the replay, and during it.
async fn a_log_is_in_the_queue_and_in_the_spill(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let writer = start(
        rejected.config(WhenFull::Wait),
        &place,
        Some(Arc::clone(&spill)),
    )
    .await;
    let logs = Rows::new().many(200);
    let again = |expected: &'static [Appended]| {
        let (writer, logs) = (writer.clone(), logs.clone());
        async move {
            let callers = logs.iter().cloned().map(|log| {
                let writer = writer.clone();
                tokio::spawn(async move { writer.append_durable(log).await.unwrap() })
            });
            for caller in callers.collect::<Vec<_>>() {
                let appended = caller.await.unwrap();
                assert!(expected.contains(&appended), "{appended:?}");
            }
        }
    };
    place.leave();
    again(&[Appended::Spilled]).await;
    again(&[Appended::Spilled]).await;
    assert_eq!(writer.stats().spill_rows, 200);
    place.back();
    again(&[Appended::Spilled, Appended::New, Appended::Present]).await;
    drained(&writer).await;
    again(&[Appended::Present]).await;
    assert_eq!(stored(&place.direct).await, logs.iter().map(name).collect());
    assert_rolled_up(&place.direct).await;
    assert_eq!(rejected.all(), []);
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
    assert_empty(folder.path()).await;
    place.close().await;
}

/// Two writers, each with its own store of one file, as in two processes.
async fn two_writers_share_a_spill(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let rejected = Rejected::default();
    let (mut writers, mut spills) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let spill = spill_in(folder.path()).await;
        let config = rejected
            .config(WhenFull::Spill)
            .with_queue(100, 1 << 20)
            .with_spill_after(millis(5))
            .with_replay_interval(millis(3));
        writers.push(start(config, &place, Some(Arc::clone(&spill))).await);
        spills.push(spill);
    }
    let load = Load::new(millis(2));
    let mut callers = load.start(&writers[0], 8);
    callers.extend(load.start(&writers[1], 8));
    for round in 0..12 {
        place.leave();
        sleep(millis(30)).await;
        place.back();
        sleep(millis(20 + 10 * (round % 3))).await;
    }
    load.stop(callers).await;
    for writer in &writers {
        drained(writer).await;
    }
    for writer in &writers {
        drained(writer).await;
        writer.shutdown(LONG).await.unwrap();
    }
    for spill in spills {
        spill.close().await;
    }
    load.check(&place.direct, &rejected).await;
    assert_eq!(rejected.all(), []);
    assert_empty(folder.path()).await;
    place.close().await;
}

genledger_testkit::database_cases!(
    crate::support::run_on_place;
    a_log_is_in_the_queue_and_in_the_spill,
    two_writers_share_a_spill,
);

/// Writes logs to a spill, while nothing is written from it, and closes it.
async fn spilled(folder: &std::path::Path, logs: &[UsageLog]) {
    let place = Place::open("memory:").await;
    place.leave();
    let spill = spill_in(folder).await;
    let config = Rejected::default().config(WhenFull::Wait);
    let writer = start(config, &place, Some(Arc::clone(&spill))).await;
    for log in logs.iter().cloned() {
        writer.enqueue(log).await.unwrap();
    }
    writer.flush().await;
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
}

/// The time of a log in the spill as a plain number.
#[derive(Clone, Debug, genledger::contract::Entity)]
#[entity(table = "spilled_logs", key(id))]
struct PlainLog {
    /// The id.
    id: i64,
    /// A plain number.
    #[column(filter)]
    created_at: i64,
}

/// A log that cannot be read stays in the spill, and neither hides the others nor keeps logs from being written
/// directly.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_read_stays() {
    let folder = tempfile::tempdir().unwrap();
    let logs = Rows::new().many(1_200);
    spilled(folder.path(), &logs).await;
    let spill = spill_in(folder.path()).await;
    let damaged: Vec<i64> = [0, 499, 500, 700]
        .map(|at: usize| logs[at].id.get())
        .to_vec();
    let damage = PlainLog::CREATED_AT.set(i64::MAX);
    let count = spill
        .session()
        .update_where(PlainLog::ID.is_in(&damaged), [damage])
        .await
        .unwrap();
    assert_eq!(count, 4);

    let place = Place::open("memory:").await;
    let rejected = Rejected::default();
    let writer = start(
        rejected.config(WhenFull::Wait),
        &place,
        Some(Arc::clone(&spill)),
    )
    .await;
    until(&writer, |stats| stats.spill_rows == 4).await;
    assert_eq!(stored(&place.direct).await.len(), 1_196);
    place.leave();
    let more = Rows::new();
    let appended = writer.append_durable(more.usage(1)).await;
    assert_eq!(appended, Ok(Appended::Spilled));
    place.back();
    until(&writer, |stats| stats.spill_rows == 4).await;
    let appended = writer.append_durable(more.usage(2)).await;
    assert_eq!(appended, Ok(Appended::New));
    assert_eq!(rejected.all(), []);
    assert_eq!(stored(&place.direct).await.len(), 1_198);
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
}

/// Verbs that panic do not end the replay for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_does_not_end_the_replay() {
    let folder = tempfile::tempdir().unwrap();
    let logs = Rows::new().many(50);
    spilled(folder.path(), &logs).await;
    let place = Place::open("memory:").await;
    place.switch.set(Mode::Panics);
    let spill = spill_in(folder.path()).await;
    let writer = start(
        Rejected::default().config(WhenFull::Wait),
        &place,
        Some(spill),
    )
    .await;
    sleep(millis(100)).await;
    place.back();
    drained(&writer).await;
    assert_eq!(stored(&place.direct).await.len(), 50);
}

/// A database that fails for a while, in a way that says nothing of a log, loses no log of the spill.
#[tokio::test(flavor = "multi_thread")]
async fn errors_without_a_meaning_lose_no_log_of_the_spill() {
    let folder = tempfile::tempdir().unwrap();
    let logs = Rows::new().many(50);
    spilled(folder.path(), &logs).await;
    let place = Place::open("memory:").await;
    place.switch.set(Mode::FailsSomehow);
    let (rejected, spill) = (Rejected::default(), spill_in(folder.path()).await);
    let writer = start(rejected.config(WhenFull::Wait), &place, Some(spill)).await;
    sleep(millis(500)).await;
    place.back();
    drained(&writer).await;
    assert_eq!(rejected.all(), []);
    assert_eq!(stored(&place.direct).await.len(), 50);
}

/// Verbs that fail in a way that says nothing, a few times.
struct Failing(Faulty<UsageLogs>, AtomicUsize);

#[genledger::async_trait]
impl AppendLogs for Failing {
    type Log = UsageLog;

    async fn append_logs(&self, logs: &[UsageLog]) -> Result<Vec<RowOutcome>> {
        let left = |left: usize| left.checked_sub(1);
        let failing = self
            .1
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, left);
        if failing.is_ok() {
            return Err(Error::new(ErrorKind::Other, "somehow"));
        }
        self.0.append_logs(logs).await
    }
}

/// An error without a meaning is not at once that of a log.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_without_a_meaning_is_retried() {
    let place = Place::open("memory:").await;
    let verbs = UsageLogs::new(Arc::clone(&place.direct)).with_rollups();
    let failing = Failing(Faulty::new(verbs, &place.switch), AtomicUsize::new(2));
    let rejected = Rejected::default();
    let config = rejected.config(WhenFull::Wait).with_logs(failing);
    let writer = config.start().await.unwrap();
    let appended = timeout(LONG, writer.append_durable(Rows::new().usage(2))).await;
    assert_eq!(appended.unwrap(), Ok(Appended::New));
    assert_eq!(writer.stats().retried, 2);
}

/// A function for rejected logs that panics affects no other log.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_the_function_for_rejected_logs() {
    let folder = tempfile::tempdir().unwrap();
    let rows = Rows::new();
    let logs = rows.many(50);
    spilled(folder.path(), &logs).await;
    let place = Place::open("memory:").await;
    let verbs = UsageLogs::new(Arc::clone(&place.direct)).with_rollups();
    let different = |log: &UsageLog| {
        let mut log = log.clone();
        log.quota = 1_000_000;
        log
    };
    for number in [10, 20, 30] {
        verbs.append(&different(&logs[number])).await.unwrap();
    }
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let config = LogWriterConfig::new(WhenFull::Wait, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        panic!("a panic of the test");
    });
    let spill = spill_in(folder.path()).await;
    let config = config.with_replay_interval(millis(10)).with_spill(spill);
    let writer = config.with_logs(verbs.clone()).start().await.unwrap();
    drained(&writer).await;
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    // And of logs that no caller waits for.
    let more = rows.many(60);
    verbs.append(&different(&more[30])).await.unwrap();
    for log in more.iter().cloned() {
        writer.enqueue(log).await.unwrap();
    }
    drained(&writer).await;
    assert_eq!(calls.load(Ordering::SeqCst), 4);
    assert_eq!(stored(&place.direct).await.len(), 110);
    timeout(LONG, writer.shutdown(LONG)).await.unwrap().unwrap();
}

/// A caller that is dropped while its log is written to the spill does not keep other logs there.
#[tokio::test(flavor = "multi_thread")]
async fn callers_are_dropped_while_they_write_to_the_spill() {
    let place = Place::open("memory:").await;
    let folder = tempfile::tempdir().unwrap();
    let spill = spill_in(folder.path()).await;
    let rejected = Rejected::default();
    let config = rejected
        .config(WhenFull::Spill)
        .with_queue(5, 1 << 20)
        .with_spill_after(LONG);
    let writer = start(config, &place, Some(Arc::clone(&spill))).await;
    let rows = Rows::new();
    let mut attempted = BTreeSet::new();
    place.switch.set(Mode::Hangs);
    for log in rows.many(5) {
        attempted.insert(name(&log));
        writer.enqueue(log).await.unwrap();
    }
    for number in 0..300_u64 {
        let log = rows.usage(i64::try_from(number).unwrap());
        attempted.insert(name(&log));
        let limit = std::time::Duration::from_micros(20 * (number % 30));
        drop(timeout(limit, writer.enqueue(log)).await);
    }
    // All of them are in the spill, or will never be.
    until(&writer, |stats| stats.queued_rows == 5).await;
    place.back();
    let waited = timeout(LONG, async {
        loop {
            drained(&writer).await;
            sleep(millis(50)).await;
            let config = Rejected::default().config(WhenFull::Wait);
            let switch = Switch::default();
            switch.set(Mode::Refuses);
            let other = with_logs(config, &place.direct, &switch);
            let other = other
                .with_spill(spill_in(folder.path()).await)
                .start()
                .await
                .unwrap();
            if other.stats().spill_rows == 0 {
                break;
            }
        }
    });
    assert!(waited.await.is_ok(), "logs stay in the spill");
    let stored = stored(&place.direct).await;
    assert!(stored.is_subset(&attempted));
    assert_eq!(rejected.all(), []);
}

/// The logs of an activity that a later process does not write stay where they are.
#[tokio::test(flavor = "multi_thread")]
async fn logs_of_other_kinds_stay() {
    let folder = tempfile::tempdir().unwrap();
    let logs = Rows::new().many(20);
    spilled(folder.path(), &logs).await;
    let place = Place::open("memory:").await;
    let spill = spill_in(folder.path()).await;
    let searches = genledger::activity::ActivityLogs::new(Arc::clone(&place.direct));
    let searches: Faulty<genledger::activity::ActivityLogs<genledger::activity::SearchLog>> =
        Faulty::new(searches, &place.switch);
    let config = Rejected::default()
        .config(WhenFull::Wait)
        .with_logs(searches);
    let writer = config.with_spill(Arc::clone(&spill)).start().await.unwrap();
    assert_eq!(writer.stats().spill_rows, 0);
    sleep(millis(60)).await;
    writer.shutdown(LONG).await.unwrap();
    spill.close().await;
    assert_eq!(stored(&place.direct).await.len(), 0);
    replay(folder.path(), &place.direct, &Rejected::default()).await;
    assert_eq!(stored(&place.direct).await.len(), 20);
}
