//! Rows that are written again, and rows with the same id and another time.

use chrono::TimeDelta;
use genledger::contract::RowOutcome;
use genledger::prelude::*;

use crate::place::{Place, at, cases, logs_at, month, quotas};

/// The id and the time of a row are fixed together, so that a retry is recognised in every partition.
async fn writing_again_is_recognised(place: &Place) {
    let logs = place.migrated().await.with_rollups();
    place
        .partitions()
        .create(month(2024, 1), month(2024, 4))
        .await
        .unwrap();
    let first = at("2024-01-20T00:00:00Z");
    let rows = logs_at((0..1_500).map(|hour| first + TimeDelta::hours(hour)));
    logs.append_many(&rows[..700]).await.unwrap();
    let outcomes = logs.append_many(&rows).await.unwrap();
    for (number, outcome) in outcomes.iter().enumerate() {
        let expected = if number < 700 {
            RowOutcome::Present
        } else {
            RowOutcome::New
        };
        assert_eq!(*outcome, expected, "{number}");
    }
    assert!(!logs.append(&rows[3]).await.unwrap());
    let mut other = rows[3].clone();
    other.quota += 1_000;
    let error = logs.append(&other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert_eq!(quotas(&place.store).await, (1..=1_500).collect::<Vec<_>>());
}

/// Partitions know no key without the time: a row with the same id and another time is another row. Ids contain the
/// time at which they were made, and the library fixes both together; a program that does not is not stopped here.
async fn the_same_id_at_another_time_is_another_row(place: &Place) {
    let logs = place.migrated().await;
    place
        .partitions()
        .create(month(2024, 1), month(2024, 3))
        .await
        .unwrap();
    let row = logs_at([at("2024-01-20T00:00:00Z")]).remove(0);
    let mut moved = row.clone();
    moved.created_at = at("2024-02-20T00:00:00Z");
    moved.quota = 2;
    // The outcome does not depend on what else is in the batch.
    assert_eq!(
        logs.append_many(std::slice::from_ref(&row)).await.unwrap(),
        [RowOutcome::New]
    );
    let outcomes = logs
        .append_many(&[row.clone(), moved.clone()])
        .await
        .unwrap();
    assert_eq!(outcomes, [RowOutcome::Present, RowOutcome::New]);
    assert_eq!(quotas(&place.store).await, [1, 2]);
    let found = logs.get(row.id).await.unwrap();
    assert!([1, 2].contains(&found.log.quota));
    assert_eq!(logs.delete_many(&[row.id]).await.unwrap(), 2);

    // On a table without partitions it is the same key, also for a process whose layout has them already.
    let plain = place.plain().await;
    place.execute(&["DROP TABLE logs"]).await;
    let script = if place.backend == "postgres" {
        include_str!("../../src/schema/postgres/usage/0001_create_logs.sql")
    } else {
        include_str!("../../src/schema/mysql/usage/0001_create_logs.sql")
    };
    place.execute(&[script]).await;
    let unaware = UsageLogs::new(plain.clone());
    assert!(unaware.append(&row).await.unwrap());
    assert_eq!(
        unaware
            .append_many(std::slice::from_ref(&moved))
            .await
            .unwrap(),
        [RowOutcome::Different]
    );
    let error = logs.append(&moved).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert!(!logs.append(&row).await.unwrap());
    plain.close().await;
}

cases!(
    writing_again_is_recognised,
    the_same_id_at_another_time_is_another_row,
);
