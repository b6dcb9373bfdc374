//! Long filters, and deeply nested filters.

use genledger_contract::query::{Count, MAX_FILTER_DEPTH};
use genledger_contract::row::Value;
use genledger_contract::statement::{Comparison, Delete, Predicate, Statement};
use genledger_contract::{Entity, Filter, Query, SessionExt};

use crate::ask::{matching, rows_of};
use crate::check::breaks;
use crate::databases::Databases;
use crate::model::Account;

async fn visits(databases: &Databases, filter: Filter<Account>) -> Vec<i32> {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many(0..4)).await.unwrap();
    for (id, visits) in (0..4).zip(0..) {
        let add = [Account::VISITS.plus(visits)];
        assert!(session.update_if(&id, Filter::all(), add).await.unwrap());
    }
    let mut rows = matching(&*session, filter).await;
    rows.sort_by_key(|row| row.id);
    rows.into_iter().map(|row| row.visits).collect()
}

/// A chain of thousands of conditions is one level, from whichever side it is built.
pub(crate) async fn chains(databases: &Databases) {
    let any = (3..8_000)
        .map(|visits| Account::VISITS.eq(visits))
        .fold(Account::VISITS.eq(1), |chain, one| one | chain);
    assert_eq!(visits(databases, any).await, [1, 3]);
    let all = (3..8_000)
        .map(|visits| Account::VISITS.ne(visits))
        .fold(Account::VISITS.ne(1), |chain, one| one & chain);
    assert_eq!(visits(databases, all).await, [0, 2]);
    let halves = |from| {
        (from..from + 4_000)
            .map(|visits| Account::VISITS.eq(visits))
            .fold(Filter::none(), |chain, one| chain | one)
    };
    assert_eq!(visits(databases, halves(2) | halves(4_002)).await, [2, 3]);
}

/// A filter that is negated any number of times selects its rows, or all others.
pub(crate) async fn negations(databases: &Databases) {
    let even = (0..20_000).fold(Account::VISITS.ge(2), |filter, _| !filter);
    assert_eq!(visits(databases, even.clone()).await, [2, 3]);
    assert_eq!(visits(databases, !even).await, [0, 1]);
}

/// A filter with this many levels, in turns of `&`, `|` and `!`, around one that selects visits of 2 and more.
fn nested(levels: usize) -> Filter<Account> {
    (0..levels).fold(Account::VISITS.ge(2), |filter, level| match level % 3 {
        0 => filter & Account::VISITS.ge(0),
        1 => filter | Account::VISITS.lt(0),
        _ => !filter,
    })
}

/// Filters are nested as deep as allowed, on every statement.
pub(crate) async fn the_deepest(databases: &Databases) {
    // 99 levels have 33 negations.
    assert_eq!(visits(databases, nested(99)).await, [0, 1]);
    let deepest = nested(MAX_FILTER_DEPTH);
    assert_eq!(visits(databases, deepest.clone()).await, [0, 1]);
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many(0..4)).await.unwrap();
    assert_eq!(
        session.count(deepest.clone(), 9).await.unwrap(),
        Count::Exactly(4)
    );
    let add = || [Account::VISITS.plus(2)];
    assert!(session.update_if(&1, deepest.clone(), add()).await.unwrap());
    assert_eq!(
        session.update_where(deepest.clone(), add()).await.unwrap(),
        3
    );
    assert_eq!(session.delete_where(!nested(99)).await.unwrap(), 4);
}

/// A filter that is nested deeper is refused by every statement, at any depth, and nothing is written.
pub(crate) async fn too_deep(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many(0..4)).await.unwrap();
    for levels in [MAX_FILTER_DEPTH + 1, 1_000, 100_000] {
        let filter = nested(levels);
        breaks(filter.predicate(), "too_deep");
        let query = Query::matching(filter.clone());
        breaks(session.page(&query).await, "too_deep");
        breaks(session.count(filter.clone(), 9).await, "too_deep");
        let add = [Account::VISITS.plus(1)];
        breaks(session.update_where(filter.clone(), add).await, "too_deep");
        breaks(session.delete_where(filter).await, "too_deep");
    }
    // A statement that was built without a typed filter.
    let one = Predicate::compare(0, Comparison::Ge, Value::I64(0));
    let deep = (0..2_000).fold(one, |inner, _| Predicate::Not(Box::new(inner)));
    let delete = Delete {
        table: Account::TABLE,
        filter: deep,
    };
    breaks(session.execute(Statement::Delete(delete)).await, "too_deep");
    assert_eq!(rows_of::<Account>(&*session).await, 4);
}
