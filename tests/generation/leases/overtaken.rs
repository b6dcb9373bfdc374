//! Calls that another one overtakes between two of their statements: the outcomes are as if they had come one after the
//! other. The other one runs at a moment that is set, on memory; on the other backends, moments are drawn by
//! [`history`](crate::history).

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use genledger::contract::Entity as _;
use genledger::generation::{
    AccountType, Claim, Edit, Failure, FailureCode, GenerationAttempt, GenerationStatus, ImageTask,
    Lease, Resolution, SubmitState, Switch, TaskReady,
};
use genledger::id::ImageTaskId;
use genledger::uuid::Uuid;

use super::world::{MINUTE, Stage, World, result};
use crate::intercepted::{Intercept, Intercepted, Moment};

const TASKS: &str = ImageTask::TABLE.name;
const ATTEMPTS: &str = GenerationAttempt::TABLE.name;

/// Another call, before the first statement of its moment.
struct Other(Mutex<Option<(Moment, BoxFuture<'static, ()>)>>);

impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Other").finish_non_exhaustive()
    }
}

#[async_trait]
impl Intercept for Other {
    async fn before(&self, moment: Moment) {
        let other = {
            let mut set = self.0.lock().unwrap();
            let is_now = set.as_ref().is_some_and(|(at, _)| *at == moment);
            set.take_if(|_| is_now)
        };
        if let Some((_, other)) = other {
            other.await;
        }
    }
}

/// A world, the same world with the other call, and the place of the other call.
async fn worlds() -> (World<ImageTask>, World<ImageTask>, Arc<Other>) {
    let memory = genledger::connect("memory:").await.unwrap();
    let world = World::new(&memory).await;
    let other = Arc::new(Other(Mutex::default()));
    let store = Intercepted::around(Arc::clone(&world.store), Arc::clone(&other) as _);
    let overtaken = world.on(store);
    (world, overtaken, other)
}

impl Other {
    fn set(&self, moment: Moment, other: impl Future<Output = ()> + Send + 'static) {
        *self.0.lock().unwrap() = Some((moment, Box::pin(other)));
    }

    fn has_run(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }
}

/// A task that waits for a retry whose time has come, and is not made ready yet.
async fn due(world: &World<ImageTask>) -> ImageTask {
    let lease = world.lease("s", Stage::Claimed).await;
    let failure = Failure::new(FailureCode::TIMEOUT);
    let task = world.leases.fail(&lease, &failure).await.unwrap();
    assert_eq!(task.state.ready, TaskReady::Waits);
    world.advance(10);
    task
}

/// Makes tasks ready, without claiming one.
async fn promote(world: World<ImageTask>) {
    let claim = Claim::new("h", Uuid::now_v7()).family(AccountType::International);
    world.leases.claim(&claim).await.unwrap();
}

#[tokio::test]
async fn a_task_that_becomes_ready_is_cancelled() {
    let (world, overtaken, other) = worlds().await;
    let task = due(&world).await;
    other.set(Moment::Write(TASKS), promote(world.clone()));
    let edit = Edit::of_version(task.version);
    let ended = overtaken.leases.cancel(task.id, &edit).await.unwrap();
    assert_eq!(ended.state.generation_status, GenerationStatus::Failed);
    assert!(other.has_run());
}

#[tokio::test]
async fn a_task_that_becomes_ready_is_switched() {
    let (world, overtaken, other) = worlds().await;
    let task = due(&world).await;
    other.set(Moment::Write(TASKS), promote(world.clone()));
    let edit = Edit::of_version(task.version);
    let switched = overtaken
        .leases
        .switch(task.id, &edit, &Switch::new())
        .await;
    assert_eq!(switched.unwrap().state.ready, TaskReady::Fresh);
    assert!(other.has_run());
}

#[tokio::test]
async fn a_task_that_can_be_resumed_is_given_up() {
    let (world, overtaken, other) = worlds().await;
    let lease = world.lease("s", Stage::Accepted).await;
    let failure = Failure::new(FailureCode::TIMEOUT);
    let task = world.leases.fail(&lease, &failure).await.unwrap();
    assert_eq!(task.state.ready, TaskReady::WaitsToResume);
    world.advance(40);
    other.set(Moment::Write(ATTEMPTS), promote(world.clone()));
    let edit = Edit::of_version(task.version);
    let ended = overtaken.leases.give_up(task.id, &edit).await.unwrap();
    assert_eq!(ended.state.generation_status, GenerationStatus::Failed);
    assert!(other.has_run());
}

#[tokio::test]
async fn a_change_that_is_repeated_at_once_succeeds_twice() {
    let (world, overtaken, other) = worlds().await;
    let task = world.submit("b").await;
    let edit = Edit::of_version(1).by("ann");
    let (same, again) = (edit.clone(), world.tasks.clone());
    other.set(Moment::Write(TASKS), async move {
        again.set_priority(task.id, &same, 7).await.unwrap();
    });
    let changed = overtaken
        .tasks
        .set_priority(task.id, &edit, 7)
        .await
        .unwrap();
    assert_eq!((changed.version, changed.request.priority), (2, 7));
    assert!(other.has_run());
}

#[tokio::test]
async fn a_task_is_generated_again_once_by_two_equal_changes() {
    let (world, overtaken, other) = worlds().await;
    let lease = world.lease("s", Stage::Completed).await;
    let edit = Edit::of_version(world.task(&lease).await.version).by("ann");
    let (same, again) = (edit.clone(), world.leases.clone());
    let id = lease.task_id;
    other.set(Moment::Write(ATTEMPTS), async move {
        again.regenerate(id, &same).await.unwrap();
    });
    let changed = overtaken.leases.regenerate(id, &edit).await.unwrap();
    assert_eq!((changed.version, changed.state.run), (edit.version + 1, 2));
    assert!(other.has_run());
}

#[tokio::test]
async fn a_lease_that_is_extended_is_not_swept() {
    let (world, overtaken, other) = worlds().await;
    let lease = world.lease("s", Stage::Sent).await;
    world.advance(100);
    let (held, beating) = (lease.clone(), world.leases.clone());
    other.set(Moment::Write(ATTEMPTS), async move {
        beating.heartbeat(&held, MINUTE).await.unwrap();
    });
    let swept = overtaken.leases.sweep().await.unwrap();
    assert_eq!((swept.rescued, swept.errors), (0, Vec::new()));
    assert!(other.has_run());
    world.leases.complete(&lease, &result()).await.unwrap();
}

#[tokio::test]
async fn a_result_is_recognised_while_its_task_is_generated_again() {
    let (world, overtaken, other) = worlds().await;
    let lease = world.lease("s", Stage::Completed).await;
    let edit = Edit::of_version(world.task(&lease).await.version);
    let (id, again) = (lease.task_id, world.leases.clone());
    other.set(Moment::Read(TASKS), async move {
        again.regenerate(id, &edit).await.unwrap();
    });
    let task = overtaken.leases.complete(&lease, &result()).await.unwrap();
    assert_eq!(task.state.generation_status, GenerationStatus::Pending);
    assert!(other.has_run());
}

/// The holder records the id that the user has found.
async fn submit(world: World<ImageTask>, lease: Lease<ImageTaskId>) {
    world.leases.submitted(&lease, "r-7").await.unwrap();
}

#[tokio::test]
async fn a_task_is_found_by_its_user_and_by_its_holder() {
    let (world, overtaken, other) = worlds().await;
    let lease = world.lease("s", Stage::Unknown).await;
    let edit = Edit::of_version(world.task(&lease).await.version);
    other.set(Moment::Read(ATTEMPTS), submit(world.clone(), lease.clone()));
    let found = Resolution::Found("r-7".to_owned());
    let task = overtaken.leases.resolve(lease.task_id, &edit, &found).await;
    assert_eq!(task.unwrap().version, edit.version + 1);
    assert!(other.has_run());
    assert_eq!(
        world.attempt(&lease).await.submit_state,
        SubmitState::Accepted
    );
}
