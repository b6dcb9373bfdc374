//! Tasks that another program has left open become claimable.

use std::sync::Arc;

use genledger::contract::{ErrorKind, SessionExt, Store};
use genledger::generation::{
    AccountType, Claimed, Edit, GenerationAttempt, GenerationResult, GenerationStatus,
    GenerationTaskFilter, ImageTask, Resolution, Site, SubmitState, TaskReady,
    TaskStateColumns as _, VideoTask,
};
use genledger::id::ProviderAccountId;
use genledger::uuid::Uuid;

use super::world::World;
use crate::sample::{Kind, fails};

type Columns<'a> = (GenerationStatus, Option<ProviderAccountId>, Option<&'a str>);

/// Submits a task and makes it one that the library has never had.
async fn foreign<T: Kind>(world: &World<T>, storyboard: &str, columns: Columns<'_>) -> T {
    let task = world.submit(storyboard).await;
    let (status, account, remote) = columns;
    let changes = [
        T::GENERATION_STATUS.set(status),
        T::READY.set(TaskReady::No),
        T::ACCOUNT_TYPE.set(AccountType::Domestic),
        T::JIMENG_ACCOUNTS_ID.set(account),
        T::REMOTE_TASK_ID.set(remote.map(str::to_owned)),
    ];
    let session = world.store.session();
    let any = T::VERSION.eq(task.version());
    assert!(
        session
            .update_if::<T>(&task.id(), any, changes)
            .await
            .unwrap()
    );
    world.tasks.get(task.id()).await.unwrap()
}

async fn attempt<T: Kind>(world: &World<T>, task: &T) -> GenerationAttempt {
    let id = task.state().attempt_id.unwrap();
    world.store.session().get(&id).await.unwrap()
}

async fn each_image_gets_what_its_state_needs(store: &Arc<dyn Store>) {
    Box::pin(each::<ImageTask>(store)).await;
}

async fn each_video_gets_what_its_state_needs(store: &Arc<dyn Store>) {
    Box::pin(each::<VideoTask>(store)).await;
}

#[expect(
    clippy::too_many_lines,
    reason = "a list of rows and what becomes of each"
)]
async fn each<T: Kind>(store: &Arc<dyn Store>) {
    use GenerationStatus::{Pending, Processing, Retrying};
    let world = World::<T>::new(store).await;
    let name = format!("{:?}", T::MEDIUM);
    let account = world.account(&name, 1).await;
    let gone = ProviderAccountId::new(Uuid::nil());
    let on = Some(account.id);
    let pending = foreign(&world, "pending", (Pending, on, None)).await;
    let due = foreign(&world, "due", (Retrying, on, None)).await;
    let sent = foreign(&world, "sent", (Processing, on, Some("r-1"))).await;
    let retried = foreign(&world, "retried", (Retrying, on, Some("r-2"))).await;
    let begun = foreign(&world, "begun", (Pending, on, Some("r-3"))).await;
    let unknown = foreign(&world, "unknown", (Processing, on, None)).await;
    let lost = foreign(&world, "lost", (Retrying, Some(gone), Some("r-4"))).await;
    let own = world.submit("own").await;
    let deleted = foreign(&world, "deleted", (Pending, on, None)).await;
    let edit = Edit::of_version(deleted.version());
    world.tasks.delete(deleted.id(), &edit).await.unwrap();

    let all = GenerationTaskFilter::new();
    for limit in [0, 1_001] {
        fails(
            world.leases.adopt_backlog(&all, limit).await,
            ErrorKind::Invalid,
        );
    }
    let first = world.leases.adopt_backlog(&all, 3).await.unwrap();
    assert!(first.more && first.errors.is_empty(), "{first:?}");
    assert_eq!(first.ready + first.due + first.resumed + first.undecided, 3);
    let rest = world.leases.adopt_backlog(&all, 4).await.unwrap();
    assert_eq!((rest.more, rest.errors.len()), (false, 0), "{rest:?}");
    assert_eq!(
        [
            first.ready + rest.ready,
            first.due + rest.due,
            first.resumed + rest.resumed,
            first.undecided + rest.undecided
        ],
        [1, 1, 3, 2]
    );
    let again = world.leases.adopt_backlog(&all, 1_000).await.unwrap();
    assert_eq!(again, Default::default());

    for (before, status, ready) in [
        (&pending, Pending, TaskReady::Fresh),
        (&due, Retrying, TaskReady::Waits),
        (&sent, Retrying, TaskReady::Resume),
        (&retried, Retrying, TaskReady::Resume),
        (&begun, Retrying, TaskReady::Resume),
        (&unknown, Processing, TaskReady::Undecided),
        (&lost, Processing, TaskReady::Undecided),
        (&own, Pending, TaskReady::Fresh),
        (&deleted, Pending, TaskReady::No),
    ] {
        let task = world.tasks.get(before.id()).await.unwrap();
        let name = &before.request().storyboard_id;
        let found = (task.state().generation_status, task.state().ready);
        assert_eq!(found, (status, ready), "{name}");
        let has_attempt = matches!(ready, TaskReady::Resume | TaskReady::Undecided);
        assert_eq!(task.state().attempt_id.is_some(), has_attempt, "{name}");
        if has_attempt {
            let attempt = attempt(&world, &task).await;
            let on_account = before.id() != lost.id();
            assert_eq!(
                attempt.account_id,
                on_account.then_some(account.id),
                "{name}"
            );
            assert_eq!(attempt.outcome, None);
            assert_eq!(attempt.seq, task.state().lease_seq);
            let state = if ready == TaskReady::Resume {
                SubmitState::Accepted
            } else {
                SubmitState::Unknown
            };
            assert_eq!(attempt.submit_state, state, "{name}");
        }
    }
    // Four attempts take slots of the account, beyond its limit.
    assert_eq!(world.leases.audit_slots().await.unwrap(), []);
    let used = world.account_of(account.id).await;
    assert_eq!(used.candidate(T::MEDIUM).unwrap().active, 4);
    let events = world.events(sent.id()).await;
    assert_eq!(events.last().unwrap().1, "status_changed");
    let events = world.events(unknown.id()).await;
    assert_eq!(events.last().unwrap().1, "submit_unknown");

    // The provider has the three, and no slot is free for others.
    let leased = world.claim(10).await;
    let mut remote: Vec<_> = leased
        .iter()
        .map(|leased| leased.task.state().remote_task_id.clone().unwrap())
        .collect();
    remote.sort_unstable();
    assert_eq!(remote, ["r-1", "r-2", "r-3"]);
    let result = GenerationResult::urls(["https://cdn.example/1.png"]);
    for one in &leased {
        assert_eq!(one.submit_state, SubmitState::Accepted);
        world.leases.complete(&one.lease, &result).await.unwrap();
    }
    let undecided = world.tasks.get(unknown.id()).await.unwrap();
    let edit = Edit::of_version(undecided.version());
    let resolved = world
        .leases
        .resolve(undecided.id(), &edit, &Resolution::NotSent)
        .await;
    assert_eq!(resolved.unwrap().state().generation_status, Retrying);
    assert_eq!(world.leases.audit_slots().await.unwrap(), []);
    let claimed = world.try_claim(10).await;
    let Claimed::Leased(claimed) = claimed else {
        panic!("{claimed:?}")
    };
    assert_eq!(claimed.len(), 1);
}

/// The family is that of the site which was used, if it offers the model.
async fn the_family_is_that_of_the_site(store: &Arc<dyn Store>) {
    let world = World::<ImageTask>::new(store).await;
    for (board, site, family) in [
        ("cn", Some(Site::Cn), AccountType::Domestic),
        ("hk", Some(Site::Hk), AccountType::International),
        ("none", None, AccountType::Domestic),
    ] {
        let columns = (GenerationStatus::Pending, None, None);
        let task = foreign::<ImageTask>(&world, board, columns).await;
        let session = world.store.session();
        let changes = [ImageTask::SITE_USED.set(site)];
        let any = ImageTask::READY.eq(TaskReady::No);
        assert!(
            session
                .update_if::<ImageTask>(&task.id, any, changes)
                .await
                .unwrap()
        );
        let filter = GenerationTaskFilter::new().storyboard_id(board);
        let adopted = world.leases.adopt_backlog(&filter, 10).await.unwrap();
        assert_eq!(adopted.ready, 1);
        let task = world.tasks.get(task.id).await.unwrap();
        assert_eq!(task.state.account_type, family, "{board}");
    }
}

/// Of rounds at the same time each task is adopted by one.
async fn rounds_at_the_same_time_adopt_each_task_once(store: &Arc<dyn Store>) {
    let world = World::<VideoTask>::new(store).await;
    let account = world.account("s", 1).await;
    for number in 0..8 {
        let columns = (GenerationStatus::Processing, Some(account.id), Some("r"));
        foreign::<VideoTask>(&world, &format!("board-{number}"), columns).await;
    }
    let rounds = (0..4).map(|_| {
        let leases = world.leases.clone();
        tokio::spawn(async move {
            let adopted = leases
                .adopt_backlog(&GenerationTaskFilter::new(), 1_000)
                .await;
            adopted.unwrap()
        })
    });
    let rounds: Vec<_> = rounds.collect();
    let mut resumed = 0;
    for round in rounds {
        let round = round.await.unwrap();
        assert_eq!(round.errors, []);
        resumed += round.resumed;
    }
    assert_eq!(resumed, 8);
    assert_eq!(world.account_of(account.id).await.usage.video_active, 8);
    assert_eq!(world.leases.audit_slots().await.unwrap(), []);
}

genledger_testkit::store_cases!(
    each_image_gets_what_its_state_needs,
    each_video_gets_what_its_state_needs,
    rounds_at_the_same_time_adopt_each_task_once,
    the_family_is_that_of_the_site
);
