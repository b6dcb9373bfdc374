//! Leases that were lost: they change nothing, and what they report is kept.

use std::sync::Arc;

use genledger::contract::{ErrorKind, Store};
use genledger::generation::{
    Failure, FailureCode, GenerationResult, GenerationStatus, ImageTask, Lease, SubmitState,
    TaskReady, VideoTask,
};
use genledger::id::ImageTaskId;
use serde_json::{Value, json};

use super::world::{MINUTE, Stage, World, result};
use crate::sample::{after, fails};

async fn evidence(world: &World<ImageTask>, lease: &Lease<ImageTaskId>) -> Value {
    let attempt = world.attempt(lease).await;
    attempt.evidence.map_or(Value::Null, |text| {
        serde_json::from_str(text.as_str()).unwrap()
    })
}

/// The lease of a task that another holder has by now.
async fn taken_over(
    world: &World<ImageTask>,
    name: &str,
) -> (Lease<ImageTaskId>, Lease<ImageTaskId>) {
    let lease = world.lease(name, Stage::Accepted).await;
    world.advance(66);
    assert_eq!(world.leases.sweep().await.unwrap().rescued, 1);
    let next = world.claim_one().await;
    assert_eq!(
        (next.task_id, next.attempt_id),
        (lease.task_id, lease.attempt_id)
    );
    (lease, next)
}

async fn a_lost_lease_changes_nothing_and_its_report_is_kept(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let (lost, held) = taken_over(&world, "a").await;
    let before = (
        world.task(&lost).await,
        world.account_of(lost.account_id).await,
    );
    let leases = &world.leases;
    let late = GenerationResult::urls(["https://a.example/late.png"]);
    fails(leases.start(&lost).await, ErrorKind::StaleLease);
    fails(
        leases.heartbeat(&lost, MINUTE * 5).await,
        ErrorKind::StaleLease,
    );
    fails(leases.release(&lost).await, ErrorKind::StaleLease);
    fails(leases.unknown(&lost).await, ErrorKind::StaleLease);
    assert_eq!(evidence(&world, &lost).await, Value::Null);
    fails(leases.complete(&lost, &late).await, ErrorKind::StaleLease);
    fails(leases.submitted(&lost, "r-9").await, ErrorKind::StaleLease);
    let failure = Failure::new(FailureCode::ret(1015)).message("late");
    fails(leases.fail(&lost, &failure).await, ErrorKind::StaleLease);
    let at = after(166).timestamp_millis();
    let expected = json!([
        {"verb": "complete", "urls": ["https://a.example/late.png"], "local_paths": [], "seq": 1, "at": at},
        {"verb": "submitted", "remote_task_id": "r-9", "seq": 1, "at": at},
        {"verb": "fail", "error_code": "ret:1015", "error_message": "late", "seq": 1, "at": at},
    ]);
    assert_eq!(evidence(&world, &lost).await, expected);
    let after_all = (
        world.task(&lost).await,
        world.account_of(lost.account_id).await,
    );
    assert_eq!(after_all, before);
    // No more than ten entries.
    for _ in 0..12 {
        fails(leases.complete(&lost, &late).await, ErrorKind::StaleLease);
    }
    assert_eq!(evidence(&world, &lost).await.as_array().unwrap().len(), 10);
    // Its error has both numbers.
    let error = leases.start(&lost).await.unwrap_err();
    assert_eq!(error.message(), "the lease has number 1, the row number 3");
    // The new holder has the task.
    leases.complete(&held, &result()).await.unwrap();
    assert_eq!(world.account_of(held.account_id).await.usage.image_count, 1);
    fails(leases.complete(&lost, &late).await, ErrorKind::StaleLease);
    assert_eq!(world.account_of(held.account_id).await.usage.image_count, 1);
    world.assert_consistent().await;
}

async fn another_id_of_the_provider_is_kept(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Accepted).await;
    fails(
        world.leases.submitted(&lease, "r-2").await,
        ErrorKind::VersionConflict,
    );
    let kept = evidence(&world, &lease).await;
    assert_eq!(kept[0]["remote_task_id"], "r-2");
    let task = world.task(&lease).await;
    assert_eq!(
        (task.state.remote_task_id.as_deref(), task.version),
        (Some("r-1"), 3)
    );
}

async fn an_expired_lease_holds_until_a_sweep_finds_it(store: &Arc<dyn Store>) {
    let world: World<VideoTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Claimed).await;
    world.at(10_000);
    world.leases.start(&lease).await.unwrap();
    world.leases.submitted(&lease, "r-1").await.unwrap();
    let longer = world.leases.heartbeat(&lease, MINUTE).await.unwrap();
    assert_eq!(longer.expires_at, after(10_060));
    assert_eq!(world.leases.sweep().await.unwrap().rescued, 0);
    world.leases.complete(&lease, &result()).await.unwrap();
    world.assert_consistent().await;
}

async fn a_late_submission_is_found(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Sent).await;
    world.advance(66);
    assert_eq!(world.leases.sweep().await.unwrap().rescued, 1);
    let undecided = world.task(&lease).await;
    assert_eq!(
        undecided.state.generation_status,
        GenerationStatus::Processing
    );
    assert_eq!(undecided.state.ready, TaskReady::Undecided);
    world.leases.submitted(&lease, "r-1").await.unwrap();
    let found = world.task(&lease).await;
    assert_eq!(found.state.generation_status, GenerationStatus::Retrying);
    assert_eq!(
        (found.state.ready, found.state.remote_task_id.as_deref()),
        (TaskReady::Resume, Some("r-1"))
    );
    assert_eq!(
        world.attempt(&lease).await.submit_state,
        SubmitState::Accepted
    );
    // Again; and the lease stays lost.
    world.leases.submitted(&lease, "r-1").await.unwrap();
    assert_eq!(world.task(&lease).await, found);
    fails(
        world.leases.complete(&lease, &result()).await,
        ErrorKind::StaleLease,
    );
    world.assert_consistent().await;
    let held = world.claim_one().await;
    assert_eq!((held.attempt_id, held.seq), (lease.attempt_id, 3));
    world.leases.submitted(&held, "r-1").await.unwrap();
    world.leases.complete(&held, &result()).await.unwrap();
    world.assert_consistent().await;
}

genledger_testkit::store_cases!(
    a_lost_lease_changes_nothing_and_its_report_is_kept,
    another_id_of_the_provider_is_kept,
    an_expired_lease_holds_until_a_sweep_finds_it,
    a_late_submission_is_found,
);
