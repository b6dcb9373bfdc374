//! One row that cannot be read does not prevent reading others.

use std::cmp::Ordering;

use genledger_contract::query::{AggregateQuery, ClaimQuery, Order};
use genledger_contract::row::ValueRef;
use genledger_contract::{ErrorKind, Filter, Query, Session, SessionExt};

use crate::check::fails;
use crate::databases::Databases;
use crate::model::{Account, FlaggedAccount, NarrowAccount, RequiredSpecimen, Specimen};

/// Accounts 0 to 4, of which number 2 cannot be read by a version whose integers are narrower.
async fn five(session: &dyn Session) {
    let rows: Vec<Account> = (0..5)
        .map(|id| Account {
            version: if id == 2 { i64::MAX } else { id },
            ..Account::new(id)
        })
        .collect();
    session.insert_many(&rows).await.unwrap();
}

/// A page has an error with the key in place of the row that cannot be read, and the rows after it.
pub(crate) async fn a_page(databases: &Databases) {
    let session = databases.migrated().await.session();
    five(&*session).await;
    let error = fails(
        session.page(&Query::<NarrowAccount>::default()).await,
        ErrorKind::Corrupt,
    );
    assert_eq!(
        (error.table(), error.column(), error.key()),
        (Some("suite_accounts"), Some("version"), Some("2"))
    );
    let mut query = Query::<NarrowAccount>::default().page_size(3);
    let mut seen = Vec::new();
    loop {
        let page = session.page_lenient(&query).await.unwrap();
        for row in page.items {
            seen.push(match row {
                Ok(row) => Ok(row.id),
                Err(row) => {
                    assert_eq!(row.error.kind(), ErrorKind::Corrupt);
                    Err(row.key)
                }
            });
        }
        match page.next {
            Some(cursor) => query = query.after(cursor),
            None => break,
        }
    }
    assert_eq!(seen, [Ok(0), Ok(1), Err(Some(2)), Ok(3), Ok(4)]);
}

/// A group whose value cannot be read is an error of `aggregate`; `aggregate_lenient` returns it beside the others.
pub(crate) async fn a_group(databases: &Databases) {
    let session = databases.migrated().await.session();
    five(&*session).await;
    let query = AggregateQuery::over(Filter::<FlaggedAccount>::all())
        .group_by(FlaggedAccount::VERSION)
        .count()
        .sum(FlaggedAccount::ID);
    let error = fails(session.aggregate(query.clone()).await, ErrorKind::Corrupt);
    let place = (Some("suite_accounts"), Some("version"));
    assert_eq!((error.table(), error.column()), place);
    let rows = session.aggregate_lenient(query).await.unwrap();
    let mut unreadable = Vec::new();
    let mut readable = Vec::new();
    for row in rows {
        assert_eq!(row.integer(1).unwrap(), 1);
        let id = row.integer(2).unwrap();
        match row.unreadable() {
            None => readable.push((row.value(0) == ValueRef::Bool(true), id)),
            Some(error) => {
                assert_eq!(error.kind(), ErrorKind::Corrupt);
                assert_eq!((error.table(), error.column()), place);
                assert!(row.value(0).is_null());
                unreadable.push(id);
            }
        }
    }
    unreadable.sort_unstable();
    assert_eq!(readable, [(false, 0), (true, 1)]);
    assert_eq!(unreadable, [2, 3, 4]);
}

/// A claim claims the row that cannot be read with the others, and returns it separately, so that it does not block the queue.
pub(crate) async fn a_claim(databases: &Databases) {
    let database = databases.migrated().await;
    five(&*database.session()).await;
    let query = |token: i64| {
        ClaimQuery::new(NarrowAccount::VISITS.eq(0), NarrowAccount::VISITS, token)
            .order_by([NarrowAccount::ID.asc()])
            .limit(3)
    };
    let session = database.session();
    let first = session.claim(query(7)).await.unwrap();
    let ids: Vec<i64> = first.rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, [0, 1]);
    let keys: Vec<Option<i64>> = first.unreadable.iter().map(|row| row.key).collect();
    assert_eq!(keys, [Some(2)]);
    let tx = database.store.begin().await.unwrap();
    let second = tx.claim(query(8)).await.unwrap();
    assert_eq!(second.rows.len(), 2);
    fails(first.into_rows(), ErrorKind::Corrupt);
    tx.commit().await.unwrap();
    assert!(session.claim(query(9)).await.unwrap().rows.is_empty());
}

/// A required column of [`RequiredSpecimen`] in an order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Small,
    Name,
}

/// An order of required columns, and whether each is descending.
type Orders = &'static [(By, bool)];

/// The value of a row in a column.
fn value(row: &Specimen, by: By) -> Option<String> {
    match by {
        // Sorted as text, which is the same for one digit.
        By::Small => row.options.maybe_small.map(|small| small.to_string()),
        By::Name => row.options.maybe_name.clone(),
    }
}

/// How many of the columns of an order a row has before the first that it lacks.
fn present(row: &Specimen, order: Orders) -> usize {
    let found = order.iter().position(|(by, _)| value(row, *by).is_none());
    found.unwrap_or(order.len())
}

/// Complete rows first, and then those without a value in the first column, in the second, and so on.
fn compare(order: Orders, left: &Specimen, right: &Specimen) -> Ordering {
    let part = |row| match present(row, order) {
        all if all == order.len() => 0,
        some => some + 1,
    };
    let turned = |descending, order: Ordering| if descending { order.reverse() } else { order };
    let columns = order[..present(left, order)]
        .iter()
        .map(|(by, descending)| turned(*descending, value(left, *by).cmp(&value(right, *by))));
    let key = left.number.cmp(&right.number);
    let last = order.last().is_some_and(|(_, descending)| *descending);
    part(left)
        .cmp(&part(right))
        .then_with(|| columns.fold(Ordering::Equal, Ordering::then))
        .then(turned(last, key))
}

/// In a table of another program, rows without a value in a required column are in pages of every size and order:
/// once, as errors, after all others.
pub(crate) async fn rows_without_a_required_value(databases: &Databases) {
    let database = databases.migrated().await;
    let rows: Vec<Specimen> = (0..14)
        .map(|number| {
            Specimen::new(number).with(|row| {
                row.options.maybe_small =
                    (number % 3 != 1).then_some([7, 3, 5, 1][number_of(number) % 4]);
                row.options.maybe_name = (number % 4 != 2).then(|| format!("n{}", number % 2));
            })
        })
        .collect();
    database.session().insert_many(&rows).await.unwrap();
    let orders: [Orders; 6] = [
        &[(By::Small, false)],
        &[(By::Small, true)],
        &[(By::Name, false)],
        &[(By::Small, true), (By::Name, false)],
        &[(By::Name, true), (By::Small, false)],
        &[(By::Name, true), (By::Small, true)],
    ];
    let tx = database.store.begin().await.unwrap();
    let session = database.session();
    for order in orders {
        for from in [0, 5] {
            let mut expected: Vec<&Specimen> =
                rows.iter().filter(|row| row.number >= from).collect();
            expected.sort_by(|left, right| compare(order, left, right));
            let expected: Vec<(i64, bool)> = expected
                .iter()
                .map(|row| {
                    (
                        row.number,
                        row.options.maybe_small.is_some() && row.options.maybe_name.is_some(),
                    )
                })
                .collect();
            let query = Query::matching(RequiredSpecimen::NUMBER.ge(from)).order_by(ordered(order));
            for size in [1, 2, 3, 13, 14, 15] {
                let sessions: [&dyn Session; 2] = [&*session, &*tx];
                for session in sessions {
                    let found = walk(session, query.clone().page_size(size)).await;
                    assert_eq!(found, expected, "{order:?} from {from} by {size}");
                }
            }
        }
    }
    tx.commit().await.unwrap();
    let strict = Query::<RequiredSpecimen>::matching(Filter::all()).order_by(ordered(orders[1]));
    let mut pages = 0;
    let mut query = strict.page_size(1);
    let error = loop {
        match session.page(&query).await {
            Ok(page) => query = query.after(page.next.unwrap()),
            Err(error) => break error,
        }
        pages += 1;
    };
    assert_eq!((pages > 0, error.kind()), (true, ErrorKind::Corrupt));
}

fn number_of(number: i64) -> usize {
    usize::try_from(number).unwrap()
}

fn ordered(order: Orders) -> Vec<Order<RequiredSpecimen>> {
    let order = order.iter().map(|one| match one {
        (By::Small, false) => RequiredSpecimen::MAYBE_SMALL.asc(),
        (By::Small, true) => RequiredSpecimen::MAYBE_SMALL.desc(),
        (By::Name, false) => RequiredSpecimen::MAYBE_NAME.asc(),
        (By::Name, true) => RequiredSpecimen::MAYBE_NAME.desc(),
    });
    order.collect()
}

/// The numbers of all rows, page by page, and whether each can be read.
async fn walk(session: &dyn Session, mut query: Query<RequiredSpecimen>) -> Vec<(i64, bool)> {
    let mut found = Vec::new();
    loop {
        let page = session.page_lenient(&query).await.unwrap();
        found.extend(page.items.into_iter().map(|row| match row {
            Ok(row) => (row.number, true),
            Err(row) => (row.key.unwrap().1, false),
        }));
        match page.next {
            Some(cursor) => query = query.after(cursor),
            None => return found,
        }
    }
}
