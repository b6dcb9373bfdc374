//! Claims, reports and sweeps at the same time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use genledger::contract::{ErrorKind, Query, Result, SessionExt, Store};
use genledger::generation::{
    Claim, Claimed, Empty, Failure, FailureCode, GenerationStatus, ImageTask, Lease, LeasedTask,
    ProviderAccount, VideoTask,
};
use genledger::id::ImageTaskId;
use genledger::uuid::Uuid;
use tokio::task::JoinSet;

use super::world::{Stage, World, result};
use crate::sample::{Kind, settled};

const PROCESSES: usize = 5;

async fn insert<T: Kind>(world: &World<T>, count: usize) {
    let tasks: Vec<T> = (0..count)
        .map(|index| T::sample(&format!("b-{index}")))
        .collect();
    world.store.session().insert_many(&tasks).await.unwrap();
}

/// A claim, again while other claims are faster.
async fn claim_again<T: Kind>(world: &World<T>, n: u32) -> Vec<LeasedTask<T>> {
    loop {
        match world
            .leases
            .claim(&Claim::new("h", Uuid::now_v7()).n(n))
            .await
        {
            Ok(Claimed::Leased(leased)) => return leased,
            Ok(Claimed::Empty(Empty::Contended)) => {}
            Ok(Claimed::Empty(_)) => return Vec::new(),
            Err(error) if error.kind() == ErrorKind::SerializationFailure => {}
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn no_two_claims_get_one_task<T: Kind>(store: &Arc<dyn Store>) {
    let world: World<T> = World::new(store).await;
    insert(&world, 40).await;
    for (session, limit) in [("one", 3), ("two", 7), ("three", 20), ("four", 1)] {
        world.account(session, limit).await;
    }
    let mut claims = JoinSet::new();
    for _ in 0..PROCESSES {
        let world = world.clone();
        claims.spawn(async move {
            let mut leased = Vec::new();
            loop {
                let more = claim_again(&world, 3).await;
                if more.is_empty() {
                    return leased;
                }
                leased.extend(more);
            }
        });
    }
    let leased: Vec<LeasedTask<T>> = claims.join_all().await.into_iter().flatten().collect();
    // All slots are taken, and no more.
    assert_eq!(leased.len(), 31);
    let tasks: HashSet<Uuid> = leased.iter().map(|one| one.lease.task_id.into()).collect();
    assert_eq!(tasks.len(), 31);
    let mut numbers: HashMap<_, Vec<i64>> = HashMap::new();
    for one in &leased {
        numbers
            .entry(one.lease.account_id)
            .or_default()
            .push(one.lease.account_seq);
    }
    for mut of_account in numbers.into_values() {
        of_account.sort_unstable();
        let expected: Vec<i64> = (1..).take(of_account.len()).collect();
        assert_eq!(of_account, expected);
    }
    world.assert_consistent().await;
}

async fn no_task_is_leased_twice_and_no_limit_exceeded(store: &Arc<dyn Store>) {
    no_two_claims_get_one_task::<ImageTask>(store).await;
}

async fn one_slot_is_taken_by_one_of_many(store: &Arc<dyn Store>) {
    let world: World<VideoTask> = World::new(store).await;
    insert(&world, 12).await;
    let account = world.account("s", 1).await;
    for round in 1..=4 {
        let mut claims = JoinSet::new();
        for _ in 0..PROCESSES {
            let world = world.clone();
            claims.spawn(async move { claim_again(&world, 4).await });
        }
        let leased: Vec<_> = claims.join_all().await.into_iter().flatten().collect();
        assert_eq!(leased.len(), 1);
        assert_eq!(leased[0].lease.account_seq, round);
        world.assert_consistent().await;
        world.bring(&leased[0].lease, Stage::Completed).await;
    }
    let usage = world.account_of(account.id).await.usage;
    assert_eq!((usage.video_active, usage.video_count), (0, 4));
}

async fn one_of_several_results_is_counted(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    for round in 0..4 {
        let lease = world.lease(&format!("b-{round}"), Stage::Accepted).await;
        let before = world.account_of(lease.account_id).await.usage.image_count;
        let mut reports = JoinSet::new();
        for _ in 0..PROCESSES {
            let (world, lease) = (world.clone(), lease.clone());
            reports.spawn(async move { settled!(world.leases.complete(&lease, &result())) });
        }
        for report in reports.join_all().await {
            assert_eq!(
                report.unwrap().state.generation_status,
                GenerationStatus::Completed
            );
        }
        let usage = world.account_of(lease.account_id).await.usage;
        assert_eq!((usage.image_count, usage.image_active), (before + 1, 0));
        assert_eq!(world.events(lease.task_id).await.len(), 2);
    }
    world.assert_consistent().await;
}

/// A result, a failure, a release and sweeps of one expired lease: exactly one of them takes effect.
async fn one_of_several_ends_takes_effect(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    for round in 0..6 {
        let lease = world.lease(&format!("b-{round}"), Stage::Accepted).await;
        let before = world.account_of(lease.account_id).await.usage.image_count;
        world.advance(100);
        let mut ends = JoinSet::new();
        for end in 0..4 {
            let (world, lease) = (world.clone(), lease.clone());
            ends.spawn(async move { end_by(&world, &lease, end).await });
        }
        let won: Vec<usize> = ends.join_all().await.into_iter().flatten().collect();
        assert_eq!(won.len(), 1, "{won:?}");
        let usage = world.account_of(lease.account_id).await.usage;
        assert_eq!(usage.image_count - before, i32::from(won == [0]));
        world.assert_consistent().await;
        // What was given back is out of the way.
        for one in world.claim_all().await {
            world
                .leases
                .fail(&one.lease, &super::world::content())
                .await
                .unwrap();
        }
    }
}

async fn end_by(world: &World<ImageTask>, lease: &Lease<ImageTaskId>, end: usize) -> Option<usize> {
    let leases = &world.leases;
    let outcome = match end {
        0 => settled!(leases.complete(lease, &result())),
        1 => {
            let failure = Failure::new(FailureCode::fail(2038));
            settled!(leases.fail(lease, &failure))
        }
        _ => {
            let swept = leases.sweep().await.unwrap();
            assert_eq!(swept.errors, []);
            return (swept.rescued > 0).then_some(end);
        }
    };
    match outcome {
        Ok(_) => Some(end),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::StaleLease, "{error}");
            None
        }
    }
}

/// Workers that complete, fail, stop and sweep until every task has ended: each result is counted once.
async fn workers_finish_every_task(store: &Arc<dyn Store>) {
    const TASKS: usize = 20;
    let world: World<ImageTask> = World::new(store).await;
    insert(&world, TASKS).await;
    for (session, limit) in [("one", 2), ("two", 3), ("three", 1)] {
        world.account(session, limit).await;
    }
    let steps = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..PROCESSES {
        let (world, steps) = (world.clone(), Arc::clone(&steps));
        workers.spawn(async move {
            loop {
                for one in claim_again(&world, 2).await {
                    work(&world, &one, steps.fetch_add(1, Ordering::SeqCst)).await;
                }
                world.advance(2);
                drop(settled!(world.leases.sweep()));
                let query = Query::<ImageTask>::default().page_size(1_000);
                let tasks = world.store.session().page(&query).await.unwrap().items;
                if tasks
                    .iter()
                    .all(|task| task.state.generation_status.is_terminal())
                {
                    return;
                }
            }
        });
    }
    workers.join_all().await;
    world.assert_consistent().await;
    let tasks = world
        .store
        .session()
        .page(&Query::<ImageTask>::default().page_size(1_000))
        .await
        .unwrap();
    let completed = tasks.items.iter();
    let completed =
        completed.filter(|task| task.state.generation_status == GenerationStatus::Completed);
    let accounts = world
        .store
        .session()
        .page(&Query::<ProviderAccount>::default())
        .await
        .unwrap();
    let counted: i32 = accounts
        .items
        .iter()
        .map(|account| account.usage.image_count)
        .sum();
    assert_eq!(usize::try_from(counted).unwrap(), completed.count());
    assert!(
        accounts
            .items
            .iter()
            .all(|account| account.usage.image_active == 0)
    );
}

/// Other workers advance the clock, so a sweep may be faster than any of these.
async fn work(world: &World<ImageTask>, one: &LeasedTask<ImageTask>, step: usize) {
    if let Err(error) = try_to_work(world, one, step).await {
        assert_eq!(error.kind(), ErrorKind::StaleLease, "{error}");
    }
}

async fn try_to_work(
    world: &World<ImageTask>,
    one: &LeasedTask<ImageTask>,
    step: usize,
) -> Result<()> {
    let (leases, lease) = (&world.leases, &one.lease);
    if one.task.state.remote_task_id.is_none() {
        if step.is_multiple_of(7) {
            return settled!(leases.release(lease)).map(drop);
        }
        settled!(leases.start(lease))?;
        settled!(leases.submitted(lease, "r-1"))?;
    }
    match step % 5 {
        // The holder stops.
        0 => Ok(()),
        1 => {
            let failure = Failure::new(FailureCode::fail(1017));
            settled!(leases.fail(lease, &failure)).map(drop)
        }
        _ => settled!(leases.complete(lease, &result())).map(drop),
    }
}

genledger_testkit::store_cases!(
    no_task_is_leased_twice_and_no_limit_exceeded,
    one_slot_is_taken_by_one_of_many,
    one_of_several_results_is_counted,
    one_of_several_ends_takes_effect,
    workers_finish_every_task,
);
