//! Writing events.

use std::sync::Arc;

use genledger::contract::{ErrorKind, Filter, Query, RowOutcome, SessionExt, Store, StoreExt};
use genledger::json::JsonObject;
use genledger::outbox::{NewOutboxEvent, OutboxEvent};
use genledger::validate::Validate;

use crate::sample::{acquire, after, append, event, fails, migrated, sequence_all};

async fn stored(store: &dyn Store) -> Vec<OutboxEvent> {
    let query = Query::matching(Filter::all()).order_by([OutboxEvent::CREATE_TIME.asc()]);
    store.session().page(&query).await.unwrap().items
}

async fn an_event_that_is_written_again_is_recognised(store: &Arc<dyn Store>) {
    let outbox = &migrated(store).await;
    let first = event("a", 1, 0);
    assert!(outbox.append(&first).await.unwrap());
    assert_eq!(stored(store).await, std::slice::from_ref(&first));
    assert!(!outbox.append(&first).await.unwrap());
    // As another attempt creates it later.
    assert!(!outbox.append(&event("a", 1, 9)).await.unwrap());
    let mut lease = acquire(outbox, "one").await;
    assert_eq!(sequence_all(outbox, &mut lease).await, 1);
    // And after it has got a position, in the middle of a transaction, which continues.
    let second = event("a", 2, 1);
    let again = event("a", 1, 9);
    let events = &[again, second.clone(), second];
    let outcomes = store
        .transaction(|tx| async move { outbox.within(&tx).append_many(events).await })
        .await;
    let expected = [RowOutcome::Present, RowOutcome::New, RowOutcome::Present];
    assert_eq!(outcomes.unwrap(), expected);
    let positions: Vec<_> = stored(store).await.iter().map(|one| one.position).collect();
    assert_eq!(positions, [Some(1), None]);
}

async fn another_event_with_the_number_is_a_conflict(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let first = event("a", 1, 0);
    append(store, std::slice::from_ref(&first)).await;
    let other = |kind: &str, payload: &str| {
        NewOutboxEvent::new("tasks", "a", 1, kind)
            .payload(JsonObject::from_text(payload))
            .into_event(after(0))
            .unwrap()
    };
    for other in [
        other("changed", "{}"),
        other("deleted", first.payload.as_str()),
    ] {
        fails(outbox.append(&other).await, ErrorKind::UniqueViolation);
        let outcomes = outbox.append_many(&[other]).await.unwrap();
        assert_eq!(outcomes, [RowOutcome::Different]);
    }
    assert_eq!(stored(store).await, [first]);
}

async fn an_event_belongs_to_its_transaction(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let tx = store.begin().await.unwrap();
    assert!(outbox.within(&tx).append(&event("a", 1, 0)).await.unwrap());
    tx.rollback().await.unwrap();
    let mut lease = acquire(&outbox, "one").await;
    assert_eq!(sequence_all(&outbox, &mut lease).await, 0);
    assert_eq!(stored(store).await, []);
}

#[test]
fn every_broken_rule_is_reported() {
    let broken = |new: NewOutboxEvent| {
        let error = new.into_event(after(0)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let violations = error.violations().iter();
        violations
            .map(|one| format!("{} {}", one.path(), one.rule()))
            .collect::<Vec<_>>()
    };
    let new = |topic: &str, aggregate: &str, kind: &str| {
        NewOutboxEvent::new(topic, aggregate, i64::MIN, kind)
    };
    let payload = |text: &str| new("t", "a", "k").payload(JsonObject::from_text(text));
    assert_eq!(
        broken(new("", "", "")),
        ["topic required", "aggregate_id required", "kind required"]
    );
    let long = "x".repeat(65);
    assert_eq!(
        broken(new(&long, &long, &long)),
        ["topic too_long", "aggregate_id too_long", "kind too_long"]
    );
    assert_eq!(
        broken(new("t ", "a\t", "k\0")),
        [
            "topic trailing_space",
            "aggregate_id control_character",
            "kind nul_character"
        ]
    );
    assert_eq!(broken(payload("[1]")), ["payload not_an_object"]);
    assert_eq!(
        broken(payload(r#"{"a":NaN,"b":1,"b":2}"#)),
        ["payload.a not_finite", "payload.b duplicate_key"]
    );
    assert_eq!(
        broken(payload(r#"{"a":"\u0000"}"#)),
        ["payload.a nul_character"]
    );
    let early = new("t", "a", "k").into_event("0999-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(early.unwrap_err().column(), Some("create_time"));
    let good = new("t", "a", "k").into_event(after(0)).unwrap();
    assert!(good.violations().is_empty());
    assert_eq!(good.payload.as_str(), "{}");
}

genledger_testkit::store_cases!(
    an_event_that_is_written_again_is_recognised,
    an_event_belongs_to_its_transaction,
    another_event_with_the_number_is_a_conflict,
);
