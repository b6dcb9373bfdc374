//! Helpers that read rows and build values.

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::query::{AggregateQuery, AggregateRow, MAX_PAGE_SIZE};
use genledger_contract::{Entity, Filter, Query, Session, SessionExt};
use rust_decimal::Decimal;

use crate::model::Specimen;

/// All rows of a query, page by page.
pub(crate) async fn all<E: Entity>(session: &dyn Session, query: Query<E>) -> Vec<E> {
    let mut query = query.page_size(MAX_PAGE_SIZE);
    let mut rows = Vec::new();
    loop {
        let page = session.page(&query).await.expect("a page");
        rows.extend(page.items);
        match page.next {
            Some(cursor) => query = query.after(cursor),
            None => return rows,
        }
    }
}

/// All rows that a filter selects, by key.
pub(crate) async fn matching<E: Entity>(session: &dyn Session, filter: Filter<E>) -> Vec<E> {
    all(session, Query::matching(filter)).await
}

/// The number of rows.
pub(crate) async fn rows_of<E: Entity>(session: &dyn Session) -> usize {
    matching(session, Filter::<E>::all()).await.len()
}

/// The numbers of the specimens that a filter selects.
pub(crate) async fn numbers(session: &dyn Session, filter: Filter<Specimen>) -> Vec<i64> {
    let rows = matching(session, filter).await;
    rows.iter().map(|row| row.number).collect()
}

/// The moment `seconds` and `micros` after 1970 began.
pub(crate) fn at(seconds: i64, micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a valid moment") + TimeDelta::microseconds(micros)
}

/// A decimal from its text.
pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// An aggregate over all rows.
pub(crate) fn over<E: Entity>() -> AggregateQuery<E> {
    AggregateQuery::over(Filter::all())
}

/// The result rows of an aggregate.
pub(crate) async fn aggregated<E: Entity>(
    session: &dyn Session,
    query: AggregateQuery<E>,
) -> Vec<AggregateRow> {
    session.aggregate(query).await.expect("the result rows")
}

/// Result rows as integers, `None` for NULL.
pub(crate) fn integers(rows: &[AggregateRow], columns: usize) -> Vec<Vec<Option<i64>>> {
    let row = |row: &AggregateRow| (0..columns).map(|at| row.value(at).as_i64()).collect();
    rows.iter().map(row).collect()
}
