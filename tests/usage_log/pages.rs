//! Pages of a listing.

use std::sync::Arc;

use genledger::ErrorKind;
use genledger::contract::query::MAX_PAGE_SIZE;
use genledger::contract::{Cursor, Store};
use genledger::id::UsageLogId;
use genledger::paging::Paging;
use genledger::usage::{UsageLog, UsageLogFilter, UsageLogs, UserUsageLogFilter};

use crate::sample::{after, append, consume, migrated};

/// All pages of a listing, of this size.
async fn turn(logs: &UsageLogs, filter: &UsageLogFilter, size: u32) -> Vec<UsageLog> {
    let mut rows = Vec::new();
    let mut paging = Paging::first(size);
    loop {
        let page = logs.page(filter, &paging).await.unwrap();
        assert!(page.items.len() <= usize::try_from(size).unwrap());
        rows.extend(page.items.into_iter().map(|item| item.log));
        match page.next {
            Some(next) => paging = paging.after(Some(next)),
            None => return rows,
        }
    }
}

async fn listings_are_newest_first_and_complete(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    // Several rows in each second, written out of order.
    let mut written = append(
        &logs,
        [5, 1, 5, 3, 1, 5, 2, 2, 4, 3].map(|second| consume().created_at(after(second))),
    )
    .await;
    written.sort_by_key(|log| std::cmp::Reverse((log.created_at, log.id)));
    for size in [1, 2, 3, 9, 10, 11, 1000] {
        assert_eq!(
            turn(&logs, &UsageLogFilter::new(), size).await,
            written,
            "{size}"
        );
    }
    let filter = UsageLogFilter::new().from(after(2)).before(after(5));
    let expected: Vec<UsageLog> = written
        .iter()
        .filter(|log| (2..=4).contains(&(log.created_at - after(0)).num_seconds()))
        .cloned()
        .collect();
    assert_eq!(turn(&logs, &filter, 2).await, expected);
    assert_eq!(turn(&logs, &filter.username("unknown"), 2).await, []);
}

async fn pages_stay_where_they_were_while_rows_arrive(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let written = append(
        &logs,
        (0..6).map(|second| consume().created_at(after(second))),
    )
    .await;
    let first = logs
        .page(&UsageLogFilter::new(), &Paging::first(3))
        .await
        .unwrap();
    // A newer row, and one whose time is among those that were shown already.
    for (id, second) in [(1, 60), (2, 4)] {
        let log = consume().created_at(after(second));
        logs.append(&log.into_log_with_id(UsageLogId::new(id)).unwrap())
            .await
            .unwrap();
    }
    let next = Paging::first(3).after(first.next);
    let second = logs.page(&UsageLogFilter::new(), &next).await.unwrap();
    let shown: Vec<UsageLogId> = first
        .items
        .iter()
        .chain(&second.items)
        .map(|item| item.log.id)
        .collect();
    // Both belong before the place where the first page ended.
    let expected: Vec<UsageLogId> = written.iter().rev().map(|log| log.id).collect();
    assert_eq!(shown, expected);
    assert!(second.next.is_none());
}

async fn impossible_pages_are_refused(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    append(&logs, (0..4).map(|_| consume())).await;
    let all = UsageLogFilter::new();
    let refused = async |filter: &UsageLogFilter, paging: Paging| {
        let error = logs.page(filter, &paging).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        error.violations()[0].rule()
    };
    for size in [0, MAX_PAGE_SIZE + 1, u32::MAX] {
        assert_eq!(refused(&all, Paging::first(size)).await, "out_of_range");
    }
    let next = logs.page(&all, &Paging::first(2)).await.unwrap().next;
    let cursor = next.clone().unwrap();
    let other = all.clone().username("ada");
    assert_eq!(
        refused(&other, Paging::first(2).after(next.clone())).await,
        "other_query"
    );
    let error = logs
        .page_for_user(
            42,
            &UserUsageLogFilter::new(),
            &Paging::first(2).after(next),
        )
        .await
        .unwrap_err();
    assert_eq!(error.violations()[0].rule(), "other_query");

    let text = cursor.as_str();
    let middle = text.len() / 2..=text.len() / 2;
    let mut changed = text.to_owned();
    let other = if &text[middle.clone()] == "A" {
        "B"
    } else {
        "A"
    };
    changed.replace_range(middle, other);
    for wrong in [
        changed.as_str(),
        "",
        "nonsense",
        &text[1..],
        &format!("{text}{text}"),
    ] {
        let cursor = Some(Cursor::from(wrong.to_owned()));
        assert_eq!(
            refused(&all, Paging::first(2).after(cursor)).await,
            "malformed"
        );
    }
}

genledger_testkit::layout_cases!(
    listings_are_newest_first_and_complete,
    pages_stay_where_they_were_while_rows_arrive,
    impossible_pages_are_refused,
);
