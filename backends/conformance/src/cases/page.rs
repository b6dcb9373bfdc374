//! Keyset pages.

use genledger_contract::query::{MAX_FILTER_VALUES, Order};
use genledger_contract::{Cursor, Entity, Filter, Page, Query, Session, SessionExt};

use crate::ask::{all, at, rows_of};
use crate::check::breaks;
use crate::databases::Databases;
use crate::model::{Account, Entry, OptionsColumns, Specimen, ValuesColumns};

/// Walks page by page, checks the size of each page, and returns all rows.
async fn walk<E: Entity>(session: &dyn Session, query: Query<E>, size: u32) -> Vec<E> {
    let mut query = query.page_size(size);
    let size = usize::try_from(size).unwrap();
    let mut rows = Vec::new();
    loop {
        let Page { items, next } = session.page(&query).await.unwrap();
        assert!(items.len() <= size);
        let full = items.len() == size;
        rows.extend(items);
        let Some(cursor) = next else {
            return rows;
        };
        assert!(full, "a page before the last is not full");
        query = query.after(cursor);
    }
}

/// Rows in which most values are equal or NULL.
async fn write(session: &dyn Session, count: i64) {
    let rows: Vec<Specimen> = (0..count)
        .map(|number| {
            Specimen::new(number).with(|row| {
                row.tenant = ["b", "a"][usize::try_from(number % 2).unwrap()].to_owned();
                row.values.flag = number % 3 == 0;
                row.values.name = format!("n{}", number % 4);
                if number % 3 != 1 {
                    row.options.maybe_small = Some(i16::try_from(number % 5).unwrap() - 2);
                    row.options.maybe_amount = Some(rust_decimal::Decimal::new(number % 2, 1));
                    row.options.maybe_name = Some(format!("{}", number % 2));
                    row.options.maybe_six = Some(at(0, number % 4 - 2));
                    row.options.maybe_second = Some(at(number % 4 - 2, 0));
                    row.options.maybe_flag = Some(number % 2 == 0);
                    row.options.maybe_long_uuid = Some(uuid::Uuid::from_u128(1));
                }
            })
        })
        .collect();
    session.insert_many(&rows).await.unwrap();
}

fn orders() -> Vec<Vec<Order<Specimen>>> {
    let mut orders = vec![
        vec![],
        vec![Specimen::TENANT.desc()],
        vec![Specimen::NUMBER.desc(), Specimen::TENANT.asc()],
        vec![Specimen::MAYBE_SMALL.asc(), Specimen::MAYBE_NAME.desc()],
        vec![Specimen::MAYBE_SMALL.desc(), Specimen::NAME.asc()],
        vec![
            Specimen::FLAG.asc(),
            Specimen::MAYBE_SIX.desc(),
            Specimen::NUMBER.asc(),
        ],
    ];
    for (ascending, descending) in [
        (Specimen::MAYBE_SMALL.asc(), Specimen::MAYBE_SMALL.desc()),
        (Specimen::MAYBE_AMOUNT.asc(), Specimen::MAYBE_AMOUNT.desc()),
        (Specimen::MAYBE_NAME.asc(), Specimen::MAYBE_NAME.desc()),
        (Specimen::MAYBE_SIX.asc(), Specimen::MAYBE_SIX.desc()),
        (Specimen::MAYBE_SECOND.asc(), Specimen::MAYBE_SECOND.desc()),
        (Specimen::MAYBE_FLAG.asc(), Specimen::MAYBE_FLAG.desc()),
        (
            Specimen::MAYBE_LONG_UUID.asc(),
            Specimen::MAYBE_LONG_UUID.desc(),
        ),
        (Specimen::FLAG.asc(), Specimen::FLAG.desc()),
    ] {
        orders.push(vec![ascending]);
        orders.push(vec![descending]);
    }
    orders
}

/// In every order and direction, with equal values and NULLs, pages of any size have every row once, in the
/// order of the query.
pub(crate) async fn every_order_and_size(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, 17).await;
    for order in orders() {
        let query = Query::default().order_by(order.clone());
        let whole = all(&*session, query.clone()).await;
        assert_eq!(whole.len(), 17);
        for size in [1, 2, 5, 16, 17, 18] {
            let walked = walk(&*session, query.clone(), size).await;
            assert!(walked == whole, "{order:?} by {size}");
        }
    }
}

/// A page has the requested number of rows, and a cursor only while rows are left.
pub(crate) async fn sizes(databases: &Databases) {
    let session = databases.migrated().await.session();
    let query = Query::<Account>::default();
    let page = session.page(&query).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_none());
    session.insert_many(&Account::many(0..100)).await.unwrap();
    let page = session.page(&query).await.unwrap();
    assert_eq!(page.items.len(), 50);
    let page = session
        .page(&query.clone().after_maybe(page.next))
        .await
        .unwrap();
    assert_eq!(page.items.len(), 50);
    assert!(page.next.is_none());
    let page = session.page(&query.page_size(1000)).await.unwrap();
    assert_eq!(page.items, Account::many(0..100));
    assert!(page.next.is_none());
}

/// Pages of 0 and of 1001 rows are refused.
pub(crate) async fn sizes_out_of_range(databases: &Databases) {
    let session = databases.migrated().await.session();
    for size in [0, 1001, u32::MAX] {
        let query = Query::<Account>::default().page_size(size);
        breaks(session.page(&query).await, "out_of_range");
    }
}

/// A list of as many values as a filter may have works for all pages, not only for the first.
pub(crate) async fn the_longest_list(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many(0..30)).await.unwrap();
    let longest = i64::try_from(MAX_FILTER_VALUES).unwrap();
    let query = |values: i64| {
        let ids: Vec<i64> = (0..values).collect();
        Query::matching(Account::ID.is_in(ids))
            .order_by([Account::OWNER.desc(), Account::VERSION.asc()])
    };
    let walked = walk(&*session, query(longest), 7).await;
    assert_eq!(walked.len(), 30);
    breaks(session.page(&query(longest + 1)).await, "too_many_values");
}

/// The filter applies to every page.
pub(crate) async fn filters(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, 40).await;
    let filter = || Specimen::MAYBE_SMALL.gt(0) | Specimen::MAYBE_SMALL.is_null();
    let query = Query::matching(filter()).order_by([Specimen::MAYBE_SMALL.desc()]);
    let walked = walk(&*session, query, 3).await;
    let expected = all(&*session, Query::matching(filter())).await;
    assert_eq!(walked.len(), expected.len());
    assert!(walked.iter().all(|row| expected.contains(row)));
    assert!(walked.len() > 10 && walked.len() < 40);
}

/// A cursor survives as text and as JSON, and the size may change from page to page.
pub(crate) async fn cursors_are_text(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, 10).await;
    let query = Query::<Specimen>::default().order_by([Specimen::MAYBE_NAME.desc()]);
    let whole = all(&*session, query.clone()).await;
    let page = session.page(&query.clone().page_size(3)).await.unwrap();
    let cursor = page.next.unwrap();
    let text: Cursor = cursor.to_string().parse().unwrap();
    let json = serde_json::to_string(&cursor).unwrap();
    let json: Cursor = serde_json::from_str(&json).unwrap();
    for cursor in [cursor, text, json] {
        let page = session
            .page(&query.clone().page_size(5).after(cursor))
            .await
            .unwrap();
        assert_eq!(page.items, whole[3..8]);
    }
}

/// A cursor of another query, a changed one, and text that is not a cursor are refused.
pub(crate) async fn foreign_cursors(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, 10).await;
    session.insert_many(&Account::many(0..10)).await.unwrap();
    let query = Query::<Specimen>::default().page_size(3);
    let cursor = session.page(&query).await.unwrap().next.unwrap();
    for other in [
        query.clone().order_by([Specimen::NUMBER.asc()]),
        query.clone().order_by([Specimen::TENANT.desc()]),
        Query::matching(Specimen::NUMBER.ge(0)),
    ] {
        let other = other.after(cursor.clone());
        breaks(session.page(&other).await, "other_query");
    }
    // Of another table, also one whose key is at the same position.
    let accounts = Query::<Account>::default().page_size(3);
    let of_accounts = session.page(&accounts).await.unwrap().next.unwrap();
    let entries = Query::<Entry>::default().after(of_accounts);
    breaks(session.page(&entries).await, "other_query");
    let other = accounts.after(cursor.clone());
    breaks(session.page(&other).await, "other_query");
    let text = cursor.as_str();
    let mut texts: Vec<String> = [
        "",
        "A",
        "no cursor",
        "😀",
        &text[1..],
        &text[..text.len() - 1],
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push(format!("{text}A"));
    texts.push("A".repeat(10_000));
    for index in 0..text.len() {
        let mut changed = text.as_bytes().to_vec();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        texts.push(String::from_utf8(changed).unwrap());
    }
    for text in texts {
        let query = query.clone().after(Cursor::from(text.clone()));
        // The last character has unused bits, so a change of it may have no effect.
        match session.page(&query).await {
            Ok(page) => assert_eq!(text.len(), cursor.as_str().len(), "{page:?}"),
            Err(error) => {
                let error = breaks::<()>(Err(error), "malformed");
                assert_eq!(error.violations()[0].path(), "after");
            }
        }
    }
}

/// Rows that are inserted between pages, before and after the position, neither repeat nor hide existing
/// rows.
pub(crate) async fn stable_under_inserts(databases: &Databases) {
    let session = databases.migrated().await.session();
    let old: Vec<Entry> = (0..30).map(|id| Entry::new(id, id / 4)).collect();
    session.insert_many(&old).await.unwrap();
    for (round, orders) in (0..).zip([
        [Entry::CREATED_AT.desc(), Entry::ID.desc()],
        [Entry::CREATED_AT.asc(), Entry::ID.asc()],
    ]) {
        let mut query = Query::default().order_by(orders).page_size(4);
        let mut seen = Vec::new();
        let mut next = 1000 * (round + 1);
        loop {
            let page = session.page(&query).await.unwrap();
            let ids = page.items.iter().map(|row| row.id);
            seen.extend(ids.filter(|id| (0..30).contains(id)));
            let Some(cursor) = page.next else { break };
            query = query.after(cursor);
            for seconds in [-1, 2, 3, 9] {
                session.insert(&Entry::new(next, seconds)).await.unwrap();
                session.insert(&Entry::new(-next, seconds)).await.unwrap();
                next += 1;
            }
            assert!(next < 1000 * (round + 2), "the walk never ends");
        }
        let mut once = seen.clone();
        once.sort_unstable();
        assert_eq!(once, (0..30).collect::<Vec<_>>());
    }
}

/// Paging while another task writes still returns every existing row once, in order.
pub(crate) async fn stable_beside_a_writer(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    let old: Vec<Entry> = (0..300).map(|id| Entry::new(id * 1000, id)).collect();
    session.insert_many(&old).await.unwrap();
    let writer = tokio::spawn({
        let session = database.session();
        async move {
            for round in 0..60 {
                let id = (round * 7 % 300) * 1000 + round % 900 + 1;
                session.insert(&Entry::new(id, id / 1000)).await.unwrap();
            }
        }
    });
    let mut walked = Vec::new();
    while !writer.is_finished() || walked.is_empty() {
        let query = Query::default().order_by([Entry::CREATED_AT.asc(), Entry::ID.asc()]);
        walked = walk(&*session, query, 7).await;
        let ids: Vec<i64> = walked.iter().map(|row| row.id).collect();
        assert!(ids.is_sorted(), "{ids:?}");
        let old = ids.iter().filter(|id| *id % 1000 == 0).count();
        assert_eq!(old, 300);
    }
    writer.await.unwrap();
}

/// The next page begins after the last row also when that row was deleted.
pub(crate) async fn the_last_row_may_be_deleted(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many(0..10)).await.unwrap();
    let query = Query::<Account>::default().page_size(4);
    let page = session.page(&query).await.unwrap();
    for id in [2, 3, 4] {
        assert!(session.delete::<Account>(&id).await.unwrap());
    }
    let page = session.page(&query.after_maybe(page.next)).await.unwrap();
    assert_eq!(page.items, Account::many(5..9));
}

/// Several thousand rows are read in pages of the greatest size.
pub(crate) async fn thousands_of_rows(databases: &Databases) {
    let session = databases.migrated().await.session();
    let rows: Vec<Entry> = (0..5000).map(|id| Entry::new(id, id / 100)).collect();
    session.insert_many(&rows).await.unwrap();
    let query = Query::default().order_by([Entry::CREATED_AT.desc(), Entry::ID.asc()]);
    let walked = walk(&*session, query, 1000).await;
    assert_eq!(walked.len(), rows_of::<Entry>(&*session).await);
    let keys: Vec<_> = walked
        .iter()
        .map(|row| (std::cmp::Reverse(row.created_at), row.id))
        .collect();
    assert!(keys.is_sorted());
}

/// Pages and their cursors work with every filter, also one that selects nothing.
pub(crate) async fn of_no_rows(databases: &Databases) {
    let session = databases.migrated().await.session();
    write(&*session, 5).await;
    let query = Query::<Specimen>::matching(Filter::none());
    let page = session.page(&query).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_none());
}
