//! An image and a video task have the same id: each has its own attempts.

use std::sync::Arc;

use genledger::contract::{Query, SessionExt, Store};
use genledger::generation::{
    AttemptOutcome, Edit, Failure, FailureCode, GenerationAttempt, GenerationStatus,
    GenerationTaskFilter, ImageTask, Lease, TaskReady, TaskStateColumns as _, VideoTask,
};
use genledger::id::ProviderAccountId;
use genledger::uuid::Uuid;

use super::world::{World, result};
use crate::sample::{Kind, request};

const ID: Uuid = Uuid::from_u128(0x0197_a0f0_93c8_7f3b_8d0a_2f5a_1f1f_7a10);

async fn submit<T: Kind>(world: &World<T>) -> T {
    let task = T::with_id(ID, request("same"));
    assert!(world.tasks.submit(&task).await.unwrap());
    task
}

/// The outcomes of the attempts of the task, in order of their numbers, which begin at 1.
async fn outcomes<T: Kind>(world: &World<T>) -> Vec<Option<AttemptOutcome>> {
    let of_task = GenerationAttempt::TASK_ID.eq(ID) & GenerationAttempt::MEDIA.eq(T::MEDIUM);
    let query = Query::matching(of_task).order_by([GenerationAttempt::ATTEMPT_NO.asc()]);
    let attempts = world.store.session().page(&query).await.unwrap().items;
    for (attempt, number) in attempts.iter().zip(1..) {
        assert_eq!(attempt.attempt_no, Some(number));
    }
    attempts.iter().map(|attempt| attempt.outcome).collect()
}

/// The one lease of a claim, whose attempt has this number.
async fn claim<T: Kind>(world: &World<T>, number: i32) -> Lease<T::Id> {
    let lease = world.claim_one().await;
    let attempt = world.attempt(&lease).await;
    assert_eq!(
        (attempt.media, attempt.attempt_no),
        (T::MEDIUM, Some(number))
    );
    assert_eq!(lease.task_id, ID.into());
    lease
}

async fn status<T: Kind>(world: &World<T>) -> GenerationStatus {
    let task = world.tasks.get(ID.into()).await.unwrap();
    task.state().generation_status
}

async fn complete<T: Kind>(world: &World<T>, lease: &Lease<T::Id>) {
    world.leases.start(lease).await.unwrap();
    world.leases.submitted(lease, "r-1").await.unwrap();
    world.leases.complete(lease, &result()).await.unwrap();
    assert_eq!(status(world).await, GenerationStatus::Completed);
}

async fn both_are_claimed_retried_and_completed(store: &Arc<dyn Store>) {
    let images = World::<ImageTask>::new(store).await;
    let videos = images.with::<VideoTask>();
    let account = images.account("s", 1).await;
    submit(&images).await;
    submit(&videos).await;
    let (image, video) = (claim(&images, 1).await, claim(&videos, 1).await);
    let used = images.account_of(account.id).await.usage;
    assert_eq!((used.image_active, used.video_active), (1, 1));

    // The failure of one does not concern the other.
    let failure = Failure::new(FailureCode::fail(1017));
    images.leases.start(&image).await.unwrap();
    images.leases.fail(&image, &failure).await.unwrap();
    assert_eq!(status(&images).await, GenerationStatus::Retrying);
    assert_eq!(status(&videos).await, GenerationStatus::Processing);
    complete(&videos, &video).await;
    assert_eq!(status(&images).await, GenerationStatus::Retrying);
    images.advance(60);
    let image = claim(&images, 2).await;
    complete(&images, &image).await;
    let (failed, done) = (
        Some(AttemptOutcome::Failed),
        Some(AttemptOutcome::Succeeded),
    );
    assert_eq!(outcomes(&images).await, [failed, done]);
    assert_eq!(outcomes(&videos).await, [done]);

    // Both again, and one lease expires.
    again(&images, 3).await;
    again(&videos, 2).await;
    let lost = claim(&videos, 2).await;
    let image = claim(&images, 3).await;
    videos.advance(120);
    videos.leases.sweep().await.unwrap();
    assert_eq!(status(&images).await, GenerationStatus::Processing);
    assert_eq!(
        videos.attempt(&lost).await.outcome,
        Some(AttemptOutcome::LeaseLost)
    );
    complete(&images, &image).await;
    videos.advance(60);
    let video = claim(&videos, 3).await;
    complete(&videos, &video).await;
    images.assert_consistent().await;
    videos.assert_consistent().await;
    assert_eq!(images.leases.audit_slots().await.unwrap(), []);
    assert_eq!(videos.leases.audit_slots().await.unwrap(), []);
}

/// Generates the task again, which keeps the numbers of its attempts.
async fn again<T: Kind>(world: &World<T>, number: i32) {
    let task = world.tasks.get(ID.into()).await.unwrap();
    let edit = Edit::of_version(task.version());
    let again = world.leases.regenerate(task.id(), &edit).await.unwrap();
    assert_eq!(again.state().attempt_count + 1, number);
}

/// Makes the task one that the library has never had, of which the provider has an id.
async fn make_foreign<T: Kind>(world: &World<T>, account: ProviderAccountId) {
    let task = submit(world).await;
    let changes = [
        T::GENERATION_STATUS.set(GenerationStatus::Processing),
        T::READY.set(TaskReady::No),
        T::JIMENG_ACCOUNTS_ID.set(account),
        T::REMOTE_TASK_ID.set("r-1".to_owned()),
    ];
    let session = world.store.session();
    let same = T::VERSION.eq(task.version());
    let changed = session.update_if::<T>(&task.id(), same, changes).await;
    assert!(changed.unwrap());
}

async fn adopt<T: Kind>(world: &World<T>, account: ProviderAccountId) {
    make_foreign(world, account).await;
    let all = GenerationTaskFilter::new();
    let adopted = world.leases.adopt_backlog(&all, 10).await.unwrap();
    assert_eq!((adopted.resumed, adopted.errors), (1, Vec::new()));
}

async fn both_are_adopted(store: &Arc<dyn Store>) {
    let images = World::<ImageTask>::new(store).await;
    let videos = images.with::<VideoTask>();
    let account = images.account("s", 1).await;
    adopt(&images, account.id).await;
    adopt(&videos, account.id).await;
    let lease = claim(&images, 1).await;
    images.leases.complete(&lease, &result()).await.unwrap();
    let lease = claim(&videos, 1).await;
    videos.leases.complete(&lease, &result()).await.unwrap();
    assert_eq!(outcomes(&images).await, [Some(AttemptOutcome::Succeeded)]);
    assert_eq!(outcomes(&videos).await, [Some(AttemptOutcome::Succeeded)]);
    images.assert_consistent().await;
    videos.assert_consistent().await;
}

/// Both are generated again after they were cancelled before their first attempt.
async fn both_keep_their_history(store: &Arc<dyn Store>) {
    let images = World::<ImageTask>::new(store).await;
    let videos = images.with::<VideoTask>();
    images.account("s", 1).await;
    cancelled(&images).await;
    cancelled(&videos).await;
    let image = claim(&images, 2).await;
    complete(&images, &image).await;
    let video = claim(&videos, 2).await;
    complete(&videos, &video).await;
    let expected = [AttemptOutcome::History, AttemptOutcome::Succeeded].map(Some);
    assert_eq!(outcomes(&images).await, expected);
    assert_eq!(outcomes(&videos).await, expected);
}

async fn cancelled<T: Kind>(world: &World<T>) {
    let task = submit(world).await;
    let edit = Edit::of_version(task.version());
    world.leases.cancel(task.id(), &edit).await.unwrap();
    again(world, 2).await;
}

genledger_testkit::store_cases!(
    both_are_adopted,
    both_are_claimed_retried_and_completed,
    both_keep_their_history
);
