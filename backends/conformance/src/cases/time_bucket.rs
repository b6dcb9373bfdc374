//! Groups of moments by spans of seconds.

use genledger_contract::SessionExt;

use crate::ask::{aggregated, at, integers, over};
use crate::databases::Databases;
use crate::model::Entry;

/// Moments fall into spans by their floor, before 1970 as well, in seconds and in milliseconds.
pub(crate) async fn by_floor(databases: &Databases) {
    let session = databases.migrated().await.session();
    let moments = [
        (-901, 0),
        (-900, 0),
        (-1, 999_000),
        (0, 0),
        (0, 1_000),
        (899, 999_000),
        (900, 0),
        (1_700_000_000, 500_000),
    ];
    let mut rows: Vec<Entry> = (0..)
        .zip(moments)
        .map(|(id, (seconds, micros))| Entry {
            asked_at: Some(at(seconds, micros)),
            ..Entry::new(id, seconds)
        })
        .collect();
    rows.push(Entry::new(100, 0));
    session.insert_many(&rows).await.unwrap();
    for seconds in [1, 7, 900, 3600, 86_400] {
        let floor = |moment: i64| Some(moment.div_euclid(seconds) * seconds);
        for (query, bucket) in [
            (
                over().bucket(Entry::CREATED_AT, seconds),
                Box::new(|row: &Entry| floor(row.created_at.timestamp()))
                    as Box<dyn Fn(&Entry) -> Option<i64> + Send>,
            ),
            (
                over().bucket(Entry::ASKED_AT, seconds),
                Box::new(|row: &Entry| row.asked_at.and_then(|moment| floor(moment.timestamp()))),
            ),
        ] {
            let mut expected = std::collections::BTreeMap::new();
            for row in &rows {
                *expected.entry(bucket(row)).or_insert(0) += 1;
            }
            let expected: Vec<Vec<Option<i64>>> = expected
                .into_iter()
                .map(|(bucket, count)| vec![bucket, Some(count)])
                .collect();
            let found = integers(&aggregated(&*session, query.count()).await, 2);
            assert_eq!(found, expected, "spans of {seconds}");
        }
    }
}

/// Rows are grouped by spans and columns together.
pub(crate) async fn beside_columns(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows: Vec<Entry> = (0..12)
        .map(|id| Entry {
            model: ["x", "y"][usize::try_from(id % 2).unwrap()].to_owned(),
            ..Entry::new(id, id * 10)
        })
        .collect();
    session.insert_many(&rows).await.unwrap();
    let query = over()
        .bucket(Entry::CREATED_AT, 60)
        .group_by(Entry::MODEL)
        .count()
        .sum(Entry::TOKENS);
    let rows = aggregated(&*session, query).await;
    let found: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.integer(0).unwrap(),
                row.text(1).unwrap().unwrap(),
                row.integer(2).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [(0, "x", 3), (0, "y", 3), (60, "x", 3), (60, "y", 3)]
    );
}
