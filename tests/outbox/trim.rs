//! Deleting events that all consumers have read.

use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Timelike};
use genledger::contract::{Filter, Query, SessionExt, Store};
use genledger::outbox::{NewOutboxEvent, OutboxEvent, OutboxStart};

use crate::sample::{acquire, append, event, fails, migrated, sequence_all};

const DAY: Duration = Duration::from_secs(24 * 3_600);

async fn left(store: &Arc<dyn Store>) -> Vec<i64> {
    let query = Query::matching(Filter::all())
        .order_by([OutboxEvent::POSITION.asc()])
        .page_size(1_000);
    let page = store.session().page(&query).await.unwrap();
    let positions = page.items.iter();
    positions.filter_map(|event| event.position).collect()
}

async fn no_more_than_all_have_read(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let events: Vec<_> = (1..=6).map(|seq| event("a", seq, seq)).collect();
    append(store, &events).await;
    let mut lease = acquire(&outbox, "one").await;
    assert_eq!(sequence_all(&outbox, &mut lease).await, 6);
    append(store, &[event("a", 7, 7)]).await;
    // No consumer is registered, so a later one may still need every event.
    assert_eq!(outbox.sequencer.trim(DAY).await.unwrap(), 0);
    outbox.register("c", OutboxStart::Beginning).await.unwrap();
    outbox.register("d", OutboxStart::Beginning).await.unwrap();
    outbox.ack("c", 5).await.unwrap();
    assert_eq!(outbox.sequencer.trim(DAY).await.unwrap(), 0);
    outbox.ack("d", 3).await.unwrap();
    assert_eq!(outbox.sequencer.trim(DAY).await.unwrap(), 3);
    assert_eq!(left(store).await, [4, 5, 6]);
    assert_eq!(outbox.sequencer.trim(DAY).await.unwrap(), 0);
    let batch = outbox.read("d", 100).await.unwrap();
    assert_eq!((batch.events.len(), batch.end), (3, 6));
    // An unregistered consumer blocks nothing.
    outbox.unregister("d").await.unwrap();
    assert_eq!(outbox.sequencer.trim(DAY).await.unwrap(), 2);
    outbox.ack("c", 6).await.unwrap();
    assert_eq!(outbox.sequencer.trim(DAY).await.unwrap(), 1);
    // The positions continue, and events without a position are kept.
    assert_eq!(sequence_all(&outbox, &mut lease).await, 1);
    assert_eq!(left(store).await, [7]);
    let next = outbox.read("c", 100).await.unwrap();
    assert_eq!(next.events[0].seq, 7);
}

/// By the clock of the database.
async fn only_what_is_old(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let now = store.time().await.unwrap();
    assert_eq!(now.nanosecond() % 1_000_000, 0);
    let aged = |seq: i64, hours: i64| {
        NewOutboxEvent::new("tasks", format!("a-{seq}"), seq, "changed")
            .into_event(now - TimeDelta::hours(hours))
            .unwrap()
    };
    // An event with a time in the future does not hold back the others.
    let hours = [-900, 25, 50, 23, 24 * 8, 0];
    let mut lease = acquire(&outbox, "one").await;
    for (seq, hours) in (1..).zip(hours) {
        append(store, &[aged(seq, hours)]).await;
        sequence_all(&outbox, &mut lease).await;
    }
    outbox.register("c", OutboxStart::End).await.unwrap();
    assert_eq!(outbox.sequencer.trim(DAY * 7).await.unwrap(), 1);
    assert_eq!(left(store).await, [1, 2, 3, 4, 6]);
    assert_eq!(outbox.sequencer.trim(DAY).await.unwrap(), 2);
    assert_eq!(left(store).await, [1, 4, 6]);
    fails(
        outbox.sequencer.trim(Duration::MAX).await,
        genledger::ErrorKind::Invalid,
    );
}

/// More events than are deleted at once.
async fn thousands(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let events: Vec<_> = (1..=1_100).map(|seq| event("a", seq, seq)).collect();
    append(store, &events).await;
    let mut lease = acquire(&outbox, "one").await;
    assert_eq!(sequence_all(&outbox, &mut lease).await, 1_100);
    outbox.register("c", OutboxStart::Beginning).await.unwrap();
    outbox.ack("c", 1_050).await.unwrap();
    assert_eq!(outbox.sequencer.trim(DAY).await.unwrap(), 1_050);
    assert_eq!(left(store).await, (1_051..=1_100).collect::<Vec<_>>());
    let replay = outbox.append(&events[1_050]).await;
    assert!(!replay.unwrap());
}

genledger_testkit::store_cases!(no_more_than_all_have_read, only_what_is_old, thousands,);
