//! Work that is controlled by the test.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::{Error, ErrorKind, Result};
use tokio::sync::Semaphore;

use crate::group_commit::{Budget, GroupCommit, GroupLimits, GroupWork};

/// Requests are numbers: from 900 on they fail, and 999 panics.
#[derive(Clone)]
pub(super) struct Work(pub(super) Arc<Recorded>);

pub(super) struct Recorded {
    /// Each run takes a permit.
    pub(super) gate: Semaphore,
    pub(super) groups: Mutex<Vec<Vec<u32>>>,
    pub(super) given_up: Mutex<Vec<u32>>,
    pub(super) failed: Mutex<Vec<(u32, ErrorKind)>>,
    /// Whether giving requests up never ends.
    pub(super) hangs: AtomicBool,
    pub(super) running: AtomicUsize,
    pub(super) most_running: AtomicUsize,
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

pub(super) const LIMITS: GroupLimits = GroupLimits {
    requests: 4,
    bytes: 1_000,
    age: Duration::from_secs(3600),
    gather: Duration::ZERO,
    batches: 2,
};

pub(super) fn work(permits: usize) -> Work {
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
    pub(super) fn start(&self, limits: GroupLimits, budget: usize) -> GroupCommit<Self> {
        GroupCommit::start(self.clone(), limits, Budget::new(budget, 10_000)).unwrap()
    }

    pub(super) fn open(&self, permits: usize) {
        self.0.gate.add_permits(permits);
    }

    pub(super) fn groups(&self) -> Vec<Vec<u32>> {
        self.0.groups.lock().unwrap().clone()
    }

    pub(super) async fn until(&self, holds: impl Fn(&Recorded) -> bool + Send + Sync) {
        let waited = tokio::time::timeout(Duration::from_secs(10), async {
            while !holds(&self.0) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        waited.await.expect("in time");
    }
}

pub(super) async fn add(group: &GroupCommit<Work>, request: u32, bytes: usize) {
    let room = group.room(bytes).await.unwrap();
    group.add(request, room).unwrap();
}

pub(super) async fn submit(group: &GroupCommit<Work>, request: u32) -> Result<u32> {
    let room = group.room(1).await?;
    group.submit(request, room)?.await
}
