//! Groups, isolation, cancellation and the end, on work that is controlled by the test.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::{Error, ErrorKind, Result};
use tokio::sync::Semaphore;

use super::{Budget, GroupCommit, GroupLimits, GroupWork};

/// Requests are numbers: from 900 on they fail, and 999 panics.
#[derive(Clone)]
struct Work(Arc<Recorded>);

struct Recorded {
    /// Each run takes a permit.
    gate: Semaphore,
    groups: Mutex<Vec<Vec<u32>>>,
    given_up: Mutex<Vec<u32>>,
    failed: Mutex<Vec<(u32, ErrorKind)>>,
    /// Whether giving requests up never ends.
    hangs: AtomicBool,
    running: AtomicUsize,
    most_running: AtomicUsize,
}

struct Counted<'c>(&'c AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl GroupWork for Work {
    type Request = u32;
    type Reply = u32;

    async fn run(&self, requests: &[u32]) -> Result<Vec<Result<u32>>> {
        let running = self.0.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most_running.fetch_max(running, Ordering::SeqCst);
        let _running = Counted(&self.0.running);
        self.0.gate.acquire().await.unwrap().forget();
        self.0.groups.lock().unwrap().push(requests.to_vec());
        assert!(!requests.contains(&999), "a panic of the test");
        if requests.iter().any(|request| *request >= 900) {
            return Err(Error::invalid("refused"));
        }
        Ok(requests.iter().map(|request| Ok(request + 1)).collect())
    }

    async fn give_up(&self, requests: &[u32]) -> Vec<Result<u32>> {
        if self.0.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.0.given_up.lock().unwrap().extend(requests);
        requests.iter().map(|request| Ok(request + 1_000)).collect()
    }

    fn failed(&self, request: u32, error: Error) {
        self.0.failed.lock().unwrap().push((request, error.kind()));
    }
}

const LIMITS: GroupLimits = GroupLimits {
    requests: 4,
    bytes: 1_000,
    age: Duration::from_secs(3600),
    batches: 2,
};

fn work(permits: usize) -> Work {
    Work(Arc::new(Recorded {
        gate: Semaphore::new(permits),
        groups: Mutex::default(),
        given_up: Mutex::default(),
        failed: Mutex::default(),
        hangs: AtomicBool::new(false),
        running: AtomicUsize::new(0),
        most_running: AtomicUsize::new(0),
    }))
}

impl Work {
    fn start(&self, limits: GroupLimits, budget: usize) -> GroupCommit<Self> {
        GroupCommit::start(self.clone(), limits, Budget::new(budget, 10_000)).unwrap()
    }

    fn open(&self, permits: usize) {
        self.0.gate.add_permits(permits);
    }

    fn groups(&self) -> Vec<Vec<u32>> {
        self.0.groups.lock().unwrap().clone()
    }

    async fn until(&self, holds: impl Fn(&Recorded) -> bool + Send + Sync) {
        let waited = tokio::time::timeout(Duration::from_secs(10), async {
            while !holds(&self.0) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        waited.await.expect("in time");
    }
}

async fn add(group: &GroupCommit<Work>, request: u32, bytes: usize) {
    let room = group.room(bytes).await.unwrap();
    group.add(request, room).unwrap();
}

async fn submit(group: &GroupCommit<Work>, request: u32) -> Result<u32> {
    let room = group.room(1).await?;
    group.submit(request, room)?.await
}

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
