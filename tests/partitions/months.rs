//! Months are created ahead, and where rows are meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use genledger::contract::RowOutcome;
use genledger::contract::query::Count;
use genledger::contract::schema::{Layout, Partition};
use genledger::prelude::*;
use genledger::{partitions, schema};

use crate::place::{Place, at, cases, logs_at, month, names, quotas};

/// Around the ends of months: a 31st, February of a leap year, a year.
const TIMES: [&str; 9] = [
    "2023-12-31T23:59:59Z",
    "2024-01-01T00:00:00Z",
    "2024-01-31T23:59:59Z",
    "2024-02-01T00:00:00Z",
    "2024-02-29T23:59:59Z",
    "2024-03-01T00:00:00Z",
    "2024-12-31T23:59:59Z",
    "2025-01-01T00:00:00Z",
    "2099-07-01T00:00:00Z",
];

async fn months_are_created_ahead_once(place: &Place) {
    place.migrated().await;
    let partitions = place.partitions();
    assert_eq!(names(&partitions).await, ["logs_rest"]);
    let created = partitions
        .create_ahead(at("2024-01-31T23:59:59Z"), 2)
        .await
        .unwrap();
    assert_eq!(created, [month(2024, 1), month(2024, 2), month(2024, 3)]);
    assert_eq!(
        partitions
            .create_ahead(at("2024-01-01T00:00:00Z"), 2)
            .await
            .unwrap(),
        []
    );
    let later = partitions
        .create_ahead(at("2024-02-29T23:59:59Z"), 2)
        .await
        .unwrap();
    assert_eq!(later, [month(2024, 4)]);
    let earlier = partitions
        .create(month(2023, 12), month(2024, 2))
        .await
        .unwrap();
    assert_eq!(earlier, [month(2023, 12)]);
    let listed = partitions.list().await.unwrap();
    let months: Vec<_> = listed[1..].iter().filter_map(Partition::month).collect();
    assert_eq!(
        months,
        [
            month(2024, 1),
            month(2024, 2),
            month(2024, 3),
            month(2024, 4)
        ]
    );
    assert_eq!(listed[0].name, "logs_2023_12");
    assert_eq!(listed[0].before, Some(at("2024-01-01T00:00:00Z")));
    assert!(listed.last().unwrap().is_rest);

    let differences = place.store.verify_schema(schema::tables()).await.unwrap();
    assert_eq!(differences, []);
    assert!(
        place
            .store
            .migrate(schema::all())
            .await
            .unwrap()
            .applied
            .is_empty()
    );
    let error = partitions
        .create(month(2000, 1), month(2200, 1))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);

    // All tables of the library.
    let now = at("2024-04-02T00:00:00Z");
    let created = partitions::create_ahead(&*place.store, schema::all(), now, 1)
        .await
        .unwrap();
    assert_eq!(created, 14 * 2 + 1);
}

async fn rows_of_no_month_are_kept_and_moved(place: &Place) {
    let logs = place.migrated().await;
    let rows = logs_at(TIMES.map(at));
    logs.append_many(&rows).await.unwrap();
    let all: Vec<i64> = (1..=9).collect();
    assert_eq!(place.rows_in("logs_rest").await, 9);
    assert_eq!(quotas(&place.store).await, all);

    let partitions = place.partitions();
    partitions
        .create(month(2024, 1), month(2024, 4))
        .await
        .unwrap();
    partitions
        .create(month(2024, 12), month(2025, 2))
        .await
        .unwrap();
    assert_eq!(quotas(&place.store).await, all);
    // Of MySQL and MariaDB, ranges have no gaps: what is before a month is in its partition.
    let gaps = if place.backend == "postgres" {
        [2, 2, 1, 1]
    } else {
        [3, 2, 1, 1]
    };
    let found = [
        place.rows_in("logs_2024_01").await,
        place.rows_in("logs_2024_02").await,
        place.rows_in("logs_2024_03").await,
        place.rows_in("logs_2024_12").await,
    ];
    assert_eq!(found, gaps);
    assert_eq!(place.rows_in("logs_2025_01").await, 1);
    assert_eq!(
        place.rows_in("logs_rest").await,
        if place.backend == "postgres" { 2 } else { 1 }
    );

    // Writing them again finds each in its partition.
    let outcomes = logs.append_many(&rows).await.unwrap();
    assert!(outcomes.iter().all(|one| *one == RowOutcome::Present));
    for row in &rows {
        assert_eq!(logs.get(row.id).await.unwrap().log.quota, row.quota);
    }
}

async fn four_at_once_create_each_month_once(place: &Place) {
    let logs = place.migrated().await;
    let first = at("2024-01-01T00:00:00Z");
    let rows = logs_at((0..400).map(|day| first + TimeDelta::days(day)));
    logs.append_many(&rows[..200]).await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let store = place.another().await;
        tasks.push(tokio::spawn(async move {
            let partitions = store.partitions(UsageLog::TABLE).unwrap();
            let created = partitions
                .create(month(2024, 1), month(2025, 2))
                .await
                .unwrap();
            store.close().await;
            created
        }));
    }
    for chunk in rows[200..].chunks(10) {
        logs.append_many(chunk).await.unwrap();
    }
    let mut created = Vec::new();
    for task in tasks {
        created.extend(task.await.unwrap());
    }
    created.sort();
    let all: Vec<_> = (0..13)
        .map(|after| month(2024, 1).plus(after).unwrap())
        .collect();
    assert_eq!(created, all);
    assert_eq!(names(&place.partitions()).await.len(), 14);
    assert_eq!(quotas(&place.store).await, (1..=400).collect::<Vec<_>>());
    assert_eq!(place.rows_in("logs_2024_02").await, 29);
    // 400 days from 1 January 2024 on end with 3 February 2025.
    assert_eq!(place.rows_in("logs_rest").await, 3);
}

async fn readers_find_every_row_while_rows_are_moved(place: &Place) {
    let logs = place.migrated().await;
    let first = at("2024-01-01T00:00:00Z");
    let rows = logs_at((0..3_000).map(|hour| first + TimeDelta::hours(hour)));
    logs.append_many(&rows).await.unwrap();
    let moving = Arc::new(AtomicBool::new(true));
    let (reader, still) = (logs.clone(), Arc::clone(&moving));
    let reader = tokio::spawn(async move {
        let mut reads = 0;
        while still.load(Ordering::Relaxed) || reads < 2 {
            let count = reader.count(&UsageLogFilter::new(), 10_000).await.unwrap();
            assert_eq!(count, Count::Exactly(3_000));
            reads += 1;
        }
        reads
    });
    let partitions = place.partitions();
    partitions
        .create(month(2024, 1), month(2024, 7))
        .await
        .unwrap();
    moving.store(false, Ordering::Relaxed);
    assert!(reader.await.unwrap() >= 2);
    assert_eq!(place.rows_in("logs_2024_02").await, 29 * 24);
    assert_eq!(place.rows_in("logs_rest").await, 0);
}

/// A visit, with a time that the database knows as one.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(table = "visits", key(id), append_only, index(happened_at))]
struct Visit {
    /// The key.
    id: i64,
    /// When it happened.
    happened_at: chrono::DateTime<chrono::Utc>,
}

/// The server's zone is not UTC, nor is that of another program.
async fn bounds_are_utc_in_every_session(place: &Place) {
    let layout = Layout::new().partitioned(Visit::HAPPENED_AT);
    let url = if place.backend == "postgres" {
        format!(
            "{}&options[TimeZone]=Asia/Kathmandu&options[DateStyle]=German",
            place.url
        )
    } else {
        place.url.clone()
    };
    let store = genledger::connect_with_layout(&url, &layout).await.unwrap();
    let set = MigrationSet::of("visits", &[Visit::TABLE]);
    store.migrate(&[set]).await.unwrap();
    assert_eq!(store.verify_schema(&[Visit::TABLE]).await.unwrap(), []);
    let visit = |id, time: &str| Visit {
        id,
        happened_at: at(time),
    };
    let visits = [
        visit(1, "2024-02-01T00:00:00Z"),
        visit(2, "2024-02-29T23:59:59.999Z"),
        visit(3, "2024-03-01T00:00:00Z"),
        visit(4, "2024-03-31T23:59:59Z"),
    ];
    store.session().insert_many(&visits[..2]).await.unwrap();
    let partitions = store.partitions(Visit::TABLE).unwrap();
    partitions
        .create(month(2024, 1), month(2024, 4))
        .await
        .unwrap();
    store.session().insert_many(&visits[2..]).await.unwrap();
    let listed = partitions.list().await.unwrap();
    assert_eq!(listed[1].from, Some(at("2024-02-01T00:00:00Z")));
    assert_eq!(listed[1].before, Some(at("2024-03-01T00:00:00Z")));
    let count = |partition: &'static str| async move {
        let from = if place.backend == "postgres" {
            partition.to_owned()
        } else {
            format!("visits PARTITION ({partition})")
        };
        place.number(&format!("SELECT COUNT(*) FROM {from}")).await
    };
    assert_eq!(count("visits_2024_02").await, 2);
    assert_eq!(count("visits_2024_03").await, 2);
    // 23:15 UTC of 29 February, written by a program in Kathmandu.
    let (zone, time) = if place.backend == "postgres" {
        ("SET TimeZone = 'Asia/Kathmandu'", "2024-03-01 05:00:00")
    } else {
        ("SET time_zone = '+05:45'", "2024-02-29 23:15:00")
    };
    let insert = format!("INSERT INTO visits (id, happened_at) VALUES (5, '{time}')");
    place.execute(&[zone, &insert]).await;
    assert_eq!(count("visits_2024_02").await, 3);
    let dropped = partitions
        .drop_before(at("2024-03-01T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(dropped.len(), 2);
    let left = store
        .session()
        .count(Filter::<Visit>::all(), 10)
        .await
        .unwrap();
    assert_eq!(left, Count::Exactly(2));
    store.close().await;
}

cases!(
    months_are_created_ahead_once,
    rows_of_no_month_are_kept_and_moved,
    four_at_once_create_each_month_once,
    readers_find_every_row_while_rows_are_moved,
    bounds_are_utc_in_every_session,
);
