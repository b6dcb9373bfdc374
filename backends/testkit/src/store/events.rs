//! The events of statements, their texts and plans.

use std::time::Duration;

use genledger_conformance::{EventRecorder, Level, RecordedEvent};
use genledger_contract::query::AggregateQuery;
use genledger_contract::{Query, SessionExt, Store, StoreExt};
use genledger_sql::ToSql;

use super::{Note, notes};
use crate::{Settings, TestServer};

fn operations(events: &[RecordedEvent]) -> Vec<(&str, &str)> {
    let all = events.iter();
    all.map(|one| (one.get("operation").unwrap(), one.get("outcome").unwrap()))
        .collect()
}

pub async fn the_text_is_the_one_that_is_sent<S: TestServer>(server: S) {
    let (_database, store) = notes(server).await;
    let session = store.session();
    let page = Query::matching(Note::TITLE.starts_with("secret")).page_size(7);
    let sums = AggregateQuery::over(Note::TITLE.eq("secret"))
        .count()
        .max(Note::HITS);
    let expected = [
        page.to_sql(S::DIALECT).unwrap(),
        sums.to_sql(S::DIALECT).unwrap(),
    ];
    let recorder = EventRecorder::up_to(Level::DEBUG);
    let guard = recorder.record();
    session.page(&page).await.unwrap();
    session.aggregate(sums).await.unwrap();
    drop(guard);
    let events = recorder.statements();
    let sql: Vec<_> = events.iter().filter_map(|one| one.get("sql")).collect();
    assert_eq!(sql, expected);
    // The log of sqlx is off, as it is with a URL.
    let all = recorder.events();
    assert!(
        !all.iter().any(|one| one.target.starts_with("sqlx")),
        "{all:?}"
    );
}

/// A pool that is larger than the server allows is a warning when it is opened.
pub async fn a_pool_that_is_too_large_is_a_warning<S: TestServer>(server: S) {
    for (connections, warnings) in [(10, 0), (1_000_000, 1)] {
        let recorder = EventRecorder::up_to(Level::DEBUG);
        let guard = recorder.record();
        let settings = Settings::connections(connections);
        let store = S::connect(server.options(), None, settings).await.unwrap();
        drop(guard);
        let events = recorder.events();
        let found = events.iter().filter(|one| one.target == "genledger::pool");
        assert_eq!(found.count(), warnings, "{events:?}");
        store.close().await;
    }
}

pub async fn a_plan_names_its_index<S: TestServer>(server: S) {
    let (_database, store) = notes(server).await;
    let notes: Vec<Note> = (1..=500)
        .map(|id| Note::new(id, &format!("title {id}")))
        .collect();
    store.session().insert_many(&notes).await.unwrap();
    let query = Query::matching(Note::TITLE.starts_with("title 77"));
    let plan = store.explain(&query).await.unwrap();
    assert!(plan.contains("uk_notes_title"), "{plan}");
    let sums = AggregateQuery::over(Note::TITLE.starts_with("title 77")).sum(Note::HITS);
    let plan = store.explain(&sums).await.unwrap();
    assert!(plan.contains("uk_notes_title"), "{plan}");
}

/// Also those of the library in a transaction of the application; sqlx does not log them again.
pub async fn transactions_are_events<S: TestServer>(server: S) {
    let (_database, store) = notes(server).await;
    let recorder = EventRecorder::up_to(Level::DEBUG);
    let guard = recorder.record();
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(1, "one")).await.unwrap();
    let nested = transaction.begin().await.unwrap();
    nested.rollback().await.unwrap();
    transaction.commit().await.unwrap();
    let events = recorder.statements();
    let of = |operation| (operation, "ok");
    let expected = [
        "begin",
        "insert",
        "savepoint",
        "savepoint",
        "savepoint",
        "commit",
    ]
    .map(of);
    assert_eq!(operations(&events), expected);
    let results = S::lend(&store, vec![(Note::new(2, "two"), true)], true).await;
    drop(guard);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    // One in a separate transaction, and one in a transaction of the application.
    let later = recorder.statements().split_off(events.len());
    let one = ["begin", "insert", "commit"].map(of);
    assert_eq!(operations(&later), [one, one].concat());
}

pub async fn a_statement_that_is_cancelled_is_an_event<S: TestServer>(server: S) {
    let (_database, store) = notes(server).await;
    let note = Note::new(1, "secret");
    store.session().insert(&note).await.unwrap();
    let holder = store.begin().await.unwrap();
    holder
        .update_where(Note::ID.eq(1), [Note::HITS.plus(1)])
        .await
        .unwrap();
    let recorder = EventRecorder::up_to(Level::DEBUG);
    let guard = recorder.record();
    let session = store.session();
    let blocked = session.update_where(Note::ID.eq(1), [Note::HITS.plus(1)]);
    let time = Duration::from_millis(100);
    assert!(tokio::time::timeout(time, blocked).await.is_err());
    drop(guard);
    let events = recorder.statements();
    assert_eq!(operations(&events), [("update", "dropped")]);
    assert!(events[0].get("micros").unwrap().parse::<u64>().unwrap() > 1_000);
    holder.rollback().await.unwrap();
}
