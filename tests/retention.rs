//! Old logs are deleted in batches, on every backend, next to writers and to each other.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use genledger::activity::{
    ActivityFilter, ActivityLogs, BaseInfo, NewActivity, NewSearchLog, SearchLog,
};
use genledger::id::ActivityIdGenerator;
use genledger::prelude::*;
use genledger::retention::{Deleted, Retention};
use genledger::time::ManualClock;
use genledger::usage::{UsageDimension, UsageGrouping, UsageRollupSet, UsageRollups, UsageSource};

fn noon() -> DateTime<Utc> {
    "2025-06-01T12:00:00Z".parse().unwrap()
}

fn at(minute: i64) -> DateTime<Utc> {
    noon() + TimeDelta::minutes(minute)
}

/// A log in each of these minutes; each fifth is a top-up.
fn logs(minutes: std::ops::Range<i64>) -> Vec<UsageLog> {
    let clock = Arc::new(ManualClock::at(noon()));
    let ids = UsageLogIdGenerator::new(NodeId::ZERO, clock);
    let log = |minute: i64| {
        let kind = if minute % 5 == 0 {
            UsageLogType::Topup
        } else {
            UsageLogType::Consume
        };
        NewUsageLog::new(kind, 42 + minute % 3)
            .model_name("gpt-4o")
            .quota(minute)
            .created_at(at(minute))
            .into_log(&ids)
            .unwrap()
    };
    minutes.map(log).collect()
}

async fn migrated(store: &Arc<dyn Store>) -> UsageLogs {
    store.migrate(genledger::schema::all()).await.unwrap();
    UsageLogs::new(Arc::clone(store)).with_rollups()
}

fn quick() -> Retention {
    Retention::new()
        .with_pause(Duration::ZERO)
        .with_budget(Duration::from_secs(60))
}

fn consumed() -> UsageLogFilter {
    UsageLogFilter::new().and(!UsageLog::KIND.is_in([UsageLogType::Topup, UsageLogType::Manage]))
}

async fn minutes(store: &Arc<dyn Store>) -> Vec<i64> {
    let logs = UsageLogs::new(Arc::clone(store));
    let rows: Vec<UsageLog> = logs
        .stream(&UsageLogFilter::new())
        .try_collect()
        .await
        .unwrap();
    rows.iter()
        .rev()
        .map(|row| (row.created_at - noon()).num_minutes())
        .collect()
}

async fn sums(
    store: &Arc<dyn Store>,
) -> (
    Vec<genledger::usage::GroupedUsage>,
    Vec<genledger::usage::GroupedUsage>,
) {
    let by_user = UsageGrouping::new().by(UsageDimension::User);
    let logs = UsageLogs::new(Arc::clone(store));
    let logs = logs.totals(&UsageLogFilter::new(), &by_user).await.unwrap();
    let rollups = UsageRollups::new(Arc::clone(store));
    (
        logs,
        rollups
            .totals(&Default::default(), &by_user)
            .await
            .unwrap()
            .groups,
    )
}

async fn old_logs_are_deleted_in_batches(store: &Arc<dyn Store>) {
    let verbs = migrated(store).await;
    verbs.append_many(&logs(0..300)).await.unwrap();
    let deleted = verbs
        .delete_before(at(200), &consumed(), &quick().with_batch_rows(30))
        .await
        .unwrap();
    assert_eq!((deleted.rows, deleted.next), (160, None));
    assert!(deleted.batches >= 6, "{}", deleted.batches);
    let kept: Vec<i64> = (0..300)
        .filter(|minute| minute % 5 == 0 || *minute >= 200)
        .collect();
    assert_eq!(minutes(store).await, kept);
    let (logs, rollups) = sums(store).await;
    assert_eq!(logs, rollups);
    // Nothing is left to be deleted.
    let again = verbs
        .delete_before(at(200), &consumed(), &quick())
        .await
        .unwrap();
    assert_eq!(again, Deleted::default());
}

async fn a_call_continues_where_the_last_one_ended(store: &Arc<dyn Store>) {
    let verbs = migrated(store).await;
    verbs.append_many(&logs(0..100)).await.unwrap();
    let mut retention = Retention::new()
        .with_pause(Duration::ZERO)
        .with_budget(Duration::ZERO)
        .with_batch_rows(7);
    let (mut rows, mut calls) = (0, 0);
    loop {
        let deleted = verbs
            .delete_before(at(50), &consumed(), &retention)
            .await
            .unwrap();
        assert!(deleted.batches <= 1);
        (rows, calls) = (rows + deleted.rows, calls + 1);
        if deleted.next.is_none() {
            break;
        }
        // A process that was killed begins at the oldest log again.
        retention = retention.after(deleted.next.filter(|_| calls != 3));
    }
    assert_eq!(rows, 40);
    assert!(calls >= 6, "{calls}");
    let kept: Vec<i64> = (0..100)
        .filter(|minute| minute % 5 == 0 || *minute >= 50)
        .collect();
    assert_eq!(minutes(store).await, kept);
}

/// Sums that are kept are read as before, `reconcile` leaves them, and logs of later times are still compared.
async fn sums_can_outlive_their_logs(store: &Arc<dyn Store>) {
    let verbs = migrated(store).await;
    verbs.append_many(&logs(0..120)).await.unwrap();
    let before = sums(store).await.1;
    let (all, keeping) = (UsageLogFilter::new(), quick().with_rollups_kept());
    let deleted = verbs
        .delete_before(at(40), &all, &keeping.clone().with_batch_rows(9))
        .await
        .unwrap();
    assert_eq!(deleted.rows, 40);
    assert_eq!(sums(store).await.1, before);

    // The first whole quarter with its logs begins at minute 45: a sum that is wrong in it is found.
    let without = UsageLogs::new(Arc::clone(store));
    let surplus = logs(46..47).pop().unwrap();
    without.append(&surplus).await.unwrap();
    let rollups = UsageRollups::new(Arc::clone(store));
    let day = TimeDelta::days(1);
    let (from, until) = (at(0) - day, at(0) + day);
    let reconcile_all = || async {
        for set in UsageRollupSet::DEFAULT {
            let wrong = rollups.reconcile_set(set, from, until).await.unwrap();
            // A day of UTC in which logs were deleted is not compared.
            assert_eq!(wrong, u64::from(!set.is_per_day()), "{set:?}");
        }
        assert_eq!(rollups.reconcile(from, until).await.unwrap(), 0);
    };
    reconcile_all().await;
    without.delete_many(&[surplus.id]).await.unwrap();
    reconcile_all().await;
    assert_eq!(sums(store).await.1, before);

    // An earlier time changes nothing, and the rest of the quarters is kept as well.
    let earlier = verbs.delete_before(at(-90), &all, &keeping).await.unwrap();
    assert_eq!(earlier.rows, 0);
    let rest = verbs
        .delete_before(at(1_000), &all, &keeping)
        .await
        .unwrap();
    assert_eq!(rest.rows, 80);
    assert_eq!(rollups.reconcile(from, until).await.unwrap(), 0);
    let (logs, kept) = sums(store).await;
    assert_eq!((logs, kept), (vec![], before));
}

/// A set that is declared after logs were deleted is complete from then on only, and sums that logs would be needed
/// for say so.
async fn a_later_set_does_not_have_kept_sums(store: &Arc<dyn Store>) {
    let verbs = migrated(store).await;
    verbs.append_many(&logs(0..120)).await.unwrap();
    let (all, keeping) = (UsageLogFilter::new(), quick().with_rollups_kept());
    verbs.delete_before(at(40), &all, &keeping).await.unwrap();
    let set = UsageRollupSet::of([UsageDimension::User, UsageDimension::Channel]);
    let rollups = UsageRollups::new(Arc::clone(store)).with_sets([set]);
    let day = TimeDelta::days(1);
    rollups
        .reconcile_set(set, at(0) - day, at(0) + day)
        .await
        .unwrap();
    let coverage = rollups.coverage().await.unwrap();
    let of_set = coverage.iter().find(|row| row.set() == Some(set)).unwrap();
    assert!(of_set.covers(Some(at(45)), None));
    assert!(!of_set.covers(Some(at(44)), None));

    let grouping = UsageGrouping::new()
        .by(UsageDimension::User)
        .by(UsageDimension::Channel);
    let since = |minute: Option<i64>| {
        let mut filter = UsageLogFilter::new();
        filter.from = minute.map(at);
        let (rollups, grouping) = (rollups.clone(), grouping.clone());
        async move { rollups.totals(&filter, &grouping).await.unwrap() }
    };
    let later = since(Some(45)).await;
    assert_eq!(later.incomplete_before, None);
    assert_eq!(later.sources, [UsageSource::Rollups(set)]);
    for from in [None, Some(39)] {
        let sums = since(from).await;
        assert_eq!(sums.incomplete_before, Some(at(40)));
        assert_eq!(sums.sources, [UsageSource::Logs]);
    }
    assert_eq!(since(Some(40)).await.incomplete_before, None);
}

async fn deletions_and_writers_do_not_disturb_each_other(store: &Arc<dyn Store>) {
    let verbs = migrated(store).await;
    verbs.append_many(&logs(0..400)).await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..2 {
        let verbs = verbs.clone();
        tasks.push(tokio::spawn(async move {
            let retention = quick().with_batch_rows(20);
            let all = UsageLogFilter::new();
            verbs
                .delete_before(at(400), &all, &retention)
                .await
                .map(|deleted| deleted.rows)
        }));
    }
    let new = logs(400..600);
    for chunk in new.chunks(10) {
        assert_eq!(verbs.append_many(chunk).await.unwrap().len(), 10);
    }
    let mut rows = 0;
    for task in tasks {
        rows += task.await.unwrap().unwrap();
    }
    assert_eq!(rows, 400);
    assert_eq!(minutes(store).await, (400..600).collect::<Vec<_>>());
    let (logs, rollups) = sums(store).await;
    assert_eq!(logs, rollups);
}

async fn activity_logs_are_deleted_as_well(store: &Arc<dyn Store>) {
    migrated(store).await;
    let ids = ActivityIdGenerator::system();
    let search = |minute: i64| {
        let new = NewSearchLog {
            base: BaseInfo::default(),
            key_word: format!("sofa {}", minute % 2),
            temporary_code: Some("t-1".into()),
            result_count: 12,
            record_time_stamp: at(minute),
        };
        new.into_log(&ids).unwrap()
    };
    let verbs = ActivityLogs::<SearchLog>::new(Arc::clone(store));
    let rows: Vec<SearchLog> = (0..50).map(search).collect();
    verbs.append_many(&rows).await.unwrap();
    let odd = ActivityFilter::new().and(SearchLog::KEY_WORD.eq("sofa 1"));
    let retention = quick().with_batch_rows(4);
    let deleted = verbs.delete_before(at(30), &odd, &retention).await.unwrap();
    assert_eq!(deleted.rows, 15);
    let left: Vec<SearchLog> = verbs
        .stream(&ActivityFilter::new())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(left.len(), 35);
}

async fn settings_and_positions_are_checked(store: &Arc<dyn Store>) {
    let verbs = migrated(store).await;
    verbs.append_many(&logs(0..30)).await.unwrap();
    let all = UsageLogFilter::new();
    for rows in [0, 1_001] {
        let wrong = quick().with_batch_rows(rows);
        let error = verbs.delete_before(at(10), &all, &wrong).await.unwrap_err();
        assert_eq!(error.violations()[0].path(), "batch_rows");
    }
    let page = verbs.page(&all, &Paging::first(5)).await.unwrap();
    let first = verbs
        .delete_before(
            at(10),
            &consumed(),
            &Retention::new()
                .with_budget(Duration::ZERO)
                .with_batch_rows(1),
        )
        .await
        .unwrap();
    assert_eq!(first.rows, 1);
    let other_time = quick().after(first.next);
    let error = verbs
        .delete_before(at(11), &consumed(), &other_time)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let wrong = quick().after(page.next);
    let error = verbs.delete_before(at(10), &all, &wrong).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(minutes(store).await.len(), 29);
}

genledger_testkit::store_cases!(
    old_logs_are_deleted_in_batches,
    a_call_continues_where_the_last_one_ended,
    sums_can_outlive_their_logs,
    a_later_set_does_not_have_kept_sums,
    deletions_and_writers_do_not_disturb_each_other,
    activity_logs_are_deleted_as_well,
    settings_and_positions_are_checked,
);
