//! The end: a shutdown, the last clone, the runtime.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use genledger_contract::ErrorKind;

use super::work::{LIMITS, add, submit, work};

#[tokio::test]
async fn a_shutdown_runs_what_is_left_and_refuses_more() {
    let work = work(100);
    let group = work.start(LIMITS, 100);
    for request in 0..3 {
        add(&group, request, 1).await;
    }
    let late = group.room(1).await.unwrap();
    group.shut_down(Duration::from_secs(10)).await;
    assert_eq!(work.groups(), [[0, 1, 2]]);
    assert_eq!(*work.0.given_up.lock().unwrap(), [0; 0]);
    assert_eq!(
        group.add(4, late).unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    assert_eq!(
        submit(&group, 4).await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    // A second one finds nothing to do.
    group.shut_down(Duration::ZERO).await;
}

#[tokio::test]
async fn a_shutdown_gives_up_what_does_not_end_in_time() {
    let work = work(0);
    let group = work.start(LIMITS, 100);
    let callers: Vec<_> = (0..10)
        .map(|request| {
            let group = group.clone();
            tokio::spawn(async move { submit(&group, request).await })
        })
        .collect();
    while group.unfinished().0 < 10 {
        tokio::task::yield_now().await;
    }
    group.shut_down(Duration::from_millis(10)).await;
    for (request, caller) in (0..).zip(callers) {
        assert_eq!(caller.await.unwrap(), Ok(request + 1_000));
    }
    let given_up = work.0.given_up.lock().unwrap().clone();
    assert_eq!(given_up.len(), 10);
    assert_eq!(BTreeSet::from_iter(given_up), (0..10).collect());
    assert_eq!(group.unfinished().0, 0);
}

#[tokio::test]
async fn what_is_left_runs_after_the_last_clone_is_dropped() {
    let work = work(0);
    let group = work.start(LIMITS, 100);
    for request in 0..7 {
        add(&group, request, 1).await;
    }
    drop(group);
    work.open(100);
    work.until(|work| work.groups.lock().unwrap().concat().len() == 7)
        .await;
    // The dispatcher has ended as well.
    work.until(|work| work.running.load(Ordering::SeqCst) == 0)
        .await;
    while Arc::strong_count(&work.0) > 1 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn what_is_left_is_given_up_when_the_runtime_ends() {
    for threads in [1, 2] {
        let work = work(1);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
            .unwrap();
        let group = runtime.block_on(async {
            let group = work.start(LIMITS, 100);
            for request in 0..11 {
                add(&group, request, 1).await;
            }
            work.until(|work| work.groups.lock().unwrap().len() == 1)
                .await;
            while group.unfinished().0 > 7 {
                tokio::task::yield_now().await;
            }
            group
        });
        drop(runtime);
        let mut given_up = work.0.given_up.lock().unwrap().clone();
        given_up.extend(work.groups().concat());
        given_up.sort_unstable();
        assert_eq!(given_up, (0..11).collect::<Vec<_>>());
        assert_eq!(group.unfinished(), (0, None));
        assert_eq!(
            group
                .add(1, group.room_now(1).unwrap().unwrap())
                .unwrap_err()
                .kind(),
            ErrorKind::Unavailable
        );
    }
}

/// The tasks of a group that has never run, and of one that runs, are dropped in any order.
#[test]
fn a_group_that_has_not_begun_is_given_up_when_the_runtime_ends() {
    for yields in 0..6 {
        let work = work(1);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let group = work.start(LIMITS, 100);
            for request in 0..9 {
                add(&group, request, 1).await;
            }
            for _ in 0..yields {
                tokio::task::yield_now().await;
            }
        });
        drop(runtime);
        let mut given_up = work.0.given_up.lock().unwrap().clone();
        given_up.extend(work.groups().concat());
        given_up.sort_unstable();
        assert_eq!(given_up, (0..9).collect::<Vec<_>>(), "{yields}");
    }
}

/// Requests that cannot be given up in time fail, and no caller waits for ever.
#[test]
fn giving_up_ends_when_the_runtime_has_ended() {
    let work = work(0);
    work.0.hangs.store(true, Ordering::SeqCst);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let group = runtime.block_on(async {
        let group = work.start(LIMITS, 100);
        for request in 0..9 {
            add(&group, request, 1).await;
        }
        group
    });
    let caller = std::thread::spawn({
        let group = group.clone();
        move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let waiting = async {
                let room = group.room(1).await.unwrap();
                let reply = group.submit(9, room).unwrap();
                tokio::time::timeout(Duration::from_secs(10), reply).await
            };
            runtime.block_on(waiting).expect("in time")
        }
    });
    while group.unfinished().0 < 10 {
        std::thread::yield_now();
    }
    drop(runtime);
    let reply = caller.join().unwrap();
    assert_eq!(reply.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    let failed = work.0.failed.lock().unwrap().clone();
    let requests: BTreeSet<u32> = failed.iter().map(|one| one.0).collect();
    assert_eq!((requests, failed.len()), ((0..9).collect(), 9));
    assert_eq!(group.unfinished(), (0, None));
    assert_eq!(group.shared.budget.used(), (0, 0));
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(async { tokio::time::timeout(Duration::from_secs(10), group.flush()).await })
        .expect("in time");
}
