//! A store with the tables, and events to put into it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use genledger::contract::{ErrorKind, Query, Result, RowOutcome, SessionExt, Store};
use genledger::json::{JsonKey, JsonObject};
use genledger::outbox::{
    NewOutboxEvent, Outbox, OutboxCursor, OutboxEvent, OutboxSequencer, SequencerLease,
};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// The tables and the verbs.
pub(crate) async fn migrated(store: &Arc<dyn Store>) -> Both {
    store.migrate(&[genledger::schema::outbox()]).await.unwrap();
    Both::new(store)
}

/// The verbs of writers, consumers and sequencers.
#[derive(Clone)]
pub(crate) struct Both {
    outbox: Outbox,
    pub(crate) sequencer: OutboxSequencer,
}

impl Both {
    pub(crate) fn new(store: &Arc<dyn Store>) -> Self {
        Self {
            outbox: Outbox::new(Arc::clone(store)),
            sequencer: OutboxSequencer::new(Arc::clone(store)),
        }
    }
}

impl std::ops::Deref for Both {
    type Target = Outbox;

    fn deref(&self) -> &Outbox {
        &self.outbox
    }
}

pub(crate) fn after(seconds: i64) -> DateTime<Utc> {
    let noon: DateTime<Utc> = "2025-06-01T12:00:00Z".parse().unwrap();
    noon + TimeDelta::seconds(seconds)
}

/// An event of an aggregate, named in its payload, written some seconds after noon.
pub(crate) fn event(aggregate: &str, seq: i64, second: i64) -> OutboxEvent {
    event_of("tasks", aggregate, seq, second)
}

pub(crate) fn event_of(topic: &str, aggregate: &str, seq: i64, second: i64) -> OutboxEvent {
    const SEQ: JsonKey<i64> = JsonKey::new("seq");
    NewOutboxEvent::new(topic, aggregate, seq, "changed")
        .payload(JsonObject::new().with(SEQ, seq))
        .into_event(after(second))
        .unwrap()
}

/// Appends events that must all be new.
pub(crate) async fn append(store: &Arc<dyn Store>, events: &[OutboxEvent]) {
    let outcomes = Both::new(store).append_many(events).await.unwrap();
    assert!(outcomes.iter().all(|outcome| *outcome == RowOutcome::New));
}

pub(crate) async fn acquire(outbox: &Both, holder: &str) -> SequencerLease {
    outbox
        .sequencer
        .acquire(holder, MINUTE)
        .await
        .unwrap()
        .unwrap()
}

/// Assigns positions until no event waits, and returns the number of these events.
pub(crate) async fn sequence_all(outbox: &Both, lease: &mut SequencerLease) -> usize {
    let mut count = 0;
    loop {
        let done = outbox.sequencer.sequence(lease).await.unwrap();
        assert_eq!(done.unreadable, []);
        count += done.count;
        if !done.more {
            return count;
        }
    }
}

/// The events that have a position, in order: aggregate and number. The positions are 1 to n.
pub(crate) async fn in_order(store: &Arc<dyn Store>) -> Vec<(String, i64)> {
    let mut query = Query::matching(OutboxEvent::POSITION.is_not_null())
        .order_by([OutboxEvent::POSITION.asc()])
        .page_size(1_000);
    let mut events = Vec::new();
    loop {
        let page = store.session().page(&query).await.unwrap();
        for event in page.items {
            assert_eq!(event.position, i64::try_from(events.len() + 1).ok());
            events.push((event.aggregate_id, event.seq));
        }
        match page.next {
            Some(next) => query = query.after(next),
            None => break,
        }
    }
    if let Some(cursor) = sequencer(store).await {
        assert_eq!(cursor.position, i64::try_from(events.len()).unwrap());
    }
    events
}

/// The cursor of the sequencer.
pub(crate) async fn sequencer(store: &Arc<dyn Store>) -> Option<OutboxCursor> {
    let session = store.session();
    session.find(&"$sequencer".to_owned()).await.unwrap()
}

/// Lets the lease of the sequencer end at once.
pub(crate) async fn expire(store: &Arc<dyn Store>) {
    let name = "$sequencer".to_owned();
    let past = [OutboxCursor::EXPIRES_AT.set(Some(after(0)))];
    let guard = OutboxCursor::POSITION.ge(0);
    let session = store.session();
    assert!(session.update_if(&name, guard, past).await.unwrap());
}

pub(crate) fn fails<T: std::fmt::Debug>(outcome: Result<T>, kind: ErrorKind) {
    assert_eq!(outcome.unwrap_err().kind(), kind);
}
