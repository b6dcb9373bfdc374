//! Months are dropped whole, with the sums of their logs or without.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use genledger::contract::query::Count;
use genledger::prelude::*;
use genledger::retention::Retention;
use genledger::usage::{GroupedUsage, UsageDimension, UsageGrouping, UsageRollups, UsageSource};

use crate::place::{Place, at, cases, logs_at, month, names, quotas};

/// Two logs a day from 1 January 2024 on, in five months.
async fn filled(place: &Place) -> (UsageLogs, Vec<UsageLog>) {
    let logs = place.migrated().await.with_rollups();
    place
        .partitions()
        .create(month(2024, 1), month(2024, 6))
        .await
        .unwrap();
    let first = at("2024-01-01T00:00:00Z");
    let rows = logs_at((0..300).map(|half| first + TimeDelta::hours(12 * half)));
    logs.append_many(&rows).await.unwrap();
    (logs, rows)
}

/// The sums by model of the logs, and those of the roll-ups with what they were read from.
async fn sums(store: &Arc<dyn Store>) -> (Vec<GroupedUsage>, Vec<GroupedUsage>, Vec<UsageSource>) {
    let by_model = UsageGrouping::new().by(UsageDimension::Model);
    let all = UsageLogFilter::new();
    let of_logs = UsageLogs::new(Arc::clone(store))
        .totals(&all, &by_model)
        .await
        .unwrap();
    let of_rollups = UsageRollups::new(Arc::clone(store))
        .totals(&all, &by_model)
        .await
        .unwrap();
    (of_logs, of_rollups.groups, of_rollups.sources)
}

/// Sums are exact, read from roll-ups, and there is nothing to repair.
async fn assert_exact(store: &Arc<dyn Store>) {
    let (logs, rollups, sources) = sums(store).await;
    assert_eq!(logs, rollups);
    assert!(!sources.contains(&UsageSource::Logs), "{sources:?}");
    let verbs = UsageRollups::new(Arc::clone(store));
    for row in verbs.coverage().await.unwrap() {
        assert!(row.covers(None, None), "{row:?}");
    }
    let (from, before) = (at("2023-12-01T00:00:00Z"), at("2024-08-01T00:00:00Z"));
    assert_eq!(verbs.reconcile(from, before).await.unwrap(), 0);
}

async fn months_are_dropped_with_their_sums(place: &Place) {
    let (logs, _) = filled(place).await;
    assert_exact(&place.store).await;
    let time = at("2024-03-15T07:00:00Z");
    let dropped = logs.drop_months_before(time).await.unwrap();
    let dropped: Vec<_> = dropped.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(dropped, ["logs_2024_01", "logs_2024_02"]);
    // 31 and 29 days are gone, and March is whole.
    assert_eq!(quotas(&place.store).await, (121..=300).collect::<Vec<_>>());
    assert_exact(&place.store).await;
    assert_eq!(logs.drop_months_before(time).await.unwrap(), []);

    // A row of a dropped month that comes late is a row like any other.
    let mut late = logs_at([at("2024-01-20T00:00:00Z")]).remove(0);
    late.quota = 7_000;
    assert!(logs.append(&late).await.unwrap());
    assert_exact(&place.store).await;
    let error = place.store.transaction(|tx| {
        let logs = logs.within(&tx);
        async move { logs.drop_months_before(time).await }
    });
    assert_eq!(error.await.unwrap_err().kind(), ErrorKind::Unsupported);
}

async fn a_drop_that_ended_early_is_continued(place: &Place) {
    let (logs, _) = filled(place).await;
    for (number, millis) in [1, 3, 6, 10, 15, 25, 40, 70].into_iter().enumerate() {
        let before =
            at("2024-02-01T00:00:00Z") + TimeDelta::days(31 * i64::try_from(number / 2).unwrap());
        let dropping = logs.drop_months_before(before);
        let _ended = tokio::time::timeout(Duration::from_millis(millis), dropping).await;
        // The server may still be dropping a month.
        let (of_logs, of_rollups) = loop {
            let (first, rollups, _) = sums(&place.store).await;
            let (again, ..) = sums(&place.store).await;
            if first == again {
                break (first, rollups);
            }
        };
        assert_eq!(of_logs, of_rollups, "after {millis} ms");
    }
    logs.drop_months_before(at("2024-05-05T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(quotas(&place.store).await, (243..=300).collect::<Vec<_>>());
    assert_exact(&place.store).await;
}

async fn late_rows_are_written_while_months_are_dropped(place: &Place) {
    let (logs, _) = filled(place).await;
    let first = at("2024-01-01T00:00:00Z");
    let late = logs_at((0..400).map(|hour| first + TimeDelta::hours(5 * hour)));
    let late: Vec<UsageLog> = late.into_iter().skip(300).collect();
    let writer = logs.clone();
    let written = late.clone();
    let writing = tokio::spawn(async move {
        for log in written {
            assert!(writer.append(&log).await.unwrap());
        }
    });
    logs.drop_months_before(at("2024-03-01T00:00:00Z"))
        .await
        .unwrap();
    writing.await.unwrap();
    let (of_logs, of_rollups, _) = sums(&place.store).await;
    assert_eq!(of_logs, of_rollups);
    logs.drop_months_before(at("2024-03-02T00:00:00Z"))
        .await
        .unwrap();
    let (of_logs, of_rollups, _) = sums(&place.store).await;
    assert_eq!(of_logs, of_rollups);
    let verbs = UsageRollups::new(Arc::clone(&place.store));
    verbs
        .reconcile(first, at("2024-08-01T00:00:00Z"))
        .await
        .unwrap();
    assert_exact(&place.store).await;
}

fn quick() -> Retention {
    Retention::new()
        .with_pause(Duration::ZERO)
        .with_budget(Duration::from_secs(60))
}

fn before() -> DateTime<Utc> {
    at("2024-03-11T00:00:00Z")
}

/// Rows where a type is kept or sums are subtracted, whole months otherwise.
async fn retention_drops_months_where_it_can(place: &Place) {
    let (with_sums, _) = filled(place).await;
    let all = UsageLogFilter::new();
    let other_user = all.clone().user_id(41);
    let deleted = with_sums
        .delete_before(before(), &other_user, &quick())
        .await
        .unwrap();
    assert_eq!((deleted.rows, deleted.partitions), (0, 0));
    let first = at("2024-01-11T00:00:00Z");
    let deleted = with_sums
        .delete_before(first, &all, &quick())
        .await
        .unwrap();
    assert_eq!((deleted.rows, deleted.partitions), (20, 0));
    assert_exact(&place.store).await;
    // A wrong setting changes nothing.
    let wrong = quick().with_batch_rows(0).with_rollups_kept();
    let error = with_sums
        .delete_before(before(), &all, &wrong)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(names(&place.partitions()).await.len(), 6);

    let sums_before = sums(&place.store).await.1;
    let keeping = quick().with_rollups_kept();
    let deleted = with_sums
        .delete_before(before(), &all, &keeping)
        .await
        .unwrap();
    // January and February, and ten days of March.
    assert_eq!((deleted.rows, deleted.partitions), (20, 2));
    assert_eq!(deleted.next, None);
    assert_eq!(quotas(&place.store).await, (141..=300).collect::<Vec<_>>());
    assert_eq!(sums(&place.store).await.1, sums_before);
    let verbs = UsageRollups::new(Arc::clone(&place.store));
    let (from, to) = (at("2023-12-01T00:00:00Z"), at("2024-08-01T00:00:00Z"));
    assert_eq!(verbs.reconcile(from, to).await.unwrap(), 0);
    assert_eq!(sums(&place.store).await.1, sums_before);

    // Sums of earlier logs were kept, so that those of later ones are not subtracted by months.
    let error = with_sums
        .drop_months_before(at("2024-04-01T00:00:00Z"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(names(&place.partitions()).await.len(), 4);
    let count = with_sums.count(&all, 1_000).await.unwrap();
    assert_eq!(count, Count::Exactly(160));
}

cases!(
    months_are_dropped_with_their_sums,
    a_drop_that_ended_early_is_continued,
    late_rows_are_written_while_months_are_dropped,
    retention_drops_months_where_it_can,
);
