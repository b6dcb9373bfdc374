//! Claims, ends and sweeps at the same time, of leases with tasks and without.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use genledger::contract::{ErrorKind, Result, SessionExt, Store};
use genledger::generation::{
    Claim, Claimed, ClaimedAccounts, Empty, Failure, FailureCode, ImageTask, LeasedAccount,
    ProviderAccount,
};
use genledger::uuid::Uuid;
use tokio::task::JoinSet;

use super::sample::{Pool, request};
use crate::leases::world::result;
use crate::sample::{Kind, settled};

const PROCESSES: usize = 5;

/// A claim, again while other claims are faster.
async fn claim_again(pool: &Pool<ImageTask>, n: u32) -> Vec<LeasedAccount> {
    loop {
        match settled!(pool.pool.claim(&request::<ImageTask>().n(n))).unwrap() {
            ClaimedAccounts::Leased(leased) => return leased,
            ClaimedAccounts::NoAccount(_) => return Vec::new(),
            ClaimedAccounts::Contended => {}
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

/// A claim of a task, again while other claims are faster.
async fn claim_task(pool: &Pool<ImageTask>) -> Claimed<ImageTask> {
    loop {
        let claim = Claim::new("h", Uuid::now_v7());
        let claimed = settled!(pool.world.leases.claim(&claim)).unwrap();
        if claimed != Claimed::Empty(Empty::Contended) {
            return claimed;
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

async fn submit(pool: &Pool<ImageTask>, count: usize) {
    let tasks: Vec<ImageTask> = (0..count)
        .map(|index| ImageTask::sample(&format!("b-{index}")))
        .collect();
    pool.world
        .store
        .session()
        .insert_many(&tasks)
        .await
        .unwrap();
}

async fn tasks_and_leases_never_exceed_a_limit(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    submit(&pool, 40).await;
    let mut limits = HashMap::new();
    for (session, limit) in [("one", 3), ("two", 7), ("three", 12), ("four", 1)] {
        limits.insert(pool.world.account(session, limit).await.id, limit);
    }
    let mut claims = JoinSet::new();
    for process in 0..PROCESSES {
        let pool = pool.clone();
        claims.spawn(async move {
            let mut numbers = Vec::new();
            loop {
                let before = numbers.len();
                if process % 2 == 0 {
                    let leased = claim_again(&pool, 3).await.into_iter();
                    let leased = leased.map(|one| (one.lease.account_id, one.lease.account_seq));
                    numbers.extend(leased);
                } else if let Claimed::Leased(leased) = claim_task(&pool).await {
                    let leased = leased.into_iter();
                    numbers.extend(leased.map(|one| (one.lease.account_id, one.lease.account_seq)));
                }
                if numbers.len() == before {
                    return numbers;
                }
            }
        });
    }
    let numbers: Vec<_> = claims.join_all().await.into_iter().flatten().collect();
    // All slots are taken, each once, and no more.
    assert_eq!(numbers.len(), 23);
    let distinct: HashSet<_> = numbers.iter().copied().collect();
    assert_eq!(distinct.len(), 23);
    for (id, limit) in limits {
        let usage = pool.world.account_of(id).await.usage;
        assert_eq!(
            (usage.image_active, usage.lease_seq),
            (limit, i64::from(limit))
        );
    }
    pool.world.assert_consistent().await;
}

/// A success, a failure, a release and sweeps of one expired lease: exactly one of them takes effect.
async fn one_of_several_ends_takes_effect(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    let id = pool.world.account("s", 1).await.id;
    for _ in 0..8 {
        let lease = pool.lease_one().await;
        let before = pool.world.account_of(id).await.usage.image_count;
        pool.world.advance(100);
        let mut ends = JoinSet::new();
        for end in 0..4 {
            let (pool, lease) = (pool.clone(), lease.clone());
            ends.spawn(async move {
                let outcome: Result<()> = match end {
                    0 => settled!(pool.pool.complete(&lease)),
                    1 => {
                        let failure = Failure::new(FailureCode::fail(2038));
                        settled!(pool.pool.fail(&lease, &failure))
                    }
                    2 => settled!(pool.pool.release(&lease)),
                    _ => {
                        let swept = pool.pool.sweep().await.unwrap();
                        assert_eq!(swept.errors, []);
                        return (swept.rescued > 0).then_some(end);
                    }
                };
                match outcome {
                    Ok(()) => Some(end),
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::StaleLease, "{error}");
                        None
                    }
                }
            });
        }
        let won: Vec<usize> = ends.join_all().await.into_iter().flatten().collect();
        assert_eq!(won.len(), 1, "{won:?}");
        let usage = pool.world.account_of(id).await.usage;
        assert_eq!(usage.image_active, 0);
        assert_eq!(usage.image_count - before, i32::from(won == [0]));
    }
    pool.world.assert_consistent_slots().await;
}

/// Holders that succeed, fail, release and stop, next to workers on tasks: each success is counted once.
async fn leases_and_tasks_share_the_accounts(store: &Arc<dyn Store>) {
    const TASKS: usize = 10;
    const USES: usize = 12;
    let pool: Pool<ImageTask> = Pool::new(store).await;
    submit(&pool, TASKS).await;
    for (session, limit) in [("one", 1), ("two", 2)] {
        pool.world.account(session, limit).await;
    }
    let mut workers = JoinSet::new();
    for process in 0..2 {
        let pool = pool.clone();
        workers.spawn(async move {
            let mut counted = 0;
            for step in 0..USES {
                let leased = loop {
                    match claim_again(&pool, 1).await.pop() {
                        Some(one) => break one,
                        None => tokio::time::sleep(Duration::from_millis(3)).await,
                    }
                };
                match (step + process) % 4 {
                    0 => settled!(pool.pool.release(&leased.lease)).unwrap(),
                    1 => {
                        let failure = Failure::new(FailureCode::fail(1017));
                        settled!(pool.pool.fail(&leased.lease, &failure)).unwrap();
                    }
                    _ => {
                        settled!(pool.pool.complete(&leased.lease)).unwrap();
                        counted += 1;
                    }
                }
            }
            counted
        });
    }
    for _ in 0..2 {
        let pool = pool.clone();
        workers.spawn(async move {
            let mut counted = 0;
            loop {
                match claim_task(&pool).await {
                    Claimed::Leased(leased) => {
                        for one in leased {
                            settled!(pool.world.leases.start(&one.lease)).unwrap();
                            settled!(pool.world.leases.complete(&one.lease, &result())).unwrap();
                            counted += 1;
                        }
                    }
                    Claimed::Empty(Empty::NoTask { .. }) => return counted,
                    Claimed::Empty(_) => tokio::time::sleep(Duration::from_millis(3)).await,
                }
            }
        });
    }
    let counted: i32 = workers.join_all().await.into_iter().sum();
    let query = genledger::contract::Query::<ProviderAccount>::default();
    let accounts = pool.world.store.session().page(&query).await.unwrap();
    let sum = |of: fn(&ProviderAccount) -> i32| accounts.items.iter().map(of).sum::<i32>();
    assert_eq!(sum(|account| account.usage.image_count), counted);
    assert_eq!(sum(|account| account.usage.image_active), 0);
    assert_eq!(counted, i32::try_from(TASKS + USES).unwrap());
    pool.world.assert_consistent().await;
}

genledger_testkit::store_cases!(
    tasks_and_leases_never_exceed_a_limit,
    one_of_several_ends_takes_effect,
    leases_and_tasks_share_the_accounts,
);
