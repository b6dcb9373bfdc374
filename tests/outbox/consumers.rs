//! Reading in order, and acknowledging.

use std::sync::Arc;

use genledger::contract::{ErrorKind, Store, StoreExt};
use genledger::outbox::{OutboxBatch, OutboxStart};

use crate::sample::{Both, acquire, append, event, event_of, fails, migrated, sequence_all};

fn positions(batch: &OutboxBatch) -> Vec<i64> {
    assert_eq!(batch.unreadable, []);
    batch
        .events
        .iter()
        .filter_map(|event| event.position)
        .collect()
}

/// Five events with positions 1 to 5, of two topics.
async fn five(store: &Arc<dyn Store>) -> Both {
    let outbox = migrated(store).await;
    for (number, topic) in (1..).zip(["tasks", "money", "tasks", "money", "money"]) {
        append(store, &[event_of(topic, "a", number, number)]).await;
    }
    let mut lease = acquire(&outbox, "one").await;
    assert_eq!(sequence_all(&outbox, &mut lease).await, 5);
    // One that has no position is not read.
    append(store, &[event("z", 1, 0)]).await;
    outbox
}

async fn they_begin_at_the_given_start(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let early = outbox.register("early", OutboxStart::End).await.unwrap();
    assert_eq!(early.position, 0);
    let outbox = five(store).await;
    let begin = outbox.register("begin", OutboxStart::Beginning).await;
    let end = outbox.register("end", OutboxStart::End).await.unwrap();
    assert_eq!((begin.unwrap().position, end.position), (0, 5));
    for (consumer, expected) in [("early", 5), ("begin", 5), ("end", 0)] {
        let batch = outbox.read(consumer, 100).await.unwrap();
        assert_eq!(batch.events.len(), expected);
        assert_eq!((batch.end, batch.more), (5, false));
    }
    // A registered consumer keeps its position.
    assert!(outbox.ack("begin", 2).await.unwrap());
    for start in [OutboxStart::Beginning, OutboxStart::End] {
        let cursor = outbox.register("begin", start).await.unwrap();
        assert_eq!(cursor.position, 2);
    }
    assert!(outbox.unregister("begin").await.unwrap());
    assert!(!outbox.unregister("begin").await.unwrap());
    fails(outbox.read("begin", 1).await, ErrorKind::NotFound);
    fails(outbox.ack("begin", 1).await, ErrorKind::NotFound);
}

async fn they_read_in_order(store: &Arc<dyn Store>) {
    let outbox = five(store).await;
    outbox.register("c", OutboxStart::Beginning).await.unwrap();
    let all = outbox.read("c", 100).await.unwrap();
    assert_eq!(positions(&all), [1, 2, 3, 4, 5]);
    assert_eq!(all.events[1].payload.as_str(), r#"{"seq":2}"#);
    assert_eq!(all, outbox.read("c", 100).await.unwrap());
    for (limit, expected, more) in [(2, &[1, 2][..], true), (5, &[1, 2, 3, 4, 5], false)] {
        let some = outbox.read("c", limit).await.unwrap();
        assert_eq!(positions(&some), expected);
        assert_eq!((some.start, some.end), (0, i64::from(limit)));
        assert_eq!(some.more, more);
    }
    assert!(outbox.ack("c", 2).await.unwrap());
    let rest = outbox.read("c", 2).await.unwrap();
    assert_eq!((positions(&rest), rest.start, rest.end), (vec![3, 4], 2, 4));
    for limit in [0, 1_001] {
        fails(outbox.read("c", limit).await, ErrorKind::Invalid);
    }
}

async fn they_read_one_topic(store: &Arc<dyn Store>) {
    let outbox = five(store).await;
    outbox.register("c", OutboxStart::Beginning).await.unwrap();
    let some = outbox.read_topic("c", "tasks", 1).await.unwrap();
    assert_eq!((positions(&some), some.end, some.more), (vec![1], 1, true));
    // Events of other topics are acknowledged along with it.
    let tasks = outbox.read_topic("c", "tasks", 100).await.unwrap();
    assert_eq!(
        (positions(&tasks), tasks.end, tasks.more),
        (vec![1, 3], 5, false)
    );
    assert!(outbox.ack("c", tasks.end).await.unwrap());
    let none = outbox.read_topic("c", "tasks", 100).await.unwrap();
    assert_eq!((positions(&none), none.end, none.more), (vec![], 5, false));
    let other = outbox.read_topic("c", "Tasks", 100).await.unwrap();
    assert!(other.events.is_empty());
}

async fn acknowledging_only_raises(store: &Arc<dyn Store>) {
    let outbox = five(store).await;
    outbox.register("c", OutboxStart::Beginning).await.unwrap();
    assert!(outbox.ack("c", 3).await.unwrap());
    for lesser in [3, 2, 0, -1] {
        assert!(!outbox.ack("c", lesser).await.unwrap());
    }
    let rest = outbox.read("c", 100).await.unwrap();
    assert_eq!(positions(&rest), [4, 5]);
    // An event without a position was not read, and would be lost.
    fails(outbox.ack("c", 6).await, ErrorKind::Invalid);
    assert!(outbox.ack("c", 5).await.unwrap());
}

/// Two processes read for one consumer: the writes in the transaction of the acknowledgement take effect
/// once, however their batches overlap.
async fn a_batch_is_acknowledged_once(store: &Arc<dyn Store>) {
    let outbox = &five(store).await;
    outbox.register("c", OutboxStart::Beginning).await.unwrap();
    let short = &outbox.read("c", 2).await.unwrap();
    let long = &outbox.read("c", 4).await.unwrap();
    let ack = |batch| {
        store.transaction(move |tx| async move { outbox.within(&tx).ack_batch("c", batch).await })
    };
    assert!(ack(short).await.unwrap());
    assert!(!ack(long).await.unwrap());
    assert!(!ack(short).await.unwrap());
    let rest = &outbox.read("c", 100).await.unwrap();
    assert_eq!(positions(rest), [3, 4, 5]);
    // It is rolled back with its transaction.
    let tx = store.begin().await.unwrap();
    assert!(outbox.within(&tx).ack_batch("c", rest).await.unwrap());
    tx.rollback().await.unwrap();
    assert!(ack(rest).await.unwrap());
    let none = &outbox.read("c", 100).await.unwrap();
    assert!(none.events.is_empty());
    assert!(ack(none).await.unwrap());
    outbox.unregister("c").await.unwrap();
    fails(ack(none).await, ErrorKind::NotFound);
}

async fn names_are_checked(store: &Arc<dyn Store>) {
    let outbox = five(store).await;
    let long = "x".repeat(65);
    for (name, rule) in [
        ("", "required"),
        ("$sequencer", "reserved"),
        ("c ", "trailing_space"),
        (long.as_str(), "too_long"),
    ] {
        let refused = |code: Option<&str>| assert_eq!(code, Some(rule), "{name}");
        let error = outbox.register(name, OutboxStart::End).await.unwrap_err();
        refused(error.code());
        refused(outbox.unregister(name).await.unwrap_err().code());
    }
    fails(outbox.ack("$sequencer", 1).await, ErrorKind::Invalid);
    fails(outbox.read("$sequencer", 1).await, ErrorKind::Invalid);
}

genledger_testkit::store_cases!(
    they_begin_at_the_given_start,
    they_read_in_order,
    they_read_one_topic,
    acknowledging_only_raises,
    a_batch_is_acknowledged_once,
    names_are_checked,
);
