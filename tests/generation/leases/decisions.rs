//! What users decide about tasks: resolve, cancel, give up, switch, generate again.

use std::sync::Arc;

use genledger::contract::{ErrorKind, Query, SessionExt, Store};
use genledger::generation::{
    AttemptOutcome, Edit, Failure, FailureCode, GenerationAttempt, GenerationResult,
    GenerationStatus, GenerationTask, ImageTask, Lease, NewProviderAccount, Resolution, Site,
    SubmitState, Switch, TaskReady, VideoTask,
};
use genledger::id::ImageTaskId;
use genledger::uuid::Uuid;

use super::world::{Stage, World, result};
use crate::sample::{Kind, after, fails, ids};

fn edit(task: &impl GenerationTask) -> Edit {
    Edit::of_version(task.version()).by("ann")
}

/// The name of a decision, the decision, the status and readiness of the task after it, the outcome of the attempt, the
/// slots that are taken, and the successes that the account counts.
type Decided = (
    &'static str,
    Resolution,
    GenerationStatus,
    TaskReady,
    Option<AttemptOutcome>,
    i32,
    i32,
);

fn decisions() -> [Decided; 4] {
    use GenerationStatus::{Completed, Failed, Retrying};
    [
        (
            "found",
            Resolution::Found("r-7".to_owned()),
            Retrying,
            TaskReady::Resume,
            None,
            1,
            0,
        ),
        (
            "completed",
            Resolution::Completed(result()),
            Completed,
            TaskReady::No,
            Some(AttemptOutcome::Succeeded),
            0,
            1,
        ),
        (
            "not sent",
            Resolution::NotSent,
            Retrying,
            TaskReady::Waits,
            Some(AttemptOutcome::Failed),
            0,
            0,
        ),
        (
            "give up",
            Resolution::GiveUp,
            Failed,
            TaskReady::No,
            Some(AttemptOutcome::Cancelled),
            1,
            0,
        ),
    ]
}

async fn a_task_that_may_have_been_submitted_is_resolved(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    for (name, resolution, status, ready, outcome, active, count) in decisions() {
        let lease = world.lease(name, Stage::Unknown).await;
        let task = world.task(&lease).await;
        let (id, edit) = (task.id, edit(&task));
        let before = world.account_of(lease.account_id).await.usage.image_count;
        fails(
            world
                .leases
                .resolve(id, &Edit::of_version(1), &resolution)
                .await,
            ErrorKind::VersionConflict,
        );
        world.at(110);
        let done = world.leases.resolve(id, &edit, &resolution).await.unwrap();
        assert_eq!(done, world.task(&lease).await);
        assert_eq!(
            (done.state.generation_status, done.state.ready),
            (status, ready),
            "{name}"
        );
        assert_eq!(
            (done.version, done.stamps.update_by.as_deref()),
            (task.version + 1, Some("ann"))
        );
        let attempt = world.attempt(&lease).await;
        assert_eq!(attempt.outcome, outcome, "{name}");
        let usage = world.account_of(lease.account_id).await.usage;
        assert_eq!(
            (usage.image_active, usage.image_count - before),
            (active, count),
            "{name}"
        );
        // Again; and another decision.
        assert_eq!(
            world.leases.resolve(id, &edit, &resolution).await.unwrap(),
            done
        );
        assert_eq!(world.account_of(lease.account_id).await.usage, usage);
        let other = Resolution::Found("r-8".to_owned());
        fails(
            world.leases.resolve(id, &edit, &other).await,
            ErrorKind::VersionConflict,
        );
        let newer = Edit::of_version(done.version).by("ann");
        fails(
            world.leases.resolve(id, &newer, &other).await,
            ErrorKind::InvalidTransition,
        );
        assert_continued(&world, name, &lease, &done).await;
        world.at(100);
    }
    world.assert_consistent().await;
}

async fn a_wrong_decision_is_refused(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let wrong = Resolution::Found(String::new());
    let unknown = ImageTaskId::new(Uuid::now_v7());
    fails(
        world
            .leases
            .resolve(unknown, &Edit::of_version(1), &wrong)
            .await,
        ErrorKind::Invalid,
    );
    fails(
        world
            .leases
            .resolve(unknown, &Edit::of_version(1), &Resolution::GiveUp)
            .await,
        ErrorKind::NotFound,
    );
}

/// What follows from a decision.
async fn assert_continued(
    world: &World<ImageTask>,
    name: &str,
    lease: &Lease<ImageTaskId>,
    done: &ImageTask,
) {
    match name {
        "found" => {
            assert_eq!(done.state.remote_task_id.as_deref(), Some("r-7"));
            let held = world.claim_one().await;
            assert_eq!(
                (held.task_id, held.attempt_id),
                (lease.task_id, lease.attempt_id)
            );
            world.leases.complete(&held, &result()).await.unwrap();
        }
        "completed" => assert_eq!(done.state.generation_time, Some(10)),
        "not sent" => {
            assert_eq!(done.state.next_retry_at, Some(after(113)));
            assert_eq!(done.state.error_code.as_deref(), Some("lib:transport"));
            world.leases.cancel(done.id, &edit(done)).await.unwrap();
        }
        _ => {
            assert_eq!(done.state.error_code.as_deref(), Some("lib:submit_unknown"));
            assert_eq!(world.attempt(lease).await.expires_at, Some(after(710)));
        }
    }
}

async fn a_task_is_cancelled_from_each_state(store: &Arc<dyn Store>) {
    let world: World<VideoTask> = World::new(store).await;
    for (stage, active) in [
        (Stage::Claimed, 0),
        (Stage::Released, 0),
        (Stage::Sent, 1),
        (Stage::Accepted, 1),
        (Stage::Unknown, 1),
        (Stage::Parked, 1),
    ] {
        let lease = world.lease(&format!("{stage:?}"), stage).await;
        let task = world.task(&lease).await;
        let edit = edit(&task);
        fails(
            world.leases.cancel(task.id, &Edit::of_version(1)).await,
            ErrorKind::VersionConflict,
        );
        let cancelled = world.leases.cancel(task.id, &edit).await.unwrap();
        let state = &cancelled.state;
        assert_eq!(
            (state.generation_status, state.ready),
            (GenerationStatus::Failed, TaskReady::No)
        );
        assert_eq!(
            (state.error_code.as_deref(), state.finished_at),
            (Some("lib:cancelled"), Some(after(100)))
        );
        assert_eq!(
            world.leases.cancel(task.id, &edit).await.unwrap(),
            cancelled
        );
        let newer = Edit::of_version(cancelled.version).by("ann");
        fails(
            world.leases.cancel(task.id, &newer).await,
            ErrorKind::InvalidTransition,
        );
        let usage = world.account_of(lease.account_id).await.usage;
        assert_eq!(usage.video_active, active, "{stage:?}");
        let attempt = world.attempt(&lease).await;
        let released = stage == Stage::Released;
        let outcome = if released {
            AttemptOutcome::Released
        } else {
            AttemptOutcome::Cancelled
        };
        assert_eq!(attempt.outcome, Some(outcome));
        let until = (active == 1).then(|| after(100 + 1_800));
        assert_eq!(
            (attempt.expires_at, attempt.ended_at.is_none()),
            (until, active == 1)
        );
        // The holder has lost its lease.
        if !released {
            fails(
                world.leases.heartbeat(&lease, super::world::MINUTE).await,
                ErrorKind::StaleLease,
            );
        }
        assert_eq!(
            world.events(task.id).await.last().unwrap(),
            &(cancelled.version, "status_changed".to_owned())
        );
    }
}

async fn a_slot_is_released_when_the_provider_has_finished(store: &Arc<dyn Store>) {
    let world: World<VideoTask> = World::new(store).await;
    for name in ["one", "two"] {
        let lease = world.lease(name, Stage::Sent).await;
        let task = world.task(&lease).await;
        world.leases.cancel(task.id, &edit(&task)).await.unwrap();
    }
    // A report of the end at the provider releases the slot; it is not counted.
    let lease = world.lease("late", Stage::Accepted).await;
    let task = world.task(&lease).await;
    world.leases.cancel(task.id, &edit(&task)).await.unwrap();
    let before = world.account_of(lease.account_id).await.usage;
    fails(
        world.leases.complete(&lease, &result()).await,
        ErrorKind::StaleLease,
    );
    let usage = world.account_of(lease.account_id).await.usage;
    assert_eq!(
        (usage.video_active, usage.video_count),
        (before.video_active - 1, before.video_count)
    );
    let attempt = world.attempt(&lease).await;
    assert!(attempt.ended_at.is_some() && attempt.evidence.is_some());
    fails(
        world.leases.complete(&lease, &result()).await,
        ErrorKind::StaleLease,
    );
    assert_eq!(world.account_of(lease.account_id).await.usage, usage);
    // The others after half an hour.
    world.at(100 + 1_800 + 4);
    assert_eq!(world.leases.sweep().await.unwrap().released, 0);
    world.at(100 + 1_800 + 6);
    assert_eq!(world.leases.sweep().await.unwrap().released, 2);
    assert_eq!(
        world.account_of(lease.account_id).await.usage.video_active,
        0
    );
    world.assert_consistent().await;
}

async fn only_a_task_that_has_not_ended_is_cancelled(store: &Arc<dyn Store>) {
    let world: World<VideoTask> = World::new(store).await;
    let pending = world.submit("pending").await;
    let cancelled = world
        .leases
        .cancel(pending.id, &edit(&pending))
        .await
        .unwrap();
    assert_eq!((cancelled.version, cancelled.state.attempt_count), (2, 0));
    let done = world.lease("done", Stage::Completed).await;
    let task = world.task(&done).await;
    fails(
        world.leases.cancel(task.id, &edit(&task)).await,
        ErrorKind::InvalidTransition,
    );
    fails(
        world.leases.give_up(task.id, &edit(&task)).await,
        ErrorKind::InvalidTransition,
    );
    let deleted = world
        .tasks
        .delete(pending.id, &edit(&cancelled))
        .await
        .unwrap();
    fails(
        world.leases.cancel(pending.id, &edit(&deleted)).await,
        ErrorKind::NotFound,
    );
    fails(
        world.leases.regenerate(pending.id, &edit(&deleted)).await,
        ErrorKind::NotFound,
    );
}

async fn retries_are_given_up(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Sent).await;
    let task = world.task(&lease).await;
    fails(
        world.leases.give_up(task.id, &edit(&task)).await,
        ErrorKind::InvalidTransition,
    );
    let failure = Failure::new(FailureCode::fail(1017)).message("why");
    let waiting = world.leases.fail(&lease, &failure).await.unwrap();
    let given_up = world
        .leases
        .give_up(task.id, &edit(&waiting))
        .await
        .unwrap();
    assert_eq!(given_up.state.generation_status, GenerationStatus::Failed);
    // The reason is the error.
    assert_eq!(given_up.state.error_code.as_deref(), Some("fail:1017"));
    assert_eq!(given_up.state.error_message.as_deref(), Some("why"));
    assert_eq!(
        world
            .leases
            .give_up(task.id, &edit(&waiting))
            .await
            .unwrap(),
        given_up
    );
    let lease = world.lease("b", Stage::Released).await;
    let released = world.task(&lease).await;
    let given_up = world
        .leases
        .give_up(released.id, &edit(&released))
        .await
        .unwrap();
    assert_eq!(given_up.state.error_code.as_deref(), Some("lib:given_up"));
    let lease = world.lease("c", Stage::Parked).await;
    let parked = world.task(&lease).await;
    world
        .leases
        .give_up(parked.id, &edit(&parked))
        .await
        .unwrap();
    assert_eq!(
        world.attempt(&lease).await.outcome,
        Some(AttemptOutcome::Cancelled)
    );
    assert_eq!(world.attempt(&lease).await.ended_at, None);
    world.assert_consistent().await;
}

async fn a_waiting_task_gets_another_account(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let first = world.account("one", 1).await;
    let task = world.submit("a").await;
    let lease = world.claim_one().await;
    assert_eq!(lease.account_id, first.id);
    let avoiding = Switch::new().avoiding(first.id);
    fails(
        world
            .leases
            .switch(task.id, &edit(&world.task(&lease).await), &avoiding)
            .await,
        ErrorKind::InvalidTransition,
    );
    // Its holder may give it back for another one, before it is sent.
    let back = world.leases.switch_lease(&lease, &avoiding).await.unwrap();
    assert_eq!(
        (back.state.generation_status, back.state.ready),
        (GenerationStatus::Retrying, TaskReady::Fresh)
    );
    assert_eq!(
        world.leases.switch_lease(&lease, &avoiding).await.unwrap(),
        back
    );
    fails(
        world.leases.switch_lease(&lease, &Switch::new()).await,
        ErrorKind::StaleLease,
    );
    assert_eq!(
        world.attempt(&lease).await.outcome,
        Some(AttemptOutcome::Released)
    );
    let second = world.account("two", 1).await;
    let lease = world.claim_one().await;
    assert_eq!(lease.account_id, second.id);
    world.leases.start(&lease).await.unwrap();
    fails(
        world.leases.switch_lease(&lease, &avoiding).await,
        ErrorKind::InvalidTransition,
    );
    let failure = Failure::new(FailureCode::fail(1017));
    let waiting = world.leases.fail(&lease, &failure).await.unwrap();

    let abroad = Switch::new().to_site(Site::Sg);
    fails(
        world.leases.switch(task.id, &edit(&waiting), &abroad).await,
        ErrorKind::Invalid,
    );
    let abroad = abroad.to_other_family();
    let switched = world
        .leases
        .switch(task.id, &edit(&waiting), &abroad)
        .await
        .unwrap();
    assert_eq!(
        (switched.request.want_site, switched.version),
        (Some(Site::Sg), waiting.version + 1)
    );
    assert_eq!(Some(switched.state.account_type), Site::Sg.account_type());
    assert_eq!(
        world
            .leases
            .switch(task.id, &edit(&waiting), &abroad)
            .await
            .unwrap(),
        switched
    );
    let before = world.events(task.id).await;
    let account = NewProviderAccount::new("a", "sg").site_type(Site::Sg);
    let account = world.append(account.into_account(&ids()).unwrap()).await;
    world.at(103);
    let lease = world.claim_one().await;
    assert_eq!((lease.task_id, lease.account_id), (task.id, account.id));
    assert_eq!(world.task(&lease).await.state.site_switch_count, 2);
    // A switch has no event.
    assert_eq!(world.events(task.id).await.len(), before.len() + 1);
    world.assert_consistent().await;
}

async fn regenerated<T: Kind>(store: &Arc<dyn Store>) {
    let world: World<T> = World::new(store).await;
    let name = format!("{:?}", T::MEDIUM);
    let lease = world.lease(&name, Stage::Accepted).await;
    let open = world.task(&lease).await;
    fails(
        world.leases.regenerate(open.id(), &edit(&open)).await,
        ErrorKind::InvalidTransition,
    );
    let done = world.leases.complete(&lease, &result()).await.unwrap();
    let again = world
        .leases
        .regenerate(done.id(), &edit(&done))
        .await
        .unwrap();
    let state = again.state();
    assert_eq!(
        (state.generation_status, state.ready),
        (GenerationStatus::Pending, TaskReady::Fresh)
    );
    assert_eq!((state.run, state.retry_count, state.hop_count), (2, 0, 0));
    assert_eq!(
        (state.jimeng_accounts_id, state.remote_task_id.as_deref()),
        (None, None)
    );
    assert_eq!(
        (state.started_at, state.finished_at, state.generation_time),
        (None, None, None)
    );
    assert!(again.urls().is_empty() && again.local_paths().is_empty());
    assert_eq!(
        world
            .leases
            .regenerate(done.id(), &edit(&done))
            .await
            .unwrap(),
        again
    );
    assert_eq!(
        world.events(done.id()).await.last().unwrap(),
        &(again.version(), "regenerated".to_owned())
    );
    let kept = world.attempt(&lease).await;
    let expected = r#"{"urls":["https://a.example/1.png"],"paths":["/media/1.png"]}"#;
    assert_eq!(kept.result.unwrap().as_str(), expected);
    // The result is that of the old attempt, also when it is reported again.
    assert_eq!(
        world.leases.complete(&lease, &result()).await.unwrap(),
        again
    );
    let other = GenerationResult::urls(["https://a.example/2.png"]);
    fails(
        world.leases.complete(&lease, &other).await,
        ErrorKind::StaleLease,
    );
    let next = world.claim_one().await;
    assert_eq!((next.task_id, next.seq), (done.id(), 2));
    assert_eq!(world.attempt(&next).await.attempt_no, Some(2));
    world.bring(&next, Stage::Completed).await;
    world.assert_consistent().await;

    // A task without an attempt.
    let pending = world.submit("b").await;
    let cancelled = world
        .leases
        .cancel(pending.id(), &edit(&pending))
        .await
        .unwrap();
    let again = world
        .leases
        .regenerate(pending.id(), &edit(&cancelled))
        .await
        .unwrap();
    assert_eq!(
        (
            again.state().run,
            again.state().attempt_count,
            again.state().error_code.as_deref()
        ),
        (2, 1, None)
    );
    let of_task = GenerationAttempt::TASK_ID.eq(pending.id().into());
    let history = world
        .store
        .session()
        .page(&Query::matching(of_task))
        .await
        .unwrap()
        .items;
    assert_eq!(history.len(), 1);
    assert_eq!(
        (history[0].outcome, history[0].attempt_no),
        (Some(AttemptOutcome::History), Some(1))
    );
    assert_eq!(history[0].error_code.as_deref(), Some("lib:cancelled"));
    assert_eq!(history[0].submit_state, SubmitState::NotSent);
    let next = world.claim_one().await;
    assert_eq!(world.attempt(&next).await.attempt_no, Some(2));
    world.assert_consistent().await;
}

async fn a_task_that_has_ended_is_generated_again(store: &Arc<dyn Store>) {
    regenerated::<ImageTask>(store).await;
    regenerated::<VideoTask>(store).await;
}

genledger_testkit::store_cases!(
    a_task_that_may_have_been_submitted_is_resolved,
    a_wrong_decision_is_refused,
    a_task_is_cancelled_from_each_state,
    a_slot_is_released_when_the_provider_has_finished,
    only_a_task_that_has_not_ended_is_cancelled,
    retries_are_given_up,
    a_waiting_task_gets_another_account,
    a_task_that_has_ended_is_generated_again,
);
