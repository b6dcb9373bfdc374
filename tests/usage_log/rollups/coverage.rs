//! A set is used only for times for which it is complete.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use genledger::ErrorKind;
use genledger::contract::{RowOutcome, SessionExt, Store, StoreExt};
use genledger::id::UsageLogId;
use genledger::usage::UsageDimension::{Channel, Model, Token, User};
use genledger::usage::{
    NewUsageLog, UsageDimension, UsageGrouping, UsageLog, UsageLogFilter, UsageLogs,
    UsageRollupCoverage, UsageRollupSet, UsageRollups, UsageSource,
};

use super::{expected_in, logs, stored};
use crate::sample::{after, append, consume, migrated};
use crate::statistics::mixed;

const BY_MODEL: UsageRollupSet = UsageRollupSet::of([Model]);
const BY_USER: UsageRollupSet = UsageRollupSet::of([User]);

fn with(store: &Arc<dyn Store>, sets: &[UsageRollupSet]) -> UsageLogs {
    UsageLogs::new(Arc::clone(store)).with_rollup_sets(sets.iter().copied())
}

/// Logs with other ids than those of the other batches.
fn batch(number: i64, new: impl IntoIterator<Item = NewUsageLog>) -> Vec<UsageLog> {
    let mut rows = logs(new);
    for row in &mut rows {
        row.id = UsageLogId::new(row.id.get() + (number << 32));
    }
    rows
}

fn within(from: DateTime<Utc>, before: DateTime<Utc>) -> UsageLogFilter {
    UsageLogFilter::new().from(from).before(before)
}

/// What the sums by a dimension are computed from. They must be those of the logs in any case.
async fn source(
    store: &Arc<dyn Store>,
    filter: &UsageLogFilter,
    dimension: UsageDimension,
) -> Vec<UsageSource> {
    let grouping = UsageGrouping::new().by(dimension);
    let rollups = UsageRollups::new(Arc::clone(store));
    let sums = rollups.totals(filter, &grouping).await.unwrap();
    let logs = UsageLogs::new(Arc::clone(store));
    let of_logs = logs.totals(filter, &grouping).await.unwrap();
    assert_eq!(sums.groups, of_logs, "{filter:?} {:?}", sums.sources);
    sums.sources
}

/// The sets, and whether they are complete for all times.
async fn sets(store: &Arc<dyn Store>) -> Vec<(UsageRollupSet, bool)> {
    let rollups = UsageRollups::new(Arc::clone(store));
    let rows = rollups.coverage().await.unwrap().into_iter();
    let sets = rows.map(|row| (row.set().unwrap(), row.covers(None, None)));
    sets.collect()
}

async fn the_first_writer_has_complete_sets(store: &Arc<dyn Store>) {
    migrated(store).await;
    let by_model = with(store, &[BY_MODEL]);
    let rows = append(&by_model, [consume()]).await;
    assert_eq!(sets(store).await, [(BY_MODEL, true)]);
    let all = UsageLogFilter::new();
    let from_model = [UsageSource::Rollups(BY_MODEL)];
    assert_eq!(source(store, &all, Model).await, from_model);
    assert_eq!(source(store, &all, User).await, [UsageSource::Logs]);

    // Deleting all logs completes nothing: other writers may be at work.
    by_model.delete_many(&[rows[0].id]).await.unwrap();
    assert_eq!(stored(store).await, super::Sums::new());
    let again = batch(1, [consume().quota(8)]);
    with(store, &[BY_USER]).append_many(&again).await.unwrap();
    assert_eq!(sets(store).await, [(BY_USER, false), (BY_MODEL, true)]);
    assert_eq!(source(store, &all, User).await, [UsageSource::Logs]);
}

async fn sets_of_older_logs_are_used_when_they_are_reconciled(store: &Arc<dyn Store>) {
    let plain = migrated(store).await;
    // From noon on, in steps of 20 minutes.
    append(&plain, mixed(100, 1_200)).await;
    let writer = with(store, &[BY_MODEL]);
    let newer = batch(1, [consume().created_at(after(1_200 * 50))]);
    writer.append_many(&newer).await.unwrap();
    assert_eq!(sets(store).await, [(BY_MODEL, false)]);
    let all = UsageLogFilter::new();
    assert_eq!(source(store, &all, Model).await, [UsageSource::Logs]);

    let rollups = UsageRollups::new(Arc::clone(store)).with_sets([]);
    let used = [UsageSource::Rollups(BY_MODEL)];
    let (from, before) = (after(9_000), after(18_000));
    assert!(rollups.reconcile(from, before).await.unwrap() > 0);
    for (from, before, complete) in [
        (9_000, 18_000, true),
        (9_900, 17_100, true),
        (8_100, 18_000, false),
        (9_000, 18_900, false),
        (18_000, 27_000, false),
        (0, 9_000, false),
    ] {
        let expected: &[_] = if complete {
            &used
        } else {
            &[UsageSource::Logs]
        };
        let filter = within(after(from), after(before));
        assert_eq!(
            source(store, &filter, Model).await,
            expected,
            "{from} {before}"
        );
    }
    let unbounded = [
        all.clone(),
        all.clone().from(after(9_000)),
        all.clone().before(after(18_000)),
    ];
    for filter in &unbounded {
        assert_eq!(source(store, filter, Model).await, [UsageSource::Logs]);
    }
    // Ranges that touch are joined: up to the end, and from the beginning.
    rollups
        .reconcile(before, after(1_200 * 102 / 900 * 900))
        .await
        .unwrap();
    assert_eq!(source(store, &unbounded[1], Model).await, used);
    assert_eq!(source(store, &all, Model).await, [UsageSource::Logs]);
    rollups.reconcile(after(0), from).await.unwrap();
    assert_eq!(source(store, &all, Model).await, used);
    // Late rows and rows of later times are added by the writers.
    let late = [-90_000, 900_000].map(|time| consume().created_at(after(time)));
    let outcomes = writer.append_many(&batch(2, late)).await.unwrap();
    assert_eq!(outcomes, [RowOutcome::New; 2]);
    assert_eq!(source(store, &all, Model).await, used);
    assert_eq!(
        rollups
            .reconcile(after(-90_000), after(900_900))
            .await
            .unwrap(),
        0
    );
}

async fn a_set_per_day_is_reconciled_by_whole_days(store: &Arc<dyn Store>) {
    let plain = migrated(store).await;
    let rows = append(&plain, mixed(100, 3_607)).await;
    let days = BY_USER.per_day();
    let rollups = UsageRollups::new(Arc::clone(store)).with_sets([days]);
    // Within one day: the whole day.
    rollups.reconcile(after(3_600), after(4_500)).await.unwrap();
    let day = after(-43_200);
    let of_day: Vec<UsageLog> = rows
        .iter()
        .filter(|row| row.created_at < after(43_200))
        .cloned()
        .collect();
    assert_eq!(stored(store).await, expected_in(&[days], &of_day));
    let used = [UsageSource::Rollups(days)];
    let next = after(43_200);
    assert_eq!(source(store, &within(day, next), User).await, used);
    // There are no earlier logs.
    let before = UsageLogFilter::new().before(next);
    assert_eq!(source(store, &before, User).await, used);
    let longer = within(day, after(43_200 + 86_400));
    assert_eq!(source(store, &longer, User).await, [UsageSource::Logs]);
}

async fn all_writers_maintain_all_sets(store: &Arc<dyn Store>) {
    migrated(store).await;
    let rows = logs(mixed(40, 61));
    with(store, &[BY_MODEL])
        .append_many(&rows[..10])
        .await
        .unwrap();
    with(store, &[BY_USER])
        .append_many(&rows[10..20])
        .await
        .unwrap();
    // Writers that do not declare the set of the other one, or no set.
    with(store, &[BY_MODEL])
        .append_many(&rows[20..30])
        .await
        .unwrap();
    with(store, &[]).append_many(&rows[30..]).await.unwrap();
    let of_model = expected_in(&[BY_MODEL], &rows);
    let of_user = expected_in(&[BY_USER], &rows[10..]);
    let both: super::Sums = of_model.into_iter().chain(of_user).collect();
    assert_eq!(stored(store).await, both);
    assert_eq!(sets(store).await, [(BY_USER, false), (BY_MODEL, true)]);

    let rollups = UsageRollups::new(Arc::clone(store)).with_sets([]);
    let (from, before) = (after(-900), after(9_000));
    assert!(rollups.reconcile_set(BY_USER, from, before).await.unwrap() > 0);
    assert_eq!(
        stored(store).await,
        expected_in(&[BY_MODEL, BY_USER], &rows)
    );
    let all = UsageLogFilter::new();
    let used = [UsageSource::Rollups(BY_USER)];
    assert_eq!(source(store, &all, User).await, used);

    let ids: Vec<_> = rows[5..35].iter().map(|row| row.id).collect();
    with(store, &[]).delete_many(&ids).await.unwrap();
    let left = [&rows[..5], &rows[35..]].concat();
    assert_eq!(
        stored(store).await,
        expected_in(&[BY_MODEL, BY_USER], &left)
    );
    assert_eq!(source(store, &all, User).await, used);
}

/// Two writers with different sets write their first logs at the same time: the logs of one are not in the sets
/// of the other.
async fn first_writers_with_different_sets(store: &Arc<dyn Store>) {
    migrated(store).await;
    let rows = &logs(mixed(40, 61));
    let written = &tokio::sync::Notify::new();
    let first = store.transaction(|tx| async move {
        let logs = with(store, &[BY_USER]).within(&tx);
        logs.append_many(&rows[..20]).await?;
        written.notify_one();
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(())
    });
    let by_model = with(store, &[BY_MODEL]);
    let second = async {
        written.notified().await;
        by_model.append_many(&rows[20..]).await
    };
    let (first, second) = tokio::join!(first, second);
    first.unwrap();
    second.unwrap();
    let all = UsageLogFilter::new();
    assert_eq!(source(store, &all, Model).await, [UsageSource::Logs]);
    // The logs of the second writer are in the set of the first one, or the set is not used.
    source(store, &all, User).await;
    assert!(sets(store).await.contains(&(BY_MODEL, false)));
}

async fn a_set_is_removed(store: &Arc<dyn Store>) {
    migrated(store).await;
    let by_token = UsageRollupSet::of([Token, Channel]);
    let rows = logs(mixed(60, 7_201));
    let both = with(store, &[BY_MODEL, by_token]);
    both.append_many(&rows[..50]).await.unwrap();
    let count = expected_in(&[by_token], &rows[..50]).len();
    let rollups = UsageRollups::new(Arc::clone(store)).with_sets([]);
    let removed = rollups.remove(by_token).await.unwrap();
    assert_eq!(removed, u64::try_from(count).unwrap());
    assert_eq!(rollups.remove(by_token).await.unwrap(), 0);
    assert_eq!(stored(store).await, expected_in(&[BY_MODEL], &rows[..50]));
    let all = UsageLogFilter::new();
    assert_eq!(source(store, &all, Token).await, [UsageSource::Logs]);
    let used = [UsageSource::Rollups(BY_MODEL)];
    assert_eq!(source(store, &all, Model).await, used);
    // Nothing is added to it, until a writer declares it again; then it is incomplete.
    with(store, &[BY_MODEL])
        .append_many(&rows[50..55])
        .await
        .unwrap();
    assert_eq!(stored(store).await, expected_in(&[BY_MODEL], &rows[..55]));
    both.append_many(&rows[55..]).await.unwrap();
    assert_eq!(sets(store).await, [(BY_MODEL, true), (by_token, false)]);
    assert_eq!(source(store, &all, Token).await, [UsageSource::Logs]);
}

/// To write without maintaining it would make its sums wrong.
async fn a_set_of_a_newer_version_is_refused(store: &Arc<dyn Store>) {
    migrated(store).await;
    let writer = with(store, &[BY_MODEL]);
    append(&writer, [consume()]).await;
    let session = store.session();
    let mut newer = session
        .get::<UsageRollupCoverage>(&BY_MODEL.code())
        .await
        .unwrap();
    newer.dimension_set = 64;
    session.insert(&newer).await.unwrap();
    let row = batch(1, [consume().quota(5)]);
    let error = writer.append(&row[0]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert_eq!(error.column(), Some("dimension_set"));
    assert!(writer.find(row[0].id).await.unwrap().is_none());
    // It is not used.
    let all = UsageLogFilter::new();
    let used = [UsageSource::Rollups(BY_MODEL)];
    assert_eq!(source(store, &all, Model).await, used);
}

genledger_testkit::store_cases!(
    the_first_writer_has_complete_sets,
    sets_of_older_logs_are_used_when_they_are_reconciled,
    a_set_per_day_is_reconciled_by_whole_days,
    all_writers_maintain_all_sets,
    first_writers_with_different_sets,
    a_set_is_removed,
    a_set_of_a_newer_version_is_refused,
);
