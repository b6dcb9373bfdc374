//! Expired leases: their tasks continue, and their slots are free.

use std::sync::Arc;

use genledger::contract::{SessionExt, Store};
use genledger::generation::{
    AttemptOutcome, GenerationAttempt, GenerationStatus, ImageTask, SubmitState, Swept, TaskReady,
    TaskStateColumns, VideoTask,
};

use super::world::{MINUTE, Stage, World};
use crate::sample::{Kind, after};

async fn rescued<T: Kind>(store: &Arc<dyn Store>) {
    let world: World<T> = World::new(store).await;
    let claimed = world.lease("claimed", Stage::Claimed).await;
    let sent = world.lease("sent", Stage::Sent).await;
    let accepted = world.lease("accepted", Stage::Accepted).await;
    // Not before 5 seconds after the end.
    world.at(164);
    assert_eq!(world.leases.sweep().await.unwrap(), Swept::default());
    world.at(166);
    let swept = world.leases.sweep().await.unwrap();
    assert_eq!((swept.rescued, swept.released, swept.more), (3, 0, false));
    assert_eq!(swept.errors, []);

    let task = world.task(&claimed).await;
    let state = task.state();
    assert_eq!(
        (state.generation_status, state.ready),
        (GenerationStatus::Retrying, TaskReady::Waits)
    );
    let due = (state.next_retry_at.unwrap() - after(166)).num_milliseconds();
    assert!((3_000..4_000).contains(&due), "{due}");
    assert_eq!(
        (state.retry_count, state.error_code.as_deref()),
        (1, Some("lib:lease_lost"))
    );
    let attempt = world.attempt(&claimed).await;
    assert_eq!(attempt.outcome, Some(AttemptOutcome::LeaseLost));
    assert!(attempt.ended_at.is_some());

    let task = world.task(&sent).await;
    let state = task.state();
    assert_eq!(
        (state.generation_status, state.ready),
        (GenerationStatus::Processing, TaskReady::Undecided)
    );
    let attempt = world.attempt(&sent).await;
    assert_eq!(
        (attempt.submit_state, attempt.outcome),
        (SubmitState::Unknown, None)
    );
    assert_eq!(
        (attempt.seq, attempt.expires_at, state.lease_seq),
        (2, None, 2)
    );
    let kinds: Vec<_> = world
        .events(sent.task_id)
        .await
        .into_iter()
        .map(|(_, kind)| kind)
        .collect();
    assert_eq!(kinds, ["status_changed", "submit_unknown"]);

    let task = world.task(&accepted).await;
    let state = task.state();
    assert_eq!(
        (state.generation_status, state.ready),
        (GenerationStatus::Retrying, TaskReady::Resume)
    );
    assert_eq!(world.attempt(&accepted).await.seq, 2);
    assert_eq!(state.remote_task_id.as_deref(), Some("r-1"));
    // Only the first one is free again.
    for (lease, active) in [(&claimed, 0), (&sent, 1), (&accepted, 1)] {
        let account = world.account_of(lease.account_id).await;
        assert_eq!(account.candidate(T::MEDIUM).unwrap().active, active);
    }
    world.assert_consistent().await;
    assert_eq!(world.leases.sweep().await.unwrap(), Swept::default());
}

async fn an_expired_lease_is_rescued_by_its_submit_state(store: &Arc<dyn Store>) {
    rescued::<ImageTask>(store).await;
}

async fn videos_are_rescued_apart(store: &Arc<dyn Store>) {
    let images: World<ImageTask> = World::new(store).await;
    images.lease("image", Stage::Claimed).await;
    rescued::<VideoTask>(store).await;
    images.at(166);
    assert_eq!(images.leases.sweep().await.unwrap().rescued, 1);
}

async fn a_heartbeat_keeps_the_lease(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Accepted).await;
    for at in [120, 140, 160, 180] {
        world.at(at);
        world.leases.heartbeat(&lease, MINUTE).await.unwrap();
        assert_eq!(world.leases.sweep().await.unwrap(), Swept::default());
    }
    world.at(246);
    assert_eq!(world.leases.sweep().await.unwrap().rescued, 1);
}

async fn more_than_a_round_is_swept_in_rounds(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    world.account("s", 1_000).await;
    let tasks: Vec<ImageTask> = (0..130)
        .map(|index| ImageTask::sample(&format!("b-{index}")))
        .collect();
    world.store.session().insert_many(&tasks).await.unwrap();
    assert_eq!(world.claim(1_000).await.len(), 130);
    world.at(200);
    let first = world.leases.sweep().await.unwrap();
    assert_eq!((first.rescued, first.more), (100, true));
    let second = world.leases.sweep().await.unwrap();
    assert_eq!((second.rescued, second.more), (30, false));
    world.assert_consistent().await;
}

/// The task is not touched; where the provider may work on it, the slot is released later.
async fn an_attempt_whose_task_was_changed_releases_its_slot(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let claimed = world.lease("a", Stage::Claimed).await;
    let accepted = world.lease("b", Stage::Accepted).await;
    for lease in [&claimed, &accepted] {
        let changes = [
            ImageTask::GENERATION_STATUS.set(GenerationStatus::Failed),
            ImageTask::ERROR_CODE.set("lib:adopted"),
            ImageTask::FINISHED_AT.set(after(150)),
        ];
        let any = ImageTask::ID.eq(lease.task_id);
        world
            .store
            .session()
            .update_if::<ImageTask>(&lease.task_id, any, changes)
            .await
            .unwrap();
    }
    let before = (world.task(&claimed).await, world.task(&accepted).await);
    world.at(166);
    assert_eq!(world.leases.sweep().await.unwrap().rescued, 2);
    let ended: GenerationAttempt = world.attempt(&claimed).await;
    assert!(ended.ended_at.is_some());
    let orphan = world.attempt(&accepted).await;
    assert_eq!(
        (orphan.outcome, orphan.ended_at),
        (Some(AttemptOutcome::LeaseLost), None)
    );
    assert_eq!(
        world
            .account_of(accepted.account_id)
            .await
            .usage
            .image_active,
        1
    );
    assert_eq!(
        world
            .account_of(claimed.account_id)
            .await
            .usage
            .image_active,
        0
    );
    world.at(166 + 600 + 6);
    let swept = world.leases.sweep().await.unwrap();
    assert_eq!((swept.rescued, swept.released), (0, 1));
    let account = world.account_of(accepted.account_id).await.usage;
    assert_eq!((account.image_active, account.image_count), (0, 0));
    assert_eq!(
        (world.task(&claimed).await, world.task(&accepted).await),
        before
    );
    world.assert_consistent_slots().await;
}

genledger_testkit::store_cases!(
    an_expired_lease_is_rescued_by_its_submit_state,
    videos_are_rescued_apart,
    a_heartbeat_keeps_the_lease,
    more_than_a_round_is_swept_in_rounds,
    an_attempt_whose_task_was_changed_releases_its_slot,
);
