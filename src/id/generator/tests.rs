use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::UsageLogIdGenerator;
use crate::id::{NodeId, UsageLogId};
use crate::time::ManualClock;

fn noon() -> DateTime<Utc> {
    "2025-06-01T12:00:00Z".parse().unwrap()
}

/// One with its own counter, so that tests with different times do not affect each other.
fn generator() -> (UsageLogIdGenerator, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(noon()));
    let node = NodeId::new(5).unwrap();
    let next = Box::leak(Box::new(AtomicI64::new(0)));
    (
        UsageLogIdGenerator::counting(node, clock.clone(), next),
        clock,
    )
}

#[test]
fn ids_follow_the_clock() {
    let (ids, clock) = generator();
    let first = ids.generate().unwrap();
    assert_eq!(first.timestamp(), noon());
    assert_eq!((first.node().get(), first.sequence()), (5, 0));
    assert_eq!(ids.generate().unwrap().sequence(), 1);
    clock.advance(TimeDelta::milliseconds(1));
    let third = ids.generate().unwrap();
    assert_eq!(third.timestamp(), noon() + TimeDelta::milliseconds(1));
    assert_eq!(third.sequence(), 0);
    assert_eq!(ids.run_ahead(), TimeDelta::zero());
}

#[test]
fn a_full_sequence_borrows_from_the_next_millisecond() {
    let (ids, _clock) = generator();
    let made: Vec<UsageLogId> = (0..10_000).map(|_| ids.generate().unwrap()).collect();
    assert!(made.is_sorted_by(|one, other| one < other));
    assert_eq!(made[4096].timestamp(), noon() + TimeDelta::milliseconds(1));
    assert_eq!(ids.run_ahead(), TimeDelta::milliseconds(2));
}

#[test]
fn a_generator_resumes_after_a_stored_id() {
    let stored = UsageLogId::from_parts(noon() + TimeDelta::days(1), NodeId::ZERO, 4095).unwrap();
    let (ids, _clock) = generator();
    let next = ids.resume_after(stored).generate().unwrap();
    assert_eq!(
        next.timestamp(),
        noon() + TimeDelta::days(1) + TimeDelta::milliseconds(1)
    );
}

#[test]
fn clocks_out_of_range_are_refused() {
    for wrong in [
        "1970-01-01T00:00:00Z",
        "2023-12-31T23:59:59.999Z",
        "2100-01-01T00:00:00Z",
    ] {
        let (ids, clock) = generator();
        clock.set(wrong.parse().unwrap());
        assert!(ids.generate().is_err(), "{wrong}");
    }
    let (ids, clock) = generator();
    clock.set("2093-09-06T15:47:35.551Z".parse().unwrap());
    let last = (0..4096).map(|_| ids.generate().unwrap()).max();
    assert_eq!(last.unwrap().get() >> 22, (1 << 41) - 1);
    assert!(ids.generate().is_err());
}

#[test]
fn threads_never_share_an_id() {
    let ids = UsageLogIdGenerator::system(NodeId::ZERO);
    let made: Vec<Vec<UsageLogId>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..20_000).map(|_| ids.generate().unwrap()).collect()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    for one in &made {
        assert!(one.is_sorted_by(|one, other| one < other));
    }
    let all: HashSet<UsageLogId> = made.into_iter().flatten().collect();
    assert_eq!(all.len(), 160_000);
}

/// Two generators of a node with the same clock, with clocks apart, and one for each id.
#[test]
fn generators_of_a_node_never_make_the_same_id() {
    let node = NodeId::new(1000).unwrap();
    let clock = Arc::new(ManualClock::at(noon()));
    let late = Arc::new(ManualClock::at(noon() + TimeDelta::milliseconds(3)));
    let one = UsageLogIdGenerator::new(node, clock.clone());
    let other = UsageLogIdGenerator::new(node, clock.clone());
    let apart = UsageLogIdGenerator::new(node, late);
    let mut made = Vec::new();
    for _ in 0..10_000 {
        made.push(one.generate().unwrap());
        made.push(other.generate().unwrap());
        made.push(apart.generate().unwrap());
        let new = UsageLogIdGenerator::new(node, clock.clone());
        made.push(new.generate().unwrap());
    }
    let distinct: HashSet<UsageLogId> = made.iter().copied().collect();
    assert_eq!(distinct.len(), made.len());
}

#[test]
fn generators_of_a_node_on_many_threads_never_make_the_same_id() {
    let node = NodeId::new(1001).unwrap();
    let made: Vec<Vec<UsageLogId>> = std::thread::scope(|scope| {
        let make = || {
            let new = || UsageLogIdGenerator::system(node).generate().unwrap();
            (0..5_000).map(|_| new()).collect()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let all: HashSet<UsageLogId> = made.into_iter().flatten().collect();
    assert_eq!(all.len(), 40_000);
}

/// Resuming after an id out of range does not exhaust the ids of the whole process.
#[test]
fn resuming_after_the_last_possible_id_affects_one_generator_only() {
    let node = NodeId::new(1002).unwrap();
    let clock = Arc::new(ManualClock::at(noon()));
    let exhausted =
        UsageLogIdGenerator::new(node, clock.clone()).resume_after(UsageLogId::new(i64::MAX));
    assert!(exhausted.generate().is_err());
    assert!(UsageLogIdGenerator::new(node, clock).generate().is_ok());
}

proptest! {
    /// Also when the clock goes back: ids increase and are never ahead of the latest time
    /// seen by more than the milliseconds that they borrowed.
    #[test]
    fn ids_increase_whatever_the_clock_does(
        steps in prop::collection::vec((-100_000_i64..100_000, 1_usize..5_000), 1..40),
    ) {
        let (ids, clock) = generator();
        let mut last = UsageLogId::new(0);
        let (mut latest, mut at, mut made) = (noon(), noon(), 0_i64);
        for (millis, count) in steps {
            clock.advance(TimeDelta::milliseconds(millis));
            at += TimeDelta::milliseconds(millis);
            latest = latest.max(at);
            for _ in 0..count {
                let id = ids.generate().unwrap();
                prop_assert!(id > last);
                last = id;
                made += 1;
            }
            let bound = latest + TimeDelta::milliseconds(made / 4096 + 1);
            prop_assert!(last.timestamp() <= bound);
        }
    }
}
