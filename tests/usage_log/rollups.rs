//! Roll-ups agree with the logs, whatever happens to the logs.

mod coverage;
mod lost_reply;
mod planner;
mod races;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use genledger::contract::query::MAX_FILTER_VALUES;
use genledger::contract::{
    Error, ErrorKind, Filter, Query, SessionExt, Store, StoreExt, Tx, Violation,
};
use genledger::usage::{
    NewUsageLog, UsageDimension, UsageDimensions, UsageLog, UsageLogType, UsageLogs, UsageRollup,
    UsageRollupSet, UsageRollups, UsageTotals, UsageTotalsColumns,
};

use crate::sample::{after, append, consume, ids, migrated};
use crate::statistics::{mixed, sum};

/// The sums of roll-ups by their sets and dimensions, without their keys.
type Sums = BTreeMap<(i16, DateTime<Utc>, UsageDimensions), UsageTotals>;

async fn stored(store: &dyn Store) -> Sums {
    let mut query = Query::<UsageRollup>::matching(Filter::all()).page_size(100);
    let mut sums = Sums::new();
    loop {
        let page = store.session().page(&query).await.unwrap();
        for row in page.items {
            let key = (row.dimension_set, row.bucket, row.dimensions);
            let before = sums.insert(key, row.totals);
            assert!(before.is_none(), "two roll-ups of the same");
        }
        match page.next {
            Some(next) => query = query.after(next),
            None => return sums,
        }
    }
}

/// The expected roll-ups of these rows, in the default sets.
fn expected(rows: &[UsageLog]) -> Sums {
    expected_in(&UsageRollupSet::DEFAULT, rows)
}

/// The expected roll-ups of these rows.
fn expected_in(sets: &[UsageRollupSet], rows: &[UsageLog]) -> Sums {
    let mut groups: BTreeMap<_, Vec<&UsageLog>> = BTreeMap::new();
    for row in rows {
        if !matches!(row.kind, UsageLogType::Consume | UsageLogType::Refund) {
            continue;
        }
        for set in sets {
            let second = row.created_at.timestamp();
            let length = if set.is_per_day() { 86_400 } else { 900 };
            let bucket = DateTime::from_timestamp(second - second.rem_euclid(length), 0).unwrap();
            let has = |dimension| set.contains(dimension);
            let dimensions = UsageDimensions {
                user_id: has(UsageDimension::User).then_some(row.user_id),
                model_name: has(UsageDimension::Model).then(|| row.model_name.clone()),
                channel_id: has(UsageDimension::Channel).then_some(row.channel_id),
                token_id: has(UsageDimension::Token).then_some(row.token_id),
                group: has(UsageDimension::Group).then(|| row.group.clone()),
            };
            let key = (set.code(), bucket, dimensions);
            groups.entry(key).or_default().push(row);
        }
    }
    let sums = groups.into_iter().map(|(key, rows)| (key, sum(rows)));
    sums.collect()
}

fn logs(new: impl IntoIterator<Item = NewUsageLog>) -> Vec<UsageLog> {
    let ids = ids();
    new.into_iter()
        .map(|row| row.into_log(&ids).unwrap())
        .collect()
}

async fn every_order_of_writing_gives_the_same(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    let rows = logs(
        mixed(240, 61)
            .into_iter()
            .chain([consume().created_at("1969-12-31T23:59:59Z".parse().unwrap())]),
    );
    // Late rows first, chunks that overlap, rows twice in one batch, one by one.
    with.append_many(&rows[150..]).await.unwrap();
    with.append_many(&rows[100..200]).await.unwrap();
    let mut twice = rows[..100].to_vec();
    twice.extend_from_slice(&rows[50..120]);
    twice.reverse();
    with.append_many(&twice).await.unwrap();
    for row in &rows[90..95] {
        with.append(row).await.unwrap();
    }
    assert_eq!(stored(store).await, expected(&rows));

    // A row with the id of another one is not written, and so not counted.
    let mut other = rows[0].clone();
    other.quota += 1;
    let error = with.append(&other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert_eq!(stored(store).await, expected(&rows));

    let deleted: Vec<_> = rows.iter().step_by(3).map(|row| row.id).collect();
    let again: Vec<_> = deleted.iter().chain(&deleted[..5]).copied().collect();
    let count = u64::try_from(deleted.len()).unwrap();
    assert_eq!(with.delete_many(&again).await.unwrap(), count);
    assert_eq!(with.delete_many(&again).await.unwrap(), 0);
    let left: Vec<_> = rows
        .iter()
        .filter(|row| !deleted.contains(&row.id))
        .cloned()
        .collect();
    assert_eq!(stored(store).await, expected(&left));

    let rest: Vec<_> = left.iter().map(|row| row.id).collect();
    with.delete_many(&rest).await.unwrap();
    assert_eq!(stored(store).await, Sums::new());
}

async fn a_range_to_reconcile_is_whole_quarters(store: &Arc<dyn Store>) {
    migrated(store).await;
    let rollups = UsageRollups::new(Arc::clone(store));
    let within_a_quarter = after(1);
    let millisecond = after(0) + TimeDelta::milliseconds(1);
    let error = rollups
        .reconcile(within_a_quarter, millisecond)
        .await
        .unwrap_err();
    let paths: Vec<_> = error.violations().iter().map(Violation::path).collect();
    assert_eq!(paths, ["from", "before"]);
    assert_eq!(error.violations()[0].rule(), "not_a_quarter");
    for empty in [after(0), after(-900)] {
        let error = rollups.reconcile(after(0), empty).await.unwrap_err();
        assert_eq!(error.violations()[0].rule(), "empty_range");
    }
}

async fn a_step_that_fails_leaves_neither_rows_nor_sums(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    let rows = logs([
        consume().quota(i64::MAX - 1_000),
        consume().quota(700),
        consume().quota(700),
        consume().quota(5),
        consume().quota(i64::MAX),
        consume().quota(i64::MAX),
    ]);
    with.append_many(&rows[..2]).await.unwrap();
    // The sum of the quarter does not fit: in the database, and before a statement is sent.
    let batches = [&rows[2..3], &rows[4..]];
    for batch in batches {
        let error = with.append_many(batch).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
        assert_eq!(error.violations()[0].rule(), "overflow");
        assert!(with.find(batch[0].id).await.unwrap().is_none());
        assert_eq!(stored(store).await, expected(&rows[..2]));
    }

    // In a transaction that continues, it is rolled back as well.
    for batch in batches {
        let good = &rows[3..4];
        let within = |tx: Tx| async move {
            let logs = with.within(&tx);
            assert!(logs.append_many(batch).await.is_err());
            logs.append_many(good).await?;
            let ids = [good[0].id];
            assert_eq!(logs.delete_many(&ids).await?, 1);
            logs.append_many(good).await
        };
        store.transaction(within).await.unwrap();
        assert!(with.find(batch[0].id).await.unwrap().is_none());
        let left = [&rows[..2], good].concat();
        assert_eq!(stored(store).await, expected(&left));
    }

    let before = stored(store).await;
    let ids = [rows[0].id];
    let failing = |tx: Tx| async move {
        let logs = with.within(&tx);
        logs.delete_many(&ids).await?;
        Err::<(), _>(Error::new(ErrorKind::Other, "changed my mind"))
    };
    assert!(store.transaction(failing).await.is_err());
    assert!(with.find(ids[0]).await.unwrap().is_some());
    assert_eq!(stored(store).await, before);
}

async fn the_least_and_the_greatest_amounts(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    // Only the final value of a sum has to fit, and added amounts can be subtracted.
    let amounts = [i64::MAX, i64::MAX, 5, -i64::MAX, -10];
    let rows = logs(amounts.map(|quota| consume().quota(quota)));
    with.append_many(&rows).await.unwrap();
    let sums = stored(store).await;
    assert_eq!(sums.values().next().unwrap().quota, i64::MAX - 5);
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(with.delete_many(&ids).await.unwrap(), 5);
    let least = logs([consume().quota(i64::MIN)]);
    with.append_many(&least).await.unwrap();
    assert_eq!(with.delete_many(&[least[0].id]).await.unwrap(), 1);
    assert_eq!(stored(store).await, Sums::new());
}

async fn many_are_deleted_at_once(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    let rows = logs(mixed(3_000, 3));
    with.append_many(&rows).await.unwrap();
    let mut ids: Vec<_> = rows[..2_500].iter().map(|row| row.id).collect();
    ids.reverse();
    assert_eq!(with.delete_many(&ids).await.unwrap(), 2_500);
    assert_eq!(stored(store).await, expected(&rows[2_500..]));
}

async fn as_many_as_allowed_are_deleted_at_once(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    // All in one quarter of an hour, each with a separate roll-up of its token.
    let token = |row: usize| consume().token(i64::try_from(row).unwrap(), "ci");
    let rows = logs((0..MAX_FILTER_VALUES + 500).map(token));
    with.append_many(&rows).await.unwrap();
    let (doomed, left) = rows.split_at(MAX_FILTER_VALUES);
    let mut ids: Vec<_> = doomed.iter().map(|row| row.id).collect();
    ids.reverse();
    let deleted = with.delete_many(&ids).await.unwrap();
    assert_eq!(deleted, u64::try_from(MAX_FILTER_VALUES).unwrap());
    assert_eq!(stored(store).await, expected(left));
}

async fn rollups_are_created_and_repaired(store: &Arc<dyn Store>) {
    let plain = migrated(store).await;
    let rollups = UsageRollups::new(Arc::clone(store));
    // Logs that are older than the roll-ups, with a year of nothing between them.
    let far = mixed(20, 300).into_iter().map(|row| {
        let year = TimeDelta::days(365);
        row.created_at(after(0) + year)
    });
    let rows = append(&plain, mixed(150, 1_237).into_iter().chain(far)).await;
    let (from, before) = (after(-900), after(900 * 96 * 400));
    let all = expected(&rows);
    let created = rollups.reconcile(from, before).await.unwrap();
    assert_eq!(created, u64::try_from(all.len()).unwrap());
    assert_eq!(stored(store).await, all);
    assert_eq!(rollups.reconcile(from, before).await.unwrap(), 0);

    // A writer that does not maintain them: a row too many, one missing, and one that is wrong.
    let page = store
        .session()
        .page(&Query::<UsageRollup>::matching(Filter::all()).page_size(9))
        .await
        .unwrap();
    let (first, second, third) = (&page.items[0], &page.items[3], &page.items[7]);
    let session = store.session();
    session
        .delete::<UsageRollup>(&(first.dimension_set, first.bucket, first.dimensions_id))
        .await
        .unwrap();
    let key = (second.dimension_set, second.bucket, second.dimensions_id);
    let changes = [UsageRollup::QUOTA.plus(1)];
    assert!(
        session
            .update_if(&key, Filter::all(), changes)
            .await
            .unwrap()
    );
    let mut surplus = third.clone();
    surplus.bucket += TimeDelta::days(30);
    session.insert(&surplus).await.unwrap();
    assert_ne!(stored(store).await, all);
    // Roll-ups outside of the range are not changed.
    assert_eq!(
        rollups
            .reconcile(from, from + TimeDelta::seconds(900))
            .await
            .unwrap(),
        0
    );
    assert_eq!(rollups.reconcile(from, before).await.unwrap(), 3);
    assert_eq!(stored(store).await, all);

    plain
        .delete_many(&rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .await
        .unwrap();
    rollups.reconcile(from, before).await.unwrap();
    assert_eq!(stored(store).await, Sums::new());
}

genledger_testkit::layout_cases!(
    every_order_of_writing_gives_the_same,
    a_range_to_reconcile_is_whole_quarters,
    a_step_that_fails_leaves_neither_rows_nor_sums,
    the_least_and_the_greatest_amounts,
    many_are_deleted_at_once,
    as_many_as_allowed_are_deleted_at_once,
    rollups_are_created_and_repaired,
);
