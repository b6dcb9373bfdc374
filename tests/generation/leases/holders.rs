//! The verbs of a holder: what they write, what they refuse, and their repetition.

use std::sync::Arc;
use std::time::Duration;

use genledger::contract::{ErrorKind, SessionExt, Store, StoreExt};
use genledger::generation::{
    AttemptOutcome, Claim, Failure, FailureCode, GenerationAttempt, GenerationResult,
    GenerationStatus, ImageTask, Lease, LeasedTask, ProviderAccount, SubmitState, Switch,
    TaskReady, TaskStateColumns, VideoTask,
};
use genledger::id::{GenerationAttemptId, ImageTaskId};
use genledger::uuid::Uuid;

use super::world::{MINUTE, Stage, World, content, leased, result};
use crate::sample::{Kind, after, fails};

async fn way<T: Kind>(store: &Arc<dyn Store>) {
    let world: World<T> = World::new(store).await;
    let account = world.account("s", 1).await;
    let task = world.submit("a").await;
    let claimed = world.claim(1).await.remove(0);
    let lease = claimed.lease.clone();
    assert_claimed(&world, &account, &task, &claimed).await;

    world.at(110);
    world.leases.start(&lease).await.unwrap();
    let attempt = world.attempt(&lease).await;
    assert_eq!(
        (attempt.submit_state, attempt.submitted_at),
        (SubmitState::Sent, Some(after(110)))
    );
    assert_eq!(
        (attempt.site, attempt.started_at),
        (Some(account.site_type), Some(after(100)))
    );
    assert_eq!(world.task(&lease).await.version(), 2);
    world.leases.submitted(&lease, "r-1").await.unwrap();
    let accepted = world.task(&lease).await;
    assert_eq!(
        (
            accepted.state().remote_task_id.as_deref(),
            accepted.version()
        ),
        (Some("r-1"), 3)
    );

    world.at(150);
    let longer = world.leases.heartbeat(&lease, MINUTE).await.unwrap();
    assert_eq!(longer.expires_at, after(210));
    assert_eq!(world.attempt(&lease).await.expires_at, Some(after(210)));
    // It never becomes shorter.
    let same = world
        .leases
        .heartbeat(&lease, Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!(same, longer);
    assert_eq!(world.task(&lease).await, accepted);

    world.at(163);
    let done = world.leases.complete(&lease, &result()).await.unwrap();
    assert_eq!(done, world.task(&lease).await);
    assert_eq!(done.state().generation_status, GenerationStatus::Completed);
    assert_eq!(
        (done.state().generation_time, done.version()),
        (Some(63), 4)
    );
    assert_eq!(done.state().finished_at, Some(after(163)));
    assert_eq!(
        (done.urls(), done.local_paths()),
        (&result().urls, &result().local_paths)
    );
    let attempt = world.attempt(&lease).await;
    assert_eq!(attempt.outcome, Some(AttemptOutcome::Succeeded));
    assert_eq!(
        (attempt.ended_at, attempt.expires_at),
        (Some(after(163)), None)
    );
    let used = world.account_of(account.id).await;
    let candidate = used.candidate(T::MEDIUM).unwrap();
    assert_eq!(
        (candidate.active, candidate.media.count, used.version),
        (0, 1, 1)
    );
    let kinds = [
        (2, "status_changed".to_owned()),
        (4, "status_changed".to_owned()),
    ];
    assert_eq!(world.events(task.id()).await, kinds);
    world.assert_consistent().await;
}

/// The rows of a task that was claimed on a new account.
async fn assert_claimed<T: Kind>(
    world: &World<T>,
    account: &ProviderAccount,
    task: &T,
    claimed: &LeasedTask<T>,
) {
    let lease = &claimed.lease;
    assert_eq!((lease.task_id, lease.account_id), (task.id(), account.id));
    assert_eq!(
        (lease.seq, lease.account_seq, lease.holder.as_str()),
        (1, 1, "h")
    );
    assert_eq!(
        (lease.expires_at, claimed.submit_state),
        (after(160), SubmitState::NotSent)
    );
    assert_eq!(claimed.task, world.task(lease).await);
    let state = claimed.task.state();
    assert_eq!(
        (state.generation_status, state.ready),
        (GenerationStatus::Processing, TaskReady::No)
    );
    assert_eq!(state.jimeng_accounts_id, Some(account.id));
    assert_eq!(
        (state.site_used, state.site_switch_count),
        (Some(account.site_type), 0)
    );
    assert_eq!(
        (state.attempt_id, state.attempt_count),
        (Some(lease.attempt_id), 1)
    );
    assert_eq!((state.started_at, state.lease_seq), (Some(after(100)), 1));
    let used = world.account_of(account.id).await;
    let candidate = used.candidate(T::MEDIUM).unwrap();
    assert_eq!(
        (candidate.active, used.usage.lease_seq, used.version),
        (1, 1, 1)
    );
    assert_eq!(used.usage.last_used_at, Some(after(100)));
}

async fn a_task_on_its_way_to_a_result(store: &Arc<dyn Store>) {
    way::<ImageTask>(store).await;
    // The counters of videos are others.
    way_of_a_video(store).await;
}

async fn way_of_a_video(store: &Arc<dyn Store>) {
    let world: World<VideoTask> = World::new(store).await;
    let account = world.account("video", 2).await;
    let claim = Claim::new("h", Uuid::now_v7()).n(9);
    for name in ["v-1", "v-2", "v-3"] {
        world.submit(name).await;
    }
    let tasks = leased(world.leases.claim(&claim).await.unwrap());
    // The account of the images has a slot for a video as well.
    assert_eq!(tasks.len(), 3);
    let of_account = tasks
        .iter()
        .filter(|task| task.lease.account_id == account.id);
    assert_eq!(of_account.count(), 2);
    for one in &tasks {
        world.bring(&one.lease, Stage::Completed).await;
    }
    let usage = world.account_of(account.id).await.usage;
    assert_eq!(
        (usage.video_count, usage.image_count, usage.video_active),
        (2, 0, 0)
    );
    world.assert_consistent().await;
}

/// Each verb again, as after an unknown outcome: it succeeds, and changes nothing.
async fn a_repeated_verb_changes_nothing(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let leases = &world.leases;
    let transport = Failure::new(FailureCode::TRANSPORT);
    let lease = world.lease("a", Stage::Sent).await;
    leases.start(&lease).await.unwrap();
    leases.submitted(&lease, "r-1").await.unwrap();
    let before = (world.task(&lease).await, world.attempt(&lease).await);
    leases.submitted(&lease, "r-1").await.unwrap();
    assert_eq!(
        (world.task(&lease).await, world.attempt(&lease).await),
        before
    );

    let cases = [
        ("complete", Stage::Sent),
        ("complete", Stage::Accepted),
        ("fail", Stage::Accepted),
        ("fail", Stage::Claimed),
        ("transport", Stage::Sent),
        ("transport", Stage::Accepted),
        ("unknown", Stage::Sent),
        ("release", Stage::Claimed),
        ("release", Stage::Accepted),
    ];
    for (index, (verb, stage)) in cases.into_iter().enumerate() {
        let lease = world.lease(&format!("c-{index}"), stage).await;
        let apply = async || match verb {
            "complete" => leases.complete(&lease, &result()).await.unwrap(),
            "fail" => leases.fail(&lease, &content()).await.unwrap(),
            "transport" => leases.fail(&lease, &transport).await.unwrap(),
            "unknown" => leases.unknown(&lease).await.unwrap(),
            _ => leases.release(&lease).await.unwrap(),
        };
        let done = apply().await;
        let rows = async || {
            let account = world.account_of(lease.account_id).await;
            (
                world.task(&lease).await,
                world.attempt(&lease).await,
                account,
            )
        };
        let before = rows().await;
        assert_eq!(done, before.0);
        world.advance(1);
        assert_eq!(apply().await, done, "{verb} {stage:?}");
        assert_eq!(rows().await, before, "{verb} {stage:?}");
    }
    world.assert_consistent().await;
}

/// The error of each verb for an attempt in this state: `None` is `Ok`.
async fn what_a_state_does_not_allow_is_refused(store: &Arc<dyn Store>) {
    use ErrorKind::{Invalid, InvalidTransition, StaleLease};
    let world: World<ImageTask> = World::new(store).await;
    let (stale, early, wrong) = (Some(StaleLease), Some(Invalid), Some(InvalidTransition));
    //                       start  submitted heartbeat complete fail unknown release
    let table = [
        (
            Stage::Claimed,
            [None, early, None, early, None, early, None],
        ),
        (Stage::Sent, [None, None, None, None, None, None, None]),
        (
            Stage::Accepted,
            [
                wrong,
                Some(ErrorKind::VersionConflict),
                None,
                None,
                None,
                wrong,
                None,
            ],
        ),
        // A task that was submitted is found, and the others are late.
        (
            Stage::Unknown,
            [stale, None, stale, stale, stale, None, None],
        ),
        (
            Stage::Parked,
            [stale, stale, stale, stale, stale, stale, None],
        ),
        (Stage::Completed, [stale; 7]),
        (Stage::Failed, [stale; 7]),
        (
            Stage::Released,
            [stale, stale, stale, stale, stale, stale, None],
        ),
    ];
    for (stage, results) in table {
        for (verb, expected) in results.into_iter().enumerate() {
            let lease = world.lease(&format!("{stage:?}-{verb}"), stage).await;
            let rows = async || {
                let account = world.account_of(lease.account_id).await;
                let attempt = world.attempt(&lease).await;
                let attempt = without_evidence(attempt);
                (world.task(&lease).await, attempt, account)
            };
            let before = rows().await;
            let leases = &world.leases;
            let other = GenerationResult::urls(["https://a.example/other.png"]);
            let outcome = match verb {
                0 => leases.start(&lease).await,
                1 => leases.submitted(&lease, "r-2").await,
                2 => leases.heartbeat(&lease, MINUTE).await.map(drop),
                3 => leases.complete(&lease, &other).await.map(drop),
                4 => leases
                    .fail(&lease, &Failure::new(FailureCode::fail(2047)))
                    .await
                    .map(drop),
                5 => leases.unknown(&lease).await.map(drop),
                _ => leases.release(&lease).await.map(drop),
            };
            let kind = outcome.err().map(|error| error.kind());
            assert_eq!(kind, expected, "{stage:?} {verb}");
            if expected.is_some() {
                assert_eq!(rows().await, before, "{stage:?} {verb}");
            }
            // Nothing of it is claimed by the next case.
            let live = world.task(&lease).await;
            if live.state.ready != TaskReady::No {
                park_away(&world, &lease).await;
            }
        }
    }
    world.assert_consistent().await;
}

/// Lets nothing claim a task any more, as if it were not due for a long time.
async fn park_away(world: &World<ImageTask>, lease: &Lease<ImageTaskId>) {
    let state = world.task(lease).await.state;
    let ready = match state.ready {
        TaskReady::Fresh => TaskReady::Waits,
        TaskReady::Resume => TaskReady::WaitsToResume,
        other => other,
    };
    let changes = [
        ImageTask::READY.set(ready),
        ImageTask::NEXT_RETRY_AT.set(after(1_000_000)),
    ];
    let any = ImageTask::ID.eq(lease.task_id);
    let session = world.store.session();
    assert!(
        session
            .update_if::<ImageTask>(&lease.task_id, any, changes)
            .await
            .unwrap()
    );
}

/// Evidence is compared elsewhere.
fn without_evidence(attempt: GenerationAttempt) -> GenerationAttempt {
    let mut attempt = attempt;
    attempt.evidence = None;
    attempt
}

async fn wrong_arguments_are_refused_first(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Accepted).await;
    let leases = &world.leases;
    for length in [
        Duration::ZERO,
        Duration::from_millis(999),
        Duration::from_secs(3_601),
    ] {
        fails(leases.heartbeat(&lease, length).await, ErrorKind::Invalid);
    }
    for id in ["", "a\0", "x".repeat(101).as_str()] {
        fails(leases.submitted(&lease, id).await, ErrorKind::Invalid);
    }
    fails(
        leases.complete(&lease, &GenerationResult::default()).await,
        ErrorKind::Invalid,
    );
    let nul = GenerationResult::urls(["https://a\0"]);
    fails(leases.complete(&lease, &nul).await, ErrorKind::Invalid);
    fails(
        leases.fail(&lease, &content().message("\0")).await,
        ErrorKind::Invalid,
    );
    let negative = content().retry_after(chrono::TimeDelta::seconds(-1));
    fails(leases.fail(&lease, &negative).await, ErrorKind::Invalid);
    // They are found before the lease is.
    let mut unknown = lease.clone();
    unknown.attempt_id = GenerationAttemptId::new(Uuid::now_v7());
    fails(leases.submitted(&unknown, "").await, ErrorKind::Invalid);
    fails(leases.submitted(&unknown, "r").await, ErrorKind::NotFound);
    fails(leases.start(&unknown).await, ErrorKind::NotFound);
    // The lease of one task is not that of another one.
    let mut other = lease.clone();
    other.task_id = ImageTaskId::new(Uuid::now_v7());
    fails(
        leases.complete(&other, &result()).await,
        ErrorKind::NotFound,
    );
    assert_eq!(world.task(&lease).await.version, 3);
}

async fn something_else_that_changes_the_task_is_noticed(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let verbs = [
        (
            Stage::Claimed,
            ["start", "fail", "release", "switch", "heartbeat"],
        ),
        (
            Stage::Sent,
            ["submitted", "complete", "fail", "unknown", "release"],
        ),
        (
            Stage::Accepted,
            ["complete", "fail", "release", "heartbeat", "park"],
        ),
    ];
    for (stage, verbs) in verbs {
        let lease = world.lease(&format!("{stage:?}"), stage).await;
        let any = ImageTask::ID.eq(lease.task_id);
        let changes = [ImageTask::GENERATION_STATUS.set(GenerationStatus::Failed)];
        let session = world.store.session();
        let changed = session.update_if::<ImageTask>(&lease.task_id, any, changes);
        assert!(changed.await.unwrap());
        let before = (world.task(&lease).await, world.attempt(&lease).await);
        for verb in verbs {
            let leases = &world.leases;
            let timeout = Failure::new(FailureCode::TIMEOUT);
            let outcome = match verb {
                "start" => leases.start(&lease).await,
                "submitted" => leases.submitted(&lease, "r-1").await,
                "heartbeat" => leases.heartbeat(&lease, MINUTE * 2).await.map(drop),
                "complete" => leases.complete(&lease, &result()).await.map(drop),
                "fail" => leases.fail(&lease, &content()).await.map(drop),
                "park" => leases.fail(&lease, &timeout).await.map(drop),
                "unknown" => leases.unknown(&lease).await.map(drop),
                "switch" => leases.switch_lease(&lease, &Switch::new()).await.map(drop),
                _ => leases.release(&lease).await.map(drop),
            };
            fails(outcome, ErrorKind::VersionConflict);
            let rows = (world.task(&lease).await, world.attempt(&lease).await);
            assert_eq!(rows, before, "{stage:?} {verb}");
        }
        let usage = world.account_of(lease.account_id).await.usage;
        assert_eq!((usage.image_active, usage.image_count), (1, 0));
    }
}

async fn verbs_are_part_of_a_transaction(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let account = world.account("s", 1).await;
    let task = world.submit("a").await;
    let clock = world.store.clock().await.unwrap();
    let claim = Claim::new("h", Uuid::now_v7());
    for commits in [false, true] {
        let tx = world.store.begin().await.unwrap();
        let within = world.leases.within(&tx, clock);
        let lease = leased(within.claim(&claim).await.unwrap()).remove(0).lease;
        // A refused verb does not end the transaction.
        fails(within.complete(&lease, &result()).await, ErrorKind::Invalid);
        within.start(&lease).await.unwrap();
        within.complete(&lease, &result()).await.unwrap();
        drop(within);
        if commits {
            tx.commit().await.unwrap();
        } else {
            tx.rollback().await.unwrap();
            assert_eq!(world.tasks.get(task.id).await.unwrap(), task);
            assert_eq!(world.account_of(account.id).await, account);
        }
    }
    let done = world.tasks.get(task.id).await.unwrap();
    assert_eq!(done.state.generation_status, GenerationStatus::Completed);
    assert_eq!(world.account_of(account.id).await.usage.image_count, 1);
    world.assert_consistent().await;
}

genledger_testkit::store_cases!(
    a_task_on_its_way_to_a_result,
    a_repeated_verb_changes_nothing,
    what_a_state_does_not_allow_is_refused,
    wrong_arguments_are_refused_first,
    something_else_that_changes_the_task_is_noticed,
    verbs_are_part_of_a_transaction,
);
