//! Writers that commit late, concurrent sequencers and consumers: nothing is left out, and
//! no event is read twice by a consumer that acknowledges it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use genledger::contract::{
    Entity, ErrorKind, Filter, MigrationSet, Result, SessionExt, Store, StoreExt, Tx,
};
use genledger::outbox::{Outbox, OutboxEvent, OutboxStart};

use crate::sample::{
    Both, MINUTE, acquire, append, event, expire, in_order, migrated, sequence_all,
};

/// A row that changes, and counts its changes.
#[derive(Clone, Debug, Entity)]
#[entity(table = "outbox_things", key(name))]
struct Thing {
    /// Its name.
    #[column(max_chars = 64)]
    name: String,
    /// Its version.
    version: i64,
}

const THINGS: usize = 3;
const WRITERS: usize = 4;
const WRITES: usize = 12;

fn name(number: usize) -> String {
    format!("thing-{}", number % THINGS)
}

/// Changes a thing, and writes the event of the change, with a clock of its own; commits after a delay.
async fn change(
    outbox: &Outbox,
    tx: &Tx,
    thing: &str,
    second: i64,
    wait: Duration,
) -> Result<OutboxEvent> {
    let up = [Thing::VERSION.plus(1)];
    let row = tx
        .update_returning(&thing.to_owned(), Filter::<Thing>::all(), up)
        .await?;
    let changed = event(thing, row.unwrap().version, second);
    assert!(outbox.within(tx).append(&changed).await?);
    tokio::time::sleep(wait).await;
    Ok(changed)
}

/// The events that were committed.
async fn write(store: Arc<dyn Store>, writer: usize) -> Vec<OutboxEvent> {
    let outbox = &Outbox::new(Arc::clone(&store));
    let mut written = Vec::new();
    for number in 0..WRITES {
        let thing = &name(writer + number);
        // Every clock is wrong by another amount, and goes back at times.
        let second = i64::try_from((writer * 977 + number * 7_919) % 1_000).unwrap();
        let wait = Duration::from_millis(u64::try_from((writer * 3 + number * 5) % 8).unwrap());
        let changed = loop {
            let work = |tx: Tx| async move { change(outbox, &tx, thing, second, wait).await };
            match store.transaction(work).await {
                Err(error) if error.is_retryable() => {}
                changed => break changed.unwrap(),
            }
        };
        written.push(changed);
        if number % 4 == 0 {
            // A change that is rolled back.
            let tx = store.begin().await.unwrap();
            drop(change(outbox, &tx, thing, second, wait).await);
            tx.rollback().await.unwrap();
        }
    }
    written
}

/// Assigns positions whenever it can, like any other process of a service.
async fn sequencer(outbox: Both, holder: String, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        if let Some(mut lease) = outbox.sequencer.acquire(&holder, MINUTE).await.unwrap() {
            while !stop.load(Ordering::SeqCst) {
                match outbox.sequencer.sequence(&mut lease).await {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::StaleLease => break,
                    Err(error) => assert!(error.is_retryable(), "{error}"),
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Reads and acknowledges until it has this many events.
async fn consumer(outbox: Both, name: &'static str, count: usize) -> Vec<OutboxEvent> {
    let mut seen = Vec::new();
    let work = async {
        while seen.len() < count {
            let batch = outbox.read(name, 7).await.unwrap();
            assert_eq!(batch.unreadable, []);
            seen.extend(batch.events);
            outbox.ack(name, batch.end).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), work).await;
    assert!(in_time.is_ok(), "{name} has seen {} of {count}", seen.len());
    seen
}

async fn no_late_commit_is_skipped(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let things = MigrationSet::of("test", &[Thing::TABLE]);
    store.migrate(&[things]).await.unwrap();
    let rows: Vec<Thing> = (0..THINGS)
        .map(|number| Thing {
            name: name(number),
            version: 0,
        })
        .collect();
    store.session().insert_many(&rows).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let sequencers: Vec<_> = (0..2)
        .map(|number| {
            let holder = format!("process-{number}");
            tokio::spawn(sequencer(outbox.clone(), holder, Arc::clone(&stop)))
        })
        .collect();
    let consumers: Vec<_> = ["c", "d"]
        .into_iter()
        .map(|name| {
            let outbox = outbox.clone();
            tokio::spawn(async move {
                outbox.register(name, OutboxStart::Beginning).await.unwrap();
                consumer(outbox, name, WRITERS * WRITES).await
            })
        })
        .collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(Arc::clone(store), writer)))
        .collect();
    let mut written = Vec::new();
    for writer in writers {
        written.extend(writer.await.unwrap());
        // The other sequencer takes over before the first one notices it.
        expire(store).await;
    }
    let expected: BTreeSet<_> = written
        .iter()
        .map(|event| (event.aggregate_id.clone(), event.seq))
        .collect();
    assert_eq!(expected.len(), WRITERS * WRITES);
    for consumer in consumers {
        let seen = consumer.await.unwrap();
        let positions: Vec<_> = seen.iter().filter_map(|event| event.position).collect();
        let every = (1..).take(WRITERS * WRITES).collect::<Vec<i64>>();
        assert_eq!(positions, every);
        let mut last = BTreeMap::new();
        for event in &seen {
            let before = last.insert(event.aggregate_id.clone(), event.seq);
            assert!(before < Some(event.seq), "{before:?} {event:?}");
        }
        let seen: BTreeSet<_> = seen
            .into_iter()
            .map(|event| (event.aggregate_id, event.seq))
            .collect();
        assert_eq!(seen, expected);
    }
    stop.store(true, Ordering::SeqCst);
    for sequencer in sequencers {
        sequencer.await.unwrap();
    }
    assert_eq!(in_order(store).await.len(), WRITERS * WRITES);
}

/// Futures that are dropped at any point leave no gap.
async fn a_round_that_is_given_up_leaves_no_gap(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let mut lease = acquire(&outbox, "one").await;
    let mut count = 0;
    for round in 0..12 {
        let events: Vec<_> = (0..10)
            .map(|seq| event("a", round * 10 + seq, seq))
            .collect();
        append(store, &events).await;
        let time = Duration::from_micros(300 * u64::try_from(round).unwrap());
        let sequenced = tokio::time::timeout(time, outbox.sequencer.sequence(&mut lease)).await;
        count += match sequenced {
            Ok(done) => done.unwrap().count,
            Err(_) => 0,
        };
    }
    // A server may still execute a cancelled statement; this waits for it.
    count += sequence_all(&outbox, &mut lease).await;
    assert!(count <= 120, "{count}");
    assert_eq!(in_order(store).await.len(), 120);
}

genledger_testkit::store_cases!(
    no_late_commit_is_skipped,
    a_round_that_is_given_up_leaves_no_gap,
);
