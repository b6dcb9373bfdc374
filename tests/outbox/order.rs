//! The positions that a round assigns.

use std::sync::Arc;

use genledger::contract::Store;
use genledger::outbox::OutboxEvent;

use crate::sample::{acquire, append, event, event_of, in_order, migrated, sequence_all};

fn keys(events: &[OutboxEvent]) -> Vec<(String, i64)> {
    let key = |event: &OutboxEvent| (event.aggregate_id.clone(), event.seq);
    events.iter().map(key).collect()
}

/// The order is that of the times, and within an aggregate that of the numbers, whatever the clocks of
/// the writers show.
async fn aggregates_have_the_order_of_their_numbers(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let events = [
        event("a", 3, 10),
        event("a", 1, 20),
        event("b", 1, 15),
        event("a", 2, 30),
        event_of("accounts", "a", 9, 25),
        event_of("accounts", "a", -9, 26),
    ];
    append(store, &events).await;
    let mut lease = acquire(&outbox, "one").await;
    assert_eq!(sequence_all(&outbox, &mut lease).await, 6);
    let expected = [
        event("a", 1, 0),
        event("b", 1, 0),
        event("a", 2, 0),
        event("a", -9, 0),
        event("a", 9, 0),
        event("a", 3, 0),
    ];
    assert_eq!(in_order(store).await, keys(&expected));

    // Events that are appended later come after these, whatever their times.
    append(store, &[event("c", 1, -99), event("a", 4, -98)]).await;
    assert_eq!(sequence_all(&outbox, &mut lease).await, 2);
    let all = in_order(store).await;
    let later = [event("c", 1, 0), event("a", 4, 0)];
    assert_eq!(all[6..], keys(&later));
    assert_eq!(all[..6], keys(&expected));
    assert_eq!(sequence_all(&outbox, &mut lease).await, 0);
}

/// Events that must come before one of a round are in it as well, also those with the time of a clock that
/// is far ahead.
async fn a_round_has_what_must_come_before(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let mut events: Vec<_> = (0..1_005)
        .map(|number| event(&format!("x-{}", number % 300), number, number))
        .collect();
    // The first two of a page, and those before them at its end.
    events.push(event("late", 5, -10));
    events.push(event("late", 7, -9));
    for seq in [1, 6, 2, 8] {
        events.push(event("late", seq, 9_000 + seq));
    }
    append(store, &events).await;
    let mut lease = acquire(&outbox, "one").await;
    let first = outbox.sequencer.sequence(&mut lease).await.unwrap();
    // A thousand and those of numbers 1, 2 and 6; number 8 must not come before any of them.
    assert_eq!((first.count, first.more), (1_003, true));
    let second = outbox.sequencer.sequence(&mut lease).await.unwrap();
    assert_eq!((second.count, second.more), (8, false));
    let all = in_order(store).await;
    let late = |name: &str, all: &[(String, i64)]| -> Vec<i64> {
        let of_name = all.iter().filter(|(aggregate, _)| aggregate == name);
        of_name.map(|(_, seq)| *seq).collect()
    };
    assert_eq!(late("late", &all[..4]), [1, 2, 5, 6]);
    assert_eq!(late("late", &all), [1, 2, 5, 6, 7, 8]);
    for number in 0..300 {
        let seqs = late(&format!("x-{number}"), &all);
        assert!(seqs.is_sorted(), "{seqs:?}");
    }
}

genledger_testkit::store_cases!(
    aggregates_have_the_order_of_their_numbers,
    a_round_has_what_must_come_before,
);
