//! Rows that cannot be read: none of them holds back the others.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger::contract::{Entity, ErrorKind, SessionExt, Store};
use genledger::json::{JsonKey, JsonObject};
use genledger::outbox::OutboxStart;

use crate::sample::{acquire, after, append, event, in_order, migrated, sequence_all};

/// The table as another program sees it.
#[derive(Clone, Debug, Entity)]
#[entity(table = "outbox_events", key(id), unique(position))]
struct Foreign {
    /// Any text.
    #[column(max_chars = 36)]
    id: String,
    /// The topic.
    #[column(max_chars = 50)]
    topic: String,
    /// The aggregate.
    #[column(max_chars = 64)]
    aggregate_id: String,
    /// The number.
    seq: i64,
    /// The kind.
    #[column(max_chars = 40)]
    kind: String,
    /// Any JSON.
    payload: JsonObject,
    /// The time.
    #[column(time = "datetime3")]
    create_time: DateTime<Utc>,
    /// The position.
    position: Option<i64>,
}

fn foreign(id: &str, seq: i64, payload: &str, position: Option<i64>) -> Foreign {
    Foreign {
        id: id.to_owned(),
        topic: "tasks".to_owned(),
        aggregate_id: "a".to_owned(),
        seq,
        kind: "changed".to_owned(),
        payload: JsonObject::from_text(payload),
        create_time: after(seq),
        position,
    }
}

/// Payloads that are not objects and keys that are not UUIDs: consumers get the other events, and these are
/// reported.
async fn an_event_that_cannot_be_read_hides_no_other(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let unreadable = "00000000-0000-8000-8000-000000000002";
    append(store, &[event("a", 1, 1), event("a", 3, 3)]).await;
    let rows = [foreign(unreadable, 2, "[\"a list\"]", None)];
    store.session().insert_many(&rows).await.unwrap();
    let mut lease = acquire(&outbox, "one").await;
    assert_eq!(sequence_all(&outbox, &mut lease).await, 3);
    outbox.register("c", OutboxStart::Beginning).await.unwrap();
    let batch = outbox.read("c", 100).await.unwrap();
    let seqs: Vec<i64> = batch.events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [1, 2, 3]);
    let member = batch.events[1].payload.get(JsonKey::<String>::new("a"));
    assert_eq!(member.unwrap_err().kind(), ErrorKind::Corrupt);

    // Now its key is not a UUID.
    let session = store.session();
    assert!(
        session
            .delete::<Foreign>(&unreadable.to_owned())
            .await
            .unwrap()
    );
    let rows = [foreign("of another program", 2, "{}", Some(2))];
    session.insert_many(&rows).await.unwrap();
    for (limit, events, end) in [(100, &[1, 3][..], 3), (2, &[1], 2), (1, &[1], 1)] {
        let batch = outbox.read("c", limit).await.unwrap();
        let seqs: Vec<i64> = batch.events.iter().map(|event| event.seq).collect();
        assert_eq!((seqs.as_slice(), batch.end), (events, end));
        for unreadable in &batch.unreadable {
            assert_eq!(unreadable.position, 2);
            assert_eq!(unreadable.error.kind(), ErrorKind::Corrupt);
            assert_eq!(unreadable.error.key(), Some("2"));
        }
        assert_eq!(batch.unreadable.len(), usize::from(limit > 1));
    }
    outbox.ack("c", 2).await.unwrap();
    let rest = outbox.read("c", 100).await.unwrap();
    assert_eq!((rest.events.len(), rest.unreadable.len()), (1, 0));
}

/// Rows without a valid key wait forever, and the other rows do not wait for them.
async fn an_event_without_a_key_holds_back_no_position(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let rows: Vec<Foreign> = (0..1_001)
        .map(|seq| foreign(&format!("unreadable {seq}"), seq - 2_000, "{}", None))
        .collect();
    store.session().insert_many(&rows).await.unwrap();
    append(store, &[event("b", 1, 1), event("b", 2, 0)]).await;
    let mut lease = acquire(&outbox, "one").await;
    let done = outbox.sequencer.sequence(&mut lease).await.unwrap();
    assert_eq!((done.count, done.more), (2, false));
    assert_eq!(done.unreadable.len(), 1_001);
    assert_eq!(done.unreadable[0].kind(), ErrorKind::Corrupt);
    let done = outbox.sequencer.sequence(&mut lease).await.unwrap();
    assert_eq!((done.count, done.unreadable.len()), (0, 1_001));
    let all = in_order(store).await;
    assert_eq!(all, [("b".to_owned(), 1), ("b".to_owned(), 2)]);

    // Once it has a valid key, it gets a position.
    let session = store.session();
    session.delete::<Foreign>(&rows[0].id).await.unwrap();
    append(store, &[event("a", -2_000, 0)]).await;
    assert_eq!(
        outbox.sequencer.sequence(&mut lease).await.unwrap().count,
        1
    );
}

genledger_testkit::store_cases!(
    an_event_that_cannot_be_read_hides_no_other,
    an_event_without_a_key_holds_back_no_position,
);
