//! Groups, isolation and cancellation, on work that is controlled by the test.

mod end;
mod work;

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use genledger_contract::ErrorKind;

use super::{Budget, GroupCommit, GroupLimits};
use work::{LIMITS, add, submit, work};

#[tokio::test]
async fn a_group_runs_when_it_is_large_enough() {
    let work = work(100);
    let group = work.start(LIMITS, 100);
    for request in 0..4 {
        add(&group, request, 1).await;
    }
    work.until(|work| work.groups.lock().unwrap().len() == 1)
        .await;
    for request in 4..6 {
        add(&group, request, 600).await;
    }
    work.until(|work| work.groups.lock().unwrap().len() == 2)
        .await;
    assert_eq!(work.groups(), [vec![0, 1, 2, 3], vec![4, 5]]);
}

#[tokio::test]
async fn a_group_runs_when_it_is_old_enough() {
    let work = work(100);
    let age = Duration::from_millis(20);
    let group = work.start(GroupLimits { age, ..LIMITS }, 100);
    for request in 0..3 {
        add(&group, request, 1).await;
    }
    assert_eq!(work.groups(), [[0; 0]; 0]);
    work.until(|work| !work.groups.lock().unwrap().is_empty())
        .await;
    assert_eq!(work.groups(), [[0, 1, 2]]);
}

#[tokio::test]
async fn a_caller_that_waits_takes_the_others_along() {
    let work = work(100);
    let group = work.start(LIMITS, 100);
    add(&group, 1, 1).await;
    assert_eq!(submit(&group, 2).await, Ok(3));
    assert_eq!(work.groups(), [[1, 2]]);
}

#[tokio::test]
async fn requests_wait_together_while_all_batches_run() {
    let work = work(0);
    let group = work.start(LIMITS, 100);
    let callers: Vec<_> = (0..10)
        .map(|request| {
            let group = group.clone();
            tokio::spawn(async move { submit(&group, request).await })
        })
        .collect();
    work.until(|work| work.running.load(Ordering::SeqCst) == 2)
        .await;
    while group.unfinished().0 < 10 {
        tokio::task::yield_now().await;
    }
    work.open(100);
    for (request, caller) in (0..).zip(callers) {
        assert_eq!(caller.await.unwrap(), Ok(request + 1));
    }
    assert!(work.groups().len() <= 5, "{:?}", work.groups());
    assert_eq!(work.0.most_running.load(Ordering::SeqCst), 2);
    assert_eq!(group.unfinished(), (0, None));
}

#[tokio::test]
async fn callers_that_return_together_are_one_group_again() {
    let work = work(100);
    let gather = Duration::from_millis(300);
    let group = work.start(GroupLimits { gather, ..LIMITS }, 100);
    let call = async |requests: std::ops::Range<u32>| {
        let mut calls = Vec::new();
        for request in requests {
            let group = group.clone();
            calls.push(tokio::spawn(async move { submit(&group, request).await }));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        futures_util::future::join_all(calls).await;
    };
    // There was no group before it.
    call(1..2).await;
    add(&group, 2, 1).await;
    add(&group, 3, 1).await;
    call(4..5).await;
    call(5..8).await;
    // A single one does not wait for ever, and the next one not at all.
    call(8..9).await;
    call(9..10).await;
    let groups = [vec![1], vec![2, 3, 4], vec![5, 6, 7], vec![8], vec![9]];
    assert_eq!(work.groups(), groups);
}

#[tokio::test]
async fn only_the_request_with_the_error_gets_it() {
    let work = work(1_000);
    let limits = GroupLimits {
        requests: 64,
        ..LIMITS
    };
    let group = work.start(limits, 100);
    for request in (0..50).chain([900]).chain(50..60) {
        add(&group, request, 1).await;
    }
    assert_eq!(submit(&group, 61).await, Ok(62));
    group.flush().await;
    assert_eq!(*work.0.failed.lock().unwrap(), [(900, ErrorKind::Invalid)]);
    let mut done: Vec<u32> = work
        .groups()
        .into_iter()
        .filter(|group| !group.contains(&900))
        .flatten()
        .collect();
    done.sort_unstable();
    assert_eq!(done, (0..60).chain([61]).collect::<Vec<_>>());
    // Two for each of the six levels, and the group itself.
    assert!(work.groups().len() <= 13, "{:?}", work.groups());
    assert_eq!(
        submit(&group, 901).await.map_err(|error| error.kind()),
        Err(ErrorKind::Invalid)
    );
    assert_eq!(work.0.failed.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_the_queue() {
    let work = work(0);
    let group = work.start(
        GroupLimits {
            batches: 1,
            ..LIMITS
        },
        2,
    );
    let first = tokio::spawn({
        let group = group.clone();
        async move { submit(&group, 1).await }
    });
    work.until(|work| work.running.load(Ordering::SeqCst) == 1)
        .await;
    let second = tokio::spawn({
        let group = group.clone();
        async move { submit(&group, 2).await }
    });
    while group.unfinished().0 < 2 {
        tokio::task::yield_now().await;
    }
    assert!(group.room_now(1).unwrap().is_none());
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    assert!(group.room_now(1).unwrap().is_some());
    // One that runs is completed.
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    work.open(1);
    group.flush().await;
    assert_eq!(work.groups(), [[1]]);
}

#[tokio::test]
async fn the_queue_is_bounded_by_bytes() {
    let work = work(0);
    let budget = Budget::new(100, 10);
    let group = GroupCommit::start(work.clone(), LIMITS, budget.clone()).unwrap();
    add(&group, 1, 8).await;
    assert!(group.room_now(3).unwrap().is_none());
    assert_eq!(budget.used(), (1, 8));
    let error = group.room_now(11).unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Invalid, Some("too_large"))
    );
    assert_eq!(group.room(11).await.unwrap_err().kind(), ErrorKind::Invalid);
    let waiting = tokio::spawn({
        let group = group.clone();
        async move { group.room(7).await.unwrap() }
    });
    while !budget.is_awaited() {
        tokio::task::yield_now().await;
    }
    work.open(1);
    let room = waiting.await.unwrap();
    assert_eq!((room.bytes(), budget.used()), (7, (1, 7)));
    drop(room);
    group.flush().await;
    assert_eq!(budget.used(), (0, 0));
    assert!(group.room_now(10).unwrap().is_some());
}

#[tokio::test]
async fn a_flush_waits_for_what_was_added_before() {
    let work = work(0);
    let group = work.start(
        GroupLimits {
            batches: 1,
            ..LIMITS
        },
        100,
    );
    add(&group, 1, 1).await;
    let flush = group.flush();
    let mut flush = std::pin::pin!(flush);
    let early = tokio::time::timeout(Duration::ZERO, flush.as_mut()).await;
    assert!(early.is_err());
    work.until(|work| work.running.load(Ordering::SeqCst) == 1)
        .await;
    add(&group, 2, 1).await;
    work.open(1);
    flush.await;
    assert_eq!(work.groups(), [[1]]);
    assert_eq!(group.unfinished().0, 1);
}

/// A full queue is run at once, although no group is large or old enough.
#[tokio::test]
async fn a_queue_may_be_smaller_than_a_group() {
    let work = work(1_000);
    let budget = Budget::new(3, 10_000);
    let groups =
        [(); 2].map(|()| GroupCommit::start(work.clone(), LIMITS, budget.clone()).unwrap());
    let all = async {
        for request in 0..20 {
            add(&groups[request % 2], 1, 1).await;
        }
        // Several callers wait at once.
        let callers: Vec<_> = (0..10)
            .map(|request| {
                let group = groups[request % 2].clone();
                tokio::spawn(async move { add(&group, 2, 1).await })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        // And those that do not wait.
        for group in &groups {
            while group.room_now(1).unwrap().is_none() {
                tokio::task::yield_now().await;
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), all).await;
    assert!(waited.is_ok(), "{:?}", work.groups());
    assert!(!budget.is_awaited());
}

/// A full queue is run at once for callers that do not wait as well.
#[tokio::test]
async fn a_queue_that_refuses_is_run_at_once() {
    let work = work(1_000);
    let group = work.start(LIMITS, 3);
    for request in 0..3 {
        add(&group, request, 1).await;
    }
    let room = async {
        while group.room_now(1).unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), room).await;
    assert!(waited.is_ok(), "{:?}", work.groups());
}

/// Requests that have left the queue do not make later groups smaller.
#[tokio::test]
async fn what_has_left_the_queue_does_not_count() {
    let work = work(1_000);
    let group = work.start(LIMITS, 100);
    add(&group, 1, 600).await;
    group.flush().await;
    assert_eq!(submit(&group, 2).await, Ok(3));
    assert_eq!(work.groups(), [[1], [2]]);
    add(&group, 3, 600).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(work.groups(), [[1], [2]]);
}

#[tokio::test]
async fn groups_have_bounds() {
    for (bytes, size) in [(1, 4), (600, 2)] {
        let work = work(0);
        let limits = GroupLimits {
            batches: 1,
            ..LIMITS
        };
        let group = work.start(limits, 100);
        for request in 0..10 {
            add(&group, request, bytes).await;
        }
        work.open(1_000);
        group.flush().await;
        let sizes: Vec<usize> = work.groups().iter().map(Vec::len).collect();
        assert_eq!(sizes.iter().max(), Some(&size), "{sizes:?}");
        assert_eq!(sizes.iter().sum::<usize>(), 10);
    }
}

/// Callers that find room at once do not make groups smaller.
#[tokio::test]
async fn a_queue_with_room_waits_for_a_group() {
    let work = work(1_000);
    let group = work.start(LIMITS, 100);
    for request in 0..3 {
        add(&group, request, 1).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(work.groups(), [[0; 0]; 0]);
    assert_eq!(submit(&group, 3).await, Ok(4));
    assert_eq!(work.groups(), [[0, 1, 2, 3]]);
}

#[tokio::test]
async fn a_panic_fails_only_its_group() {
    let work = work(100);
    let group = work.start(
        GroupLimits {
            batches: 1,
            ..LIMITS
        },
        100,
    );
    add(&group, 1, 1).await;
    let panicked = submit(&group, 999).await.unwrap_err();
    assert_eq!(panicked.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(
        *work.0.failed.lock().unwrap(),
        [(1, ErrorKind::OutcomeUnknown)]
    );
    assert_eq!(submit(&group, 2).await, Ok(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_request_is_finished_once_whatever_the_callers_do() {
    let work = work(usize::MAX >> 4);
    let limits = GroupLimits {
        requests: 7,
        age: Duration::from_millis(1),
        ..LIMITS
    };
    let group = work.start(limits, 20);
    let callers: Vec<_> = (0..800_u32)
        .map(|request| {
            let group = group.clone();
            tokio::spawn(async move {
                match request % 4 {
                    0 => add(&group, request, 1).await,
                    1 => {
                        let given_up =
                            tokio::time::timeout(Duration::ZERO, submit(&group, request));
                        drop(given_up.await);
                    }
                    2 => group.flush().await,
                    _ => assert_eq!(submit(&group, request).await, Ok(request + 1)),
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    group.flush().await;
    let done = work.groups().concat();
    let distinct: BTreeSet<u32> = done.iter().copied().collect();
    assert_eq!(done.len(), distinct.len());
    assert!(
        (0..800)
            .filter(|request| matches!(request % 4, 0 | 3))
            .all(|request| distinct.contains(&request))
    );
    assert_eq!(group.unfinished().0, 0);
    assert!(group.room_now(1).unwrap().is_some());
}

#[test]
fn it_needs_a_runtime() {
    let started = GroupCommit::start(work(1), LIMITS, Budget::new(1, 1));
    assert_eq!(
        started.err().map(|error| error.kind()),
        Some(ErrorKind::Invalid)
    );
}
