//! Workers of one process that share claims and commits.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use genledger::contract::{ErrorKind, Query, Result, SessionExt, Store};
use genledger::generation::{
    Claimer, ClaimerConfig, GenerationAttempt, GenerationStatus, ImageTask, LeasedTask,
    ProviderAccount, TaskReady, VideoTask,
};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::world::{Stage, World, content, result};
use crate::sample::{Kind, fails, request};

const LONG: Duration = Duration::from_secs(30);

fn claimer<T: Kind>(world: &World<T>) -> Claimer<T> {
    Claimer::new(world.leases.clone(), ClaimerConfig::new("h")).unwrap()
}

async fn next<T: Kind>(claimer: &Claimer<T>) -> LeasedTask<T> {
    let leased = timeout(LONG, claimer.next()).await.unwrap();
    leased.unwrap().unwrap()
}

async fn attempts<T: Kind>(world: &World<T>) -> Vec<GenerationAttempt> {
    let query = Query::<GenerationAttempt>::default().page_size(1_000);
    world.store.session().page(&query).await.unwrap().items
}

async fn finish<T: Kind>(claimer: &Claimer<T>, leased: &LeasedTask<T>) -> Result<T> {
    claimer.start(&leased.lease).await?;
    claimer.submitted(&leased.lease, "r-1").await?;
    claimer.complete(&leased.lease, &result()).await
}

async fn workers_share_claims_and_commits(store: &Arc<dyn Store>) {
    let world: World<VideoTask> = World::new(store).await;
    for (session, limit) in [("one", 2), ("two", 7)] {
        world.account(session, limit).await;
    }
    let tasks: Vec<VideoTask> = (0..40)
        .map(|n| VideoTask::sample(&format!("b-{n}")))
        .collect();
    world.store.session().insert_many(&tasks).await.unwrap();
    let claimer = claimer(&world);
    let mut workers = JoinSet::new();
    for _ in 0..8 {
        let claimer = claimer.clone();
        workers.spawn(async move {
            for _ in 0..5 {
                let leased = next(&claimer).await;
                let done = finish(&claimer, &leased).await.unwrap();
                assert_eq!(done.state.generation_status, GenerationStatus::Completed);
            }
        });
    }
    workers.join_all().await;
    assert!(claimer.drain(LONG).await);

    let attempts = attempts(&world).await;
    assert_eq!(attempts.len(), 40);
    let tasks: HashSet<_> = attempts.iter().map(|attempt| attempt.task_id).collect();
    assert_eq!(tasks.len(), 40);
    let claims: HashSet<_> = attempts.iter().map(|attempt| attempt.claim_token).collect();
    assert!(claims.len() < 40, "no claim was shared");
    let accounts = Query::<ProviderAccount>::default();
    let accounts = world.store.session().page(&accounts).await.unwrap().items;
    let counted: i32 = accounts
        .iter()
        .map(|account| account.usage.video_count)
        .sum();
    assert_eq!(counted, 40);
    for attempt in &attempts {
        // Claimed and completed: `start` and `submitted` have no event.
        let task = attempt.task_id.unwrap().into();
        let events = world.events(task).await;
        let numbers: Vec<i64> = events.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(numbers.len(), 2, "{events:?}");
    }
    world.assert_consistent().await;
}

async fn the_first_worker_gets_the_first_task(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    world.account("s", 9).await;
    let claimer = claimer(&world);
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let mut next = Box::pin(claimer.next());
        assert!(next.as_mut().now_or_never().is_none());
        waiting.push(next);
    }
    let mut tasks = Vec::new();
    for (name, priority) in [("a", 1), ("b", 3), ("c", 2)] {
        tasks.push(ImageTask::with_request(request(name).priority(priority)));
    }
    world.store.session().insert_many(&tasks).await.unwrap();
    claimer.wake();
    for (next, expected) in waiting.into_iter().zip([1, 2, 0]) {
        let leased = timeout(LONG, next).await.unwrap().unwrap().unwrap();
        assert_eq!(leased.task.id, tasks[expected].id);
    }
}

/// A new task, and a worker that has been given it and does not know it yet.
async fn handed_out<'c>(
    world: &World<ImageTask>,
    claimer: &'c Claimer<ImageTask>,
) -> (ImageTask, impl Future<Output = Next> + 'c) {
    let mut worker = Box::pin(claimer.next());
    assert!(worker.as_mut().now_or_never().is_none());
    let task = world.submit("a").await;
    claimer.wake();
    while attempts(world).await.is_empty() {
        sleep(Duration::from_millis(5)).await;
    }
    // The reply of the database is there soon.
    sleep(Duration::from_millis(50)).await;
    (task, worker)
}

type Next = Result<Option<LeasedTask<ImageTask>>>;

async fn a_task_of_a_worker_that_left_goes_to_the_next(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    world.account("s", 1).await;
    let claimer = claimer(&world);
    let (task, worker) = handed_out(&world, &claimer).await;
    drop(worker);
    let leased = next(&claimer).await;
    assert_eq!((leased.task.id, leased.lease.seq), (task.id, 1));
    assert_eq!(attempts(&world).await.len(), 1);
    finish(&claimer, &leased).await.unwrap();
}

async fn a_task_is_handed_out_with_most_of_its_lease(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    world.account("s", 1).await;
    let config = ClaimerConfig::new("h").length(Duration::from_secs(1));
    let claimer = Claimer::new(world.leases.clone(), config).unwrap();
    let (_, worker) = handed_out(&world, &claimer).await;
    drop(worker);
    let first = attempts(&world).await[0].expires_at.unwrap();
    // More than a third of the lease is over.
    sleep(Duration::from_millis(500)).await;
    world.advance(1);
    let leased = next(&claimer).await;
    assert_eq!(leased.lease.seq, 1);
    assert!(leased.lease.expires_at > first);
    assert_eq!(
        world.attempt(&leased.lease).await.expires_at,
        Some(leased.lease.expires_at)
    );
}

async fn a_task_that_no_worker_wants_is_given_back(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let account = world.account("s", 1).await;
    let claimer = claimer(&world);
    let (task, worker) = handed_out(&world, &claimer).await;
    drop(worker);
    let ready = async {
        while world.tasks.get(task.id).await.unwrap().state.ready != TaskReady::Fresh {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, ready).await.unwrap();
    assert_eq!(world.account_of(account.id).await.usage.image_active, 0);
    world.assert_consistent().await;
}

async fn a_drained_claimer_gives_everything_back(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    world.account("s", 1).await;
    let task = world.submit("a").await;
    let claimer = claimer(&world);
    let leased = next(&claimer).await;
    let mut waits = Box::pin(claimer.next());
    assert!(waits.as_mut().now_or_never().is_none());
    assert!(claimer.drain(LONG).await);
    assert_eq!(waits.await.unwrap(), None);
    assert_eq!(claimer.next().await.unwrap(), None);
    // What was claimed can be finished.
    finish(&claimer, &leased).await.unwrap();
    assert!(claimer.drain(LONG).await);
    assert_eq!(
        world.tasks.get(task.id).await.unwrap().state.ready,
        TaskReady::No
    );
    world.assert_consistent().await;
}

async fn a_task_on_its_way_is_given_back_when_it_is_drained(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    world.account("s", 1).await;
    let claimer = claimer(&world);
    let (task, worker) = handed_out(&world, &claimer).await;
    assert!(!claimer.drain(Duration::from_millis(20)).await);
    drop(worker);
    assert!(claimer.drain(LONG).await);
    assert_eq!(
        world.tasks.get(task.id).await.unwrap().state.ready,
        TaskReady::Fresh
    );
    world.assert_consistent().await;
}

async fn a_stale_lease_does_not_concern_the_others(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let mut leases = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        leases.push(world.lease(name, Stage::Accepted).await);
    }
    world.leases.release(&leases[2]).await.unwrap();
    let claimer = claimer(&world);
    let mut reports = JoinSet::new();
    for (index, lease) in leases.iter().cloned().enumerate() {
        let claimer = claimer.clone();
        reports.spawn(async move { (index, claimer.complete(&lease, &result()).await) });
    }
    for (index, report) in reports.join_all().await {
        match report {
            Ok(task) => assert_eq!(task.state.generation_status, GenerationStatus::Completed),
            Err(error) => assert_eq!((index, error.kind()), (2, ErrorKind::StaleLease)),
        }
    }
    let evidence = world.attempt(&leases[2]).await.evidence.unwrap();
    assert!(evidence.as_str().contains("\"verb\":\"complete\""));
    world.assert_consistent().await;
}

async fn reports_of_one_task_are_run_in_their_order(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Claimed).await;
    let other = world.lease("b", Stage::Accepted).await;
    let claimer = claimer(&world);
    let (refused, result) = (content(), result());
    let (started, accepted, failed, beat, again) = tokio::join!(
        claimer.start(&lease),
        claimer.submitted(&lease, "r-1"),
        claimer.fail(&other, &refused),
        claimer.heartbeat(&lease),
        claimer.complete(&other, &result),
    );
    started.unwrap();
    accepted.unwrap();
    assert_eq!(
        failed.unwrap().state.generation_status,
        GenerationStatus::Failed
    );
    assert!(beat.unwrap().expires_at >= lease.expires_at);
    fails(again, ErrorKind::StaleLease);
    world.assert_consistent().await;
}

async fn a_report_with_a_wrong_state_changes_nothing(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Claimed).await;
    let other = world.lease("b", Stage::Accepted).await;
    let claimer = claimer(&world);
    let result = result();
    let (wrong, done) = tokio::join!(
        claimer.complete(&lease, &result),
        claimer.complete(&other, &result),
    );
    fails(wrong, ErrorKind::Invalid);
    done.unwrap();
    fails(claimer.submitted(&lease, "").await, ErrorKind::Invalid);
    assert_eq!(world.attempt(&lease).await.outcome, None);
    world.assert_consistent().await;
}

async fn a_configuration_that_breaks_a_rule_is_refused(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let configs = [
        ClaimerConfig::new(""),
        ClaimerConfig::new("h").most(0),
        ClaimerConfig::new("h").most(1_001),
        ClaimerConfig::new("h").length(Duration::ZERO),
    ];
    for config in configs {
        fails(
            Claimer::new(world.leases.clone(), config),
            ErrorKind::Invalid,
        );
    }
}

genledger_testkit::store_cases!(
    workers_share_claims_and_commits,
    the_first_worker_gets_the_first_task,
    a_task_of_a_worker_that_left_goes_to_the_next,
    a_task_is_handed_out_with_most_of_its_lease,
    a_task_that_no_worker_wants_is_given_back,
    a_drained_claimer_gives_everything_back,
    a_task_on_its_way_is_given_back_when_it_is_drained,
    a_stale_lease_does_not_concern_the_others,
    reports_of_one_task_are_run_in_their_order,
    a_report_with_a_wrong_state_changes_nothing,
    a_configuration_that_breaks_a_rule_is_refused,
);
