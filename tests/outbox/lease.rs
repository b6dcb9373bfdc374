//! The lease of the sequencer.

use std::sync::Arc;
use std::time::Duration;

use genledger::contract::{ErrorKind, SessionExt, Store};
use genledger::outbox::{OutboxCursor, OutboxEvent, SequencerLease};

use crate::sample::{
    Both, MINUTE, acquire, append, event, expire, fails, in_order, migrated, sequence_all,
    sequencer,
};

async fn one_holder_at_a_time(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let lease = acquire(&outbox, "one").await;
    assert_eq!((lease.holder(), lease.lease_seq()), ("one", 1));
    assert!(
        outbox
            .sequencer
            .acquire("two", MINUTE)
            .await
            .unwrap()
            .is_none()
    );
    let clock = store.time().await.unwrap();
    let ahead = (lease.expires_at() - clock).num_seconds();
    assert!((50..=60).contains(&ahead), "{ahead}");

    // The same holder after a restart, and another one after the lease was released.
    let again = acquire(&outbox, "one").await;
    assert_eq!(again.lease_seq(), 2);
    fails(outbox.sequencer.release(lease).await, ErrorKind::StaleLease);
    assert!(
        outbox
            .sequencer
            .acquire("two", MINUTE)
            .await
            .unwrap()
            .is_none()
    );
    outbox.sequencer.release(again).await.unwrap();
    assert_eq!(acquire(&outbox, "two").await.lease_seq(), 3);

    // It is free at its end, and not before.
    assert!(
        outbox
            .sequencer
            .acquire("three", MINUTE)
            .await
            .unwrap()
            .is_none()
    );
    expire(store).await;
    assert_eq!(acquire(&outbox, "three").await.lease_seq(), 4);
    let cursor = sequencer(store).await.unwrap();
    assert_eq!(cursor.holder.as_deref(), Some("three"));
    assert_eq!((cursor.lease_seq, cursor.position), (4, 0));
}

async fn many_ask_and_one_gets_it(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    for _ in 0..3 {
        let ask = |holder: String| {
            let outbox = outbox.clone();
            tokio::spawn(async move { outbox.sequencer.acquire(&holder, MINUTE).await.unwrap() })
        };
        let asking: Vec<_> = (0..6).map(|number| ask(format!("h-{number}"))).collect();
        let mut taken = Vec::new();
        for one in asking {
            taken.extend(one.await.unwrap());
        }
        assert_eq!(taken.len(), 1, "{taken:?}");
        expire(store).await;
    }
}

/// A lease that has ended remains valid until another holder acquires it.
async fn a_lease_that_was_taken_changes_nothing(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    append(store, &[event("a", 1, 0)]).await;
    let mut slow = acquire(&outbox, "slow").await;
    expire(store).await;
    assert_eq!(sequence_all(&outbox, &mut slow).await, 1);
    append(store, &[event("a", 2, 0)]).await;
    let mut fast = acquire(&outbox, "fast").await;
    fails(
        outbox.sequencer.sequence(&mut slow).await,
        ErrorKind::StaleLease,
    );
    assert_eq!(in_order(store).await.len(), 1);
    assert_eq!(sequence_all(&outbox, &mut fast).await, 1);
    assert_eq!(in_order(store).await.len(), 2);
    assert_eq!(sequencer(store).await.unwrap().holder.unwrap(), "fast");
}

/// Another holder acquires the lease during a round that has already checked it.
async fn a_lease_that_is_taken_in_the_middle_changes_nothing(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    append(store, &[event("a", 1, 0)]).await;
    let lease = acquire(&outbox, "slow").await;
    let taking = store.begin().await.unwrap();
    let name = "$sequencer".to_owned();
    let taken = [
        OutboxCursor::LEASE_SEQ.plus(1),
        OutboxCursor::HOLDER.set("fast"),
    ];
    let old = OutboxCursor::LEASE_SEQ.eq(1);
    assert!(taking.update_if(&name, old, taken).await.unwrap());
    let round = tokio::spawn({
        let (outbox, mut lease) = (outbox.clone(), lease);
        async move { outbox.sequencer.sequence(&mut lease).await }
    });
    // By now it waits for the cursor, or to begin.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!round.is_finished());
    taking.commit().await.unwrap();
    let error = round.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StaleLease);
    assert_eq!(error.message(), "the lease has number 1, the row number 2");
    assert!(in_order(store).await.is_empty());
}

/// A holder that renews an ended lease keeps it, even if another one is about to acquire it.
async fn a_lease_that_is_renewed_in_the_middle_is_kept(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let lease = acquire(&outbox, "slow").await;
    expire(store).await;
    let renewing = store.begin().await.unwrap();
    let name = "$sequencer".to_owned();
    let later = [OutboxCursor::EXPIRES_AT.set(Some(lease.expires_at()))];
    let mine = OutboxCursor::LEASE_SEQ.eq(1);
    assert!(renewing.update_if(&name, mine, later).await.unwrap());
    let taking = tokio::spawn({
        let outbox = outbox.clone();
        async move { outbox.sequencer.acquire("fast", MINUTE).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!taking.is_finished());
    renewing.commit().await.unwrap();
    assert_eq!(taking.await.unwrap().unwrap(), None);
}

/// Another program changes a row during a round that has already read it: the round is repeated, and leaves
/// no gap.
async fn a_row_that_changes_in_the_middle_leaves_no_gap(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let mut lease = acquire(&outbox, "one").await;
    for (seq, position) in [(1, None), (3, Some(77))] {
        let (first, second) = (event("a", seq, 0), event("a", seq + 1, 1));
        append(store, &[first.clone(), second.clone()]).await;
        let changing = store.begin().await.unwrap();
        let changed = if position.is_none() {
            changing.delete::<OutboxEvent>(&first.id).await
        } else {
            let elsewhere = [OutboxEvent::POSITION.set(position)];
            let guard = OutboxEvent::POSITION.is_null();
            changing.update_if(&first.id, guard, elsewhere).await
        };
        assert!(changed.unwrap());
        let round = tokio::spawn({
            let (outbox, mut lease) = (outbox.clone(), lease.clone());
            async move { outbox.sequencer.sequence(&mut lease).await }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!round.is_finished());
        changing.commit().await.unwrap();
        assert_eq!(round.await.unwrap().unwrap().count, 1);
        let session = store.session();
        let stored = session.get::<OutboxEvent>(&second.id).await.unwrap();
        assert_eq!(stored.position, Some(seq / 2 + 1));
        if position.is_some() {
            let stored = session.get::<OutboxEvent>(&first.id).await.unwrap();
            assert_eq!(stored.position, position);
        }
    }
    assert_eq!(sequence_all(&outbox, &mut lease).await, 0);
    assert_eq!(sequencer(store).await.unwrap().position, 2);
}

/// Concurrent rounds of one lease: the guard of the position makes one of them retry.
async fn concurrent_rounds_assign_each_position_once(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let lease = acquire(&outbox, "one").await;
    for round in 0..4 {
        let events: Vec<_> = (0..20)
            .map(|seq| event("a", round * 20 + seq, seq))
            .collect();
        append(store, &events).await;
        let side = |lease: SequencerLease, outbox: Both| {
            tokio::spawn(async move {
                let mut lease = lease;
                outbox.sequencer.sequence(&mut lease).await.unwrap().count
            })
        };
        let sides: Vec<_> = (0..3)
            .map(|_| side(lease.clone(), outbox.clone()))
            .collect();
        let mut count = 0;
        for side in sides {
            count += side.await.unwrap();
        }
        assert_eq!(count, 20);
    }
    assert_eq!(in_order(store).await.len(), 80);
}

async fn a_lease_is_renewed(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let second = Duration::from_secs(1);
    let mut lease = outbox
        .sequencer
        .acquire("one", second)
        .await
        .unwrap()
        .unwrap();
    let mut end = lease.expires_at();
    for (number, waiting) in [(1, false), (2, true)] {
        if waiting {
            append(store, &[event("a", number, 0)]).await;
        }
        // Too early.
        outbox.sequencer.sequence(&mut lease).await.unwrap();
        assert_eq!(lease.expires_at(), end);
        tokio::time::sleep(second / 3).await;
        if waiting {
            append(store, &[event("b", number, 0)]).await;
        }
        outbox.sequencer.sequence(&mut lease).await.unwrap();
        assert!(lease.expires_at() > end);
        end = lease.expires_at();
        assert_eq!(sequencer(store).await.unwrap().expires_at, Some(end));
    }
    // A round with nothing to do also reports that the lease is lost.
    expire(store).await;
    acquire(&outbox, "two").await;
    tokio::time::sleep(second / 3).await;
    fails(
        outbox.sequencer.sequence(&mut lease).await,
        ErrorKind::StaleLease,
    );
}

async fn names_and_lengths_are_checked(store: &Arc<dyn Store>) {
    let outbox = migrated(store).await;
    let long = "x".repeat(65);
    for (holder, length, rule) in [
        ("", MINUTE, "required"),
        (long.as_str(), MINUTE, "too_long"),
        ("one", Duration::from_millis(999), "out_of_range"),
        ("one", Duration::from_millis(3_600_001), "out_of_range"),
    ] {
        let error = outbox.sequencer.acquire(holder, length).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Invalid, Some(rule))
        );
    }
    assert!(sequencer(store).await.is_none());
}

genledger_testkit::store_cases!(
    one_holder_at_a_time,
    many_ask_and_one_gets_it,
    a_lease_that_was_taken_changes_nothing,
    a_lease_that_is_taken_in_the_middle_changes_nothing,
    a_lease_that_is_renewed_in_the_middle_is_kept,
    a_row_that_changes_in_the_middle_leaves_no_gap,
    concurrent_rounds_assign_each_position_once,
    a_lease_is_renewed,
    names_and_lengths_are_checked,
);
