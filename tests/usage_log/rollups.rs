//! Roll-ups agree with the logs, whatever happens to the logs.

mod lost_reply;
mod races;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::{America, Asia, Tz};
use genledger::contract::query::{MAX_FILTER_VALUES, TextMatch};
use genledger::contract::{
    Error, ErrorKind, Filter, Query, SessionExt, Store, StoreExt, Tx, Violation,
};
use genledger::time::{Calendar, Period};
use genledger::usage::{
    NewUsageLog, UsageDimension, UsageDimensions, UsageGrouping, UsageLog, UsageLogFilter,
    UsageLogType, UsageLogs, UsageRollup, UsageRollupFilter, UsageRollups, UsageTotals,
    UsageTotalsColumns, UserUsageLogFilter,
};

use crate::sample::{after, append, consume, ids, migrated};
use crate::statistics::{mixed, sum};

/// The sums of roll-ups by their dimensions, without their keys.
type Sums = BTreeMap<(DateTime<Utc>, UsageDimensions), UsageTotals>;

async fn stored(store: &dyn Store) -> Sums {
    let mut query = Query::<UsageRollup>::matching(Filter::all()).page_size(100);
    let mut sums = Sums::new();
    loop {
        let page = store.session().page(&query).await.unwrap();
        for row in page.items {
            let before = sums.insert((row.bucket, row.dimensions), row.totals);
            assert!(before.is_none(), "two roll-ups of the same");
        }
        match page.next {
            Some(next) => query = query.after(next),
            None => return sums,
        }
    }
}

/// The expected roll-ups of these rows.
fn expected(rows: &[UsageLog]) -> Sums {
    let mut groups: BTreeMap<_, Vec<&UsageLog>> = BTreeMap::new();
    for row in rows {
        if !matches!(row.kind, UsageLogType::Consume | UsageLogType::Refund) {
            continue;
        }
        let second = row.created_at.timestamp();
        let bucket = DateTime::from_timestamp(second - second.rem_euclid(900), 0).unwrap();
        let dimensions = UsageDimensions {
            user_id: row.user_id,
            model_name: row.model_name.clone(),
            channel_id: row.channel_id,
            token_id: row.token_id,
            group: row.group.clone(),
        };
        groups.entry((bucket, dimensions)).or_default().push(row);
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

async fn sums_of_rollups_are_those_of_the_rows(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    append(with, mixed(300, 1_237)).await;
    let rollups = UsageRollups::new(Arc::clone(store));
    let by_all = UsageGrouping::new()
        .by(UsageDimension::Model)
        .by(UsageDimension::User)
        .by(UsageDimension::Channel)
        .by(UsageDimension::Token)
        .by(UsageDimension::Group);
    let mut groupings = vec![
        UsageGrouping::new(),
        UsageGrouping::new().by(UsageDimension::User),
        by_all.clone(),
    ];
    for zone in [Tz::UTC, Asia::Kolkata, Asia::Kathmandu, America::New_York] {
        for period in [Period::Hour, Period::Day, Period::Month] {
            groupings.push(by_all.clone().per(Calendar::new(period, zone)));
        }
    }
    let (from, before) = (after(1_800), after(1_800 * 90));
    let rows = UsageLogFilter::new().from(from).before(before);
    let some = UsageRollupFilter::new().from(from).before(before);
    let pairs = [
        (UsageLogFilter::new(), UsageRollupFilter::new()),
        (rows.clone(), some.clone()),
        (rows.clone().channel_id(1), some.clone().channel_id(1)),
        (
            rows.clone().model_name(TextMatch::Prefix("gpt".into())),
            some.clone().model_name(TextMatch::Prefix("gpt".into())),
        ),
        (rows.clone().group("vip"), some.clone().group("vip")),
        (rows.username("grace"), some.clone().user_id(1)),
    ];
    for grouping in &groupings {
        for (rows, sums) in &pairs {
            let of_rows = with.totals(rows, grouping).await.unwrap();
            let of_sums = rollups.totals(sums, grouping).await.unwrap();
            assert!(!of_rows.is_empty());
            assert_eq!(of_sums, of_rows, "{sums:?} {grouping:?}");
        }
    }
    // Without rows there is no group.
    for grouping in &groupings {
        let none = rollups.totals(&some.clone().user_id(99), grouping).await;
        assert_eq!(none.unwrap(), []);
    }

    let own = UserUsageLogFilter::new();
    let by_model = UsageGrouping::new().by(UsageDimension::Model);
    let all_users = UsageRollupFilter::new();
    let another = all_users.clone().user_id(2);
    let of_sums = rollups.totals_for_user(1, &another, &by_model);
    let of_rows = with.totals_for_user(1, &own, &by_model);
    assert_eq!(of_sums.await.unwrap(), of_rows.await.unwrap());
    let by_channel = by_model.clone().by(UsageDimension::Channel);
    let hidden = [
        rollups.totals_for_user(1, &all_users, &by_channel).await,
        rollups
            .totals_for_user(1, &all_users.clone().channel_id(1), &by_model)
            .await,
    ];
    for refused in hidden {
        assert_eq!(refused.unwrap_err().violations()[0].rule(), "hidden");
    }

    let by_token = UsageGrouping::new().by(UsageDimension::Token);
    let token = rollups.totals(&some.token_id(4), &by_token).await.unwrap();
    assert_eq!(token.len(), 1);
    assert_eq!(token[0].group.token_id, Some(4));
}

async fn what_rollups_cannot_answer_is_refused(store: &Arc<dyn Store>) {
    migrated(store).await;
    let rollups = UsageRollups::new(Arc::clone(store));
    let within_a_quarter = after(1);
    let filter = UsageRollupFilter::new()
        .from(within_a_quarter)
        .before(after(0) + TimeDelta::milliseconds(1));
    let error = rollups
        .totals(&filter, &UsageGrouping::new())
        .await
        .unwrap_err();
    let paths: Vec<_> = error.violations().iter().map(Violation::path).collect();
    assert_eq!(paths, ["from", "before"]);
    let error = rollups
        .reconcile(within_a_quarter, after(900))
        .await
        .unwrap_err();
    assert_eq!(error.violations()[0].rule(), "not_a_quarter");
    for empty in [after(0), after(-900)] {
        let error = rollups.reconcile(after(0), empty).await.unwrap_err();
        assert_eq!(error.violations()[0].rule(), "empty_range");
    }

    // Clocks went back one minute after midnight.
    let change: DateTime<Utc> = "2010-11-07T02:30:00Z".parse().unwrap();
    let with = &UsageLogs::new(Arc::clone(store)).with_rollups();
    append(with, [consume().created_at(change)]).await;
    let days = UsageGrouping::new().per(Calendar::new(Period::Day, America::St_Johns));
    let error = rollups
        .totals(&UsageRollupFilter::new(), &days)
        .await
        .unwrap_err();
    assert_eq!(error.violations()[0].rule(), "begins_within_a_bucket");
    let rows = with.totals(&UsageLogFilter::new(), &days).await.unwrap();
    assert_eq!(rows[0].totals.requests, 1);
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
    // All in one quarter of an hour, each with a separate roll-up.
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
        .delete::<UsageRollup>(&(first.bucket, first.dimensions_id))
        .await
        .unwrap();
    let key = (second.bucket, second.dimensions_id);
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

genledger_testkit::store_cases!(
    every_order_of_writing_gives_the_same,
    sums_of_rollups_are_those_of_the_rows,
    what_rollups_cannot_answer_is_refused,
    a_step_that_fails_leaves_neither_rows_nor_sums,
    the_least_and_the_greatest_amounts,
    many_are_deleted_at_once,
    as_many_as_allowed_are_deleted_at_once,
    rollups_are_created_and_repaired,
);
