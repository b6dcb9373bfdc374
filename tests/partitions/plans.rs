//! A query over a time reads the partitions of this time only.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use genledger::contract::query::AggregateQuery;
use genledger::prelude::*;

use crate::place::{Place, at, cases, logs_at, month};

/// The partitions that a plan names.
fn partitions_of(plan: &str) -> BTreeSet<String> {
    let names = plan.match_indices("logs_").map(|(start, _)| {
        let name = plan[start..].chars();
        let name = name.take_while(|char| char.is_ascii_alphanumeric() || *char == '_');
        name.take("logs_2024_02".len()).collect::<String>()
    });
    names
        .filter(|name| name.starts_with("logs_20") || name.starts_with("logs_rest"))
        .map(|name| {
            if name.starts_with("logs_rest") {
                "logs_rest".to_owned()
            } else {
                name
            }
        })
        .collect()
}

async fn a_query_over_a_time_reads_its_months(place: &Place) {
    let logs = place.migrated().await;
    let partitions = place.partitions();
    partitions
        .create(month(2023, 12), month(2024, 7))
        .await
        .unwrap();
    let first = at("2024-01-01T00:00:00Z");
    let rows = logs_at((0..700).map(|quarter| first + TimeDelta::hours(6 * quarter)));
    logs.append_many(&rows).await.unwrap();
    let analyze = if place.backend == "postgres" {
        "ANALYZE logs"
    } else {
        "ANALYZE TABLE logs"
    };
    place.execute(&[analyze]).await;

    let february = UsageLogFilter::new()
        .from(at("2024-02-03T10:00:00Z"))
        .before(at("2024-03-01T00:00:00Z"));
    let page = |filter: &UsageLogFilter| {
        Query::matching(filter.condition())
            .order_by([UsageLog::CREATED_AT.desc(), UsageLog::ID.desc()])
            .page_size(50)
    };
    let only = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let (from, before) = (1_706_954_400, 1_709_251_200);
    let times = [from, before];

    let plan = place.plan(&page(&february), &times).await;
    assert_eq!(partitions_of(&plan), only(&["logs_2024_02"]), "{plan}");
    let first = place.store.session().page(&page(&february)).await.unwrap();
    let last = first.items.last().unwrap();
    let (second, id) = (last.created_at.timestamp(), last.id.get());
    let after = [from, before, second, second, second, id];
    let plan = place
        .plan(&page(&february).after_maybe(first.next), &after)
        .await;
    assert_eq!(partitions_of(&plan), only(&["logs_2024_02"]), "{plan}");
    let of_user = february.clone().user_id(42);
    let plan = place.plan(&page(&of_user), &[from, before, 42]).await;
    assert_eq!(partitions_of(&plan), only(&["logs_2024_02"]), "{plan}");
    // Counts and sums.
    let sums = AggregateQuery::over(february.condition())
        .count()
        .sum(UsageLog::QUOTA)
        .group_by(UsageLog::MODEL_NAME);
    let plan = place.plan(&sums, &times).await;
    assert_eq!(partitions_of(&plan), only(&["logs_2024_02"]), "{plan}");
    // A time that crosses the end of a month, and all of it.
    let two = february.clone().before(at("2024-03-01T00:00:01Z"));
    let plan = place.plan(&page(&two), &[from, before + 1]).await;
    assert_eq!(
        partitions_of(&plan),
        only(&["logs_2024_02", "logs_2024_03"]),
        "{plan}"
    );
    // A key alone does not say the month: the index of each partition is read.
    let by_id = Query::matching(UsageLog::ID.eq(rows[3].id));
    let plan = place.plan(&by_id, &[rows[3].id.get()]).await;
    assert_eq!(partitions_of(&plan).len(), 8, "{plan}");
    let page = logs.page(&february, &Paging::first(1_000)).await.unwrap();
    assert_eq!(page.items.len(), 106);
}

cases!(a_query_over_a_time_reads_its_months);
