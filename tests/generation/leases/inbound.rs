//! Changes of another system: in any order, repeated, and next to claims.

use std::sync::Arc;

use genledger::contract::{ErrorKind, Query, SessionExt, Store, StoreExt};
use genledger::generation::{
    Claim, Claimed, Edit, GenerationStatus, GenerationTask, ImageTask, Inbound, InboundChange,
    TaskReady, VideoTask,
};
use genledger::outbox::OutboxEvent;
use genledger::uuid::Uuid;
use serde_json::Value;
use tokio::task::JoinSet;

use super::world::{Stage, World, result};
use crate::sample::{Kind, fails, image, settled};

fn change(seq: i64) -> InboundChange {
    InboundChange::new(seq, format!("project {seq}"), format!("work {seq}"))
}

fn applied<T: GenerationTask>(inbound: Inbound<T>) -> T {
    match inbound {
        Inbound::Applied(task) => task,
        Inbound::Stale(task) => panic!("{task:?}"),
    }
}

/// The kinds of the events of a task with their origins, in the order of their numbers.
async fn events<T: Kind>(world: &World<T>, id: T::Id) -> Vec<(String, String)> {
    let query = Query::<OutboxEvent>::default().page_size(1_000);
    let events = world.store.session().page(&query).await.unwrap().items;
    let mut events: Vec<_> = events
        .into_iter()
        .filter(|event| event.aggregate_id == id.to_string())
        .collect();
    events.sort_unstable_by_key(|event| event.seq);
    let kinds = events.into_iter().map(|event| {
        let payload: Value = serde_json::from_str(event.payload.as_str()).unwrap();
        assert_eq!(payload["kind"], event.kind);
        (event.kind, payload["origin"].as_str().unwrap().to_owned())
    });
    kinds.collect()
}

fn pairs(kinds: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = kinds.iter().copied();
    pairs
        .map(|(kind, origin)| (kind.to_owned(), origin.to_owned()))
        .collect()
}

async fn a_newer_change_is_applied_once(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let mut expected = world.submit("a").await;
    let id = expected.id;
    let leases = &world.leases;
    let full = change(5)
        .priority(-4)
        .callback_url("https://a.example/done")
        .attr1("one")
        .attr2("two")
        .attr3("three".repeat(1_000));
    let task = applied(leases.apply_inbound(id, &full).await.unwrap());
    let request = &mut expected.request;
    (request.project_name, request.work_id) = (full.project_name.clone(), full.work_id.clone());
    request.priority = -4;
    request.callback_url.clone_from(&full.callback_url);
    (request.attr1, request.attr2) = (full.attr1.clone(), full.attr2.clone());
    request.attr3.clone_from(&full.attr3);
    expected.state.inbound_seq = 5;
    expected.version = 2;
    expected.stamps.update_time = task.stamps.update_time;
    assert_eq!(task, expected);
    assert_eq!(world.tasks.get(id).await.unwrap(), expected);
    // Repeated, or older.
    for stale in [full.clone(), change(5), change(4), change(1)] {
        let outcome = leases.apply_inbound(id, &stale.deleted(true)).await;
        assert_eq!(outcome.unwrap(), Inbound::Stale(expected.clone()));
    }
    assert_eq!(world.tasks.get(id).await.unwrap(), expected);
    // A newer one has all columns: what it does not have becomes absent.
    let task = applied(leases.apply_inbound(id, &change(6)).await.unwrap());
    assert_eq!((task.version, task.state.inbound_seq), (3, 6));
    assert_eq!(
        (task.request.priority, task.request.callback_url),
        (0, None)
    );
    assert_eq!((task.request.attr1, task.request.attr3), (None, None));
    let kinds = [
        ("created", "local"),
        ("changed", "inbound"),
        ("changed", "inbound"),
    ];
    assert_eq!(events(&world, id).await, pairs(&kinds));
    // It is the submission that it was.
    assert!(
        !world
            .tasks
            .submit(&expected_submission(&expected))
            .await
            .unwrap()
    );
}

/// The task as it was submitted.
fn expected_submission(task: &ImageTask) -> ImageTask {
    let mut submitted = image("a");
    submitted.id = task.id;
    submitted
}

async fn a_wrong_change_is_refused(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let task = world.submit("a").await;
    let long = "x".repeat(256);
    for (wrong, path, rule) in [
        (change(0), "seq", "out_of_range"),
        (change(-1), "seq", "out_of_range"),
        (InboundChange::new(1, "", "w"), "project_name", "required"),
        (InboundChange::new(1, "p", ""), "work_id", "required"),
        (
            InboundChange::new(1, "p".repeat(51), "w"),
            "project_name",
            "too_long",
        ),
        (
            InboundChange::new(1, "p", "w".repeat(51)),
            "work_id",
            "too_long",
        ),
        (
            InboundChange::new(1, "p\0", "w"),
            "project_name",
            "nul_character",
        ),
        (
            change(1).callback_url("ftp://a"),
            "callback_url",
            "not_http",
        ),
        (
            change(1).callback_url("https://u:p@a/"),
            "callback_url",
            "credentials",
        ),
        (change(1).attr1(long.clone()), "attr1", "too_long"),
        (change(1).attr2(long), "attr2", "too_long"),
    ] {
        let error = world
            .leases
            .apply_inbound(task.id, &wrong)
            .await
            .unwrap_err();
        let found = &error.violations()[0];
        assert_eq!(
            (error.kind(), found.path(), found.rule()),
            (ErrorKind::Invalid, path, rule)
        );
    }
    let absent = image("b").id;
    fails(
        world.leases.apply_inbound(absent, &change(1)).await,
        ErrorKind::NotFound,
    );
    assert_eq!(world.tasks.get(task.id).await.unwrap(), task);
}

async fn a_record_that_is_deleted_there_is_deleted_here(store: &Arc<dyn Store>) {
    let world: World<VideoTask> = World::new(store).await;
    let id = world.submit("a").await.id;
    let leases = &world.leases;
    let task = applied(
        leases
            .apply_inbound(id, &change(1).deleted(true))
            .await
            .unwrap(),
    );
    assert!(task.stamps.is_deleted);
    assert_eq!(task.state.generation_status, GenerationStatus::Pending);
    world.account("s", 3).await;
    assert!(world.claim_all().await.is_empty());
    // It is changed and stays deleted.
    let task = applied(
        leases
            .apply_inbound(id, &change(2).deleted(true))
            .await
            .unwrap(),
    );
    assert!(task.stamps.is_deleted && task.request.work_id == "work 2");
    // Its storyboard has another one: it cannot be restored until that is gone.
    let other = world.submit("a").await;
    fails(
        leases.apply_inbound(id, &change(3)).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(world.tasks.get(id).await.unwrap(), task);
    let edit = Edit::of_version(1);
    world.tasks.delete(other.id, &edit).await.unwrap();
    let task = applied(leases.apply_inbound(id, &change(3)).await.unwrap());
    assert!(!task.stamps.is_deleted && task.state.ready == TaskReady::Fresh);
    let kinds = [
        ("created", "local"),
        ("deleted", "inbound"),
        ("changed", "inbound"),
        ("restored", "inbound"),
    ];
    assert_eq!(events(&world, id).await, pairs(&kinds));
    let lease = world.claim_one().await;
    assert_eq!(lease.task_id, id);
    // One that waits for a retry waits no longer when it is restored.
    leases.release(&lease).await.unwrap();
    let deleted = change(4).deleted(true);
    applied(leases.apply_inbound(id, &deleted).await.unwrap());
    assert!(world.claim_all().await.is_empty());
    applied(leases.apply_inbound(id, &change(5)).await.unwrap());
    let lease = world.claim_one().await;
    // One that has ended keeps its result.
    world.bring(&lease, Stage::Completed).await;
    let deleted = change(6).deleted(true);
    let task = applied(leases.apply_inbound(id, &deleted).await.unwrap());
    assert_eq!(task.state.generation_status, GenerationStatus::Completed);
    assert_eq!(task.urls(), &result().urls);
    world.assert_consistent().await;
}

async fn a_task_that_is_worked_on_is_cancelled_and_deleted(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let stages = [
        Stage::Claimed,
        Stage::Sent,
        Stage::Accepted,
        Stage::Unknown,
        Stage::Parked,
    ];
    for (index, stage) in stages.into_iter().enumerate() {
        let lease = world.lease(&format!("b-{index}"), stage).await;
        let before = events(&world, lease.task_id).await.len();
        // An attempt does not keep other columns from being changed.
        let same = world.leases.apply_inbound(lease.task_id, &change(1)).await;
        let task = applied(same.unwrap());
        assert_eq!(task.state.attempt_id, Some(lease.attempt_id));
        let deleted = change(2).deleted(true);
        let inbound = world.leases.apply_inbound(lease.task_id, &deleted).await;
        let task = applied(inbound.unwrap());
        assert!(task.stamps.is_deleted, "{stage:?}");
        assert_eq!(task.state.generation_status, GenerationStatus::Failed);
        assert_eq!(task.state.error_code.as_deref(), Some("lib:cancelled"));
        assert_eq!(
            (task.state.ready, task.state.inbound_seq),
            (TaskReady::No, 2)
        );
        let kinds = [
            ("changed", "inbound"),
            ("status_changed", "local"),
            ("deleted", "inbound"),
        ];
        assert_eq!(events(&world, lease.task_id).await[before..], pairs(&kinds));
        // Its holder has lost the lease, and the slot is taken as long as the provider may work on it.
        fails(
            world.leases.complete(&lease, &result()).await,
            ErrorKind::NotFound,
        );
        let taken = i32::from(stage != Stage::Claimed);
        let usage = world.account_of(lease.account_id).await.usage;
        assert_eq!((usage.image_active, usage.image_count), (taken, 0));
        world.advance(605);
        let swept = world.leases.sweep().await.unwrap();
        assert_eq!(swept.released, usize::try_from(taken).unwrap(), "{stage:?}");
        let usage = world.account_of(lease.account_id).await.usage;
        assert_eq!(usage.image_active, 0);
        // It can be restored, and generated again.
        let restored = world.leases.apply_inbound(lease.task_id, &change(3)).await;
        let task = applied(restored.unwrap());
        assert_eq!(task.state.generation_status, GenerationStatus::Failed);
        world.assert_consistent().await;
    }
}

/// Whatever the order and however often: the newest change wins.
async fn changes_at_the_same_time_end_with_the_newest(store: &Arc<dyn Store>) {
    const CHANGES: i64 = 8;
    let world: World<ImageTask> = World::new(store).await;
    let id = world.submit("a").await.id;
    let mut changes = JoinSet::new();
    for seq in (1..=CHANGES).chain(3..=CHANGES).rev() {
        let world = world.clone();
        changes.spawn(async move {
            let change = change(seq).deleted(seq % 2 == 1);
            settled!(world.leases.apply_inbound(id, &change)).unwrap()
        });
    }
    let outcomes = changes.join_all().await;
    let count = |outcome: &&Inbound<ImageTask>| matches!(outcome, Inbound::Applied(_));
    let applied = outcomes.iter().filter(count).count();
    let task = world.tasks.get(id).await.unwrap();
    assert_eq!(task.state.inbound_seq, CHANGES);
    assert_eq!(task.request.work_id, format!("work {CHANGES}"));
    assert!(!task.stamps.is_deleted);
    assert_eq!(task.version, 1 + i64::try_from(applied).unwrap());
    assert_eq!(events(&world, id).await.len(), 1 + applied);
}

/// Deletions next to claims and results: no attempt stays open without its task.
async fn deletions_and_claims_at_the_same_time(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let id = world.account("s", 4).await.id;
    for round in 0..6 {
        let task = world.submit(&format!("b-{round}")).await.id;
        let mut works = JoinSet::new();
        for worker in 0..3 {
            let world = world.clone();
            works.spawn(async move {
                if worker == 0 {
                    let deleted = change(1).deleted(true);
                    settled!(world.leases.apply_inbound(task, &deleted)).unwrap();
                    return;
                }
                let claim = Claim::new("h", Uuid::now_v7());
                let Claimed::Leased(leased) = settled!(world.leases.claim(&claim)).unwrap() else {
                    return;
                };
                for one in leased {
                    let started = settled!(world.leases.start(&one.lease));
                    let ended = match started {
                        Ok(()) => settled!(world.leases.complete(&one.lease, &result())).map(drop),
                        Err(error) => Err(error),
                    };
                    if let Err(error) = ended {
                        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
                    }
                }
            });
        }
        works.join_all().await;
        let task = world.tasks.get(task).await.unwrap();
        assert!(task.stamps.is_deleted);
        assert!(world.claim_all().await.is_empty());
        world.advance(700);
        world.leases.sweep().await.unwrap();
        assert_eq!(world.account_of(id).await.usage.image_active, 0);
        world.assert_consistent().await;
    }
}

async fn a_change_is_part_of_a_transaction(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Sent).await;
    let before = (world.task(&lease).await, world.attempt(&lease).await);
    let clock = world.store.clock().await.unwrap();
    let tx = world.store.begin().await.unwrap();
    let within = world.leases.within(&tx, clock);
    let deleted = change(2).deleted(true);
    applied(within.apply_inbound(lease.task_id, &deleted).await.unwrap());
    let again = within.apply_inbound(lease.task_id, &deleted).await.unwrap();
    assert!(matches!(again, Inbound::Stale(_)));
    drop(within);
    tx.rollback().await.unwrap();
    let rows = (world.task(&lease).await, world.attempt(&lease).await);
    assert_eq!(rows, before);
    assert_eq!(events(&world, lease.task_id).await.len(), 2);
}

genledger_testkit::store_cases!(
    a_newer_change_is_applied_once,
    a_wrong_change_is_refused,
    a_record_that_is_deleted_there_is_deleted_here,
    a_task_that_is_worked_on_is_cancelled_and_deleted,
    changes_at_the_same_time_end_with_the_newest,
    deletions_and_claims_at_the_same_time,
    a_change_is_part_of_a_transaction,
);
