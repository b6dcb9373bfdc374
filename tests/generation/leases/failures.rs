//! What failures do to tasks and accounts, by their class and the submit state.

use std::sync::Arc;

use genledger::contract::{SessionExt, Store};
use genledger::generation::{
    AccountStatus, AttemptOutcome, Failure, FailureCode, GenerationStatus, ImageTask, MediaStatus,
    ProviderAccount, StampsColumns, SubmitState, TaskReady, TaskStateColumns, VideoTask,
};

use super::world::{Stage, World};
use crate::sample::after;

/// The task after a failure: its status, what is to be done with it, the wait in seconds, retries and hops.
type Row = (GenerationStatus, TaskReady, Option<i64>, i32, i32);

async fn each_class_decides_about_the_task(store: &Arc<dyn Store>) {
    use GenerationStatus::{Failed, Processing, Retrying};
    let world: World<ImageTask> = World::new(store).await;
    let last: Row = (Failed, TaskReady::No, None, 0, 0);
    let retry: Row = (Retrying, TaskReady::Waits, Some(3), 1, 0);
    let hop = |wait| -> Row { (Retrying, TaskReady::Waits, Some(wait), 0, 1) };
    let unknown: Row = (Processing, TaskReady::Undecided, None, 0, 0);
    let park: Row = (Retrying, TaskReady::WaitsToResume, Some(30), 0, 0);
    let table = [
        (FailureCode::fail(2038), [last, last, last]),
        (FailureCode::ret(34_010_100), [last, last, last]),
        (FailureCode::ret(3018), [last, last, park]),
        (FailureCode::fail(2039), [last, last, last]),
        (FailureCode::fail(1017), [retry, retry, retry]),
        (FailureCode::ret(5001), [retry, retry, park]),
        (FailureCode::TRANSPORT, [retry, unknown, park]),
        (FailureCode::TIMEOUT, [retry, unknown, park]),
        (FailureCode::RATE_LIMIT, [hop(0), hop(0), park]),
        (FailureCode::ret(1019), [hop(30), hop(30), park]),
        (FailureCode::ret(1006), [hop(0), hop(0), hop(0)]),
        (FailureCode::ret(1015), [hop(0), hop(0), park]),
        (FailureCode::ACCOUNT_BLOCKED, [hop(0), hop(0), hop(0)]),
    ];
    for (code, rows) in table {
        for (stage, row) in [Stage::Claimed, Stage::Sent, Stage::Accepted]
            .into_iter()
            .zip(rows)
        {
            let lease = world.lease(&format!("{code} {stage:?}"), stage).await;
            let failure = Failure::new(code.clone()).message("why");
            let task = world.leases.fail(&lease, &failure).await.unwrap();
            let state = &task.state;
            let wait = state
                .next_retry_at
                .map(|at| (at - after(100)).num_seconds());
            let found = (
                state.generation_status,
                state.ready,
                wait,
                state.retry_count,
                state.hop_count,
            );
            assert_eq!(found, row, "{code} {stage:?}");
            assert_eq!(state.error_code.as_deref(), Some(code.as_str()));
            assert_eq!(state.error_message.as_deref(), Some("why"));
            let is_hop = row.4 == 1;
            assert_eq!(state.avoid_account_id, is_hop.then_some(lease.account_id));
            assert_eq!(state.finished_at, (row.0 == Failed).then_some(after(100)));
            let attempt = world.attempt(&lease).await;
            let is_open = row == unknown || row == park;
            let outcome = (!is_open).then_some(AttemptOutcome::Failed);
            assert_eq!(
                (attempt.outcome, attempt.expires_at),
                (outcome, None),
                "{code} {stage:?}"
            );
            assert_eq!(attempt.ended_at.is_none(), is_open);
            assert_eq!(attempt.seq, if is_open { 2 } else { 1 });
            assert_eq!(attempt.error_code.as_deref(), Some(code.as_str()));
            if row == unknown {
                assert_eq!(attempt.submit_state, SubmitState::Unknown);
            }
            let kinds: Vec<_> = world
                .events(task.id)
                .await
                .into_iter()
                .map(|(_, kind)| kind)
                .collect();
            let last = if row == unknown {
                "submit_unknown"
            } else {
                "status_changed"
            };
            assert_eq!(kinds, ["status_changed", last]);
            // It is not claimed by the next case.
            let any = ImageTask::ID.eq(task.id);
            let never = [ImageTask::NEXT_RETRY_AT.set(after(1_000_000))];
            world
                .store
                .session()
                .update_if::<ImageTask>(&task.id, any, never)
                .await
                .unwrap();
        }
    }
    world.assert_consistent().await;
}

async fn each_class_decides_about_the_account(store: &Arc<dyn Store>) {
    use MediaStatus::{Available, RateLimited, Unavailable};
    let world: World<VideoTask> = World::new(store).await;
    let active = AccountStatus::Active;
    for (code, status, video, image, until) in [
        (FailureCode::fail(2038), active, Available, Available, None),
        (FailureCode::ret(5001), active, Available, Available, None),
        (
            FailureCode::RATE_LIMIT,
            active,
            RateLimited,
            Available,
            Some(115),
        ),
        (
            FailureCode::ret(1019),
            active,
            RateLimited,
            RateLimited,
            Some(700),
        ),
        (FailureCode::ret(1006), active, Unavailable, Available, None),
        (
            FailureCode::ret(1015),
            AccountStatus::Inactive,
            Available,
            Available,
            None,
        ),
        (
            FailureCode::ACCOUNT_BLOCKED,
            AccountStatus::Banned,
            Available,
            Available,
            None,
        ),
    ] {
        for stage in [Stage::Sent, Stage::Accepted] {
            let lease = world.lease(&format!("{code} {stage:?}"), stage).await;
            let before = world.account_of(lease.account_id).await;
            world
                .leases
                .fail(&lease, &Failure::new(code.clone()))
                .await
                .unwrap();
            let account = world.account_of(lease.account_id).await;
            let usage = &account.usage;
            let media = (usage.video_generation_status, usage.image_generation_status);
            assert_eq!(
                (account.account_status, media),
                (status, (video, image)),
                "{code} {stage:?}"
            );
            assert_eq!(
                usage.video_available_at,
                until.map(after),
                "{code} {stage:?}"
            );
            assert_eq!(usage.video_count, before.usage.video_count);
            let is_changed = (status, video) != (active, Available);
            assert_eq!(account.version, before.version + i64::from(is_changed));
            let since = (video != Available).then_some(after(100));
            assert_eq!(usage.video_unavailable_time, since);
            let any = ProviderAccount::ID.eq(account.id);
            let gone = [ProviderAccount::IS_DELETED.set(true)];
            world
                .store
                .session()
                .update_if::<ProviderAccount>(&account.id, any, gone)
                .await
                .unwrap();
        }
    }
}

async fn retries_and_hops_end(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    world.account("s", 3).await;
    let task = world.submit("a").await;
    // Four retries, as the account allows.
    let mut waits = Vec::new();
    let mut now = 100;
    loop {
        let lease = world.claim_one().await;
        world.leases.start(&lease).await.unwrap();
        let failed = world
            .leases
            .fail(&lease, &Failure::new(FailureCode::fail(1017)))
            .await
            .unwrap();
        if failed.state.generation_status == GenerationStatus::Failed {
            assert_eq!(
                (failed.state.retry_count, failed.state.attempt_count),
                (4, 5)
            );
            break;
        }
        let wait = (failed.state.next_retry_at.unwrap() - after(now)).num_seconds();
        waits.push(wait);
        now += wait;
        world.at(now);
    }
    assert_eq!(waits, [3, 5, 10, 15]);
    assert_eq!(
        world.tasks.get(task.id).await.unwrap().state.finished_at,
        Some(after(now))
    );

    // Twenty changes of the account; the hour that the provider asks for at most is respected.
    let task = world.submit("b").await;
    let set = [ImageTask::HOP_COUNT.set(19)];
    let any = ImageTask::ID.eq(task.id);
    world
        .store
        .session()
        .update_if::<ImageTask>(&task.id, any, set)
        .await
        .unwrap();
    let lease = world.claim_one().await;
    let failure = Failure::new(FailureCode::ret(1006)).retry_after(chrono::TimeDelta::hours(2));
    let hopped = world.leases.fail(&lease, &failure).await.unwrap();
    assert_eq!(
        (hopped.state.hop_count, hopped.state.next_retry_at),
        (20, Some(after(now + 3_600)))
    );
    world.at(now + 3_600);
    world.account("s-2", 1).await;
    let lease = world.claim_one().await;
    let failed = world.leases.fail(&lease, &failure).await.unwrap();
    assert_eq!(failed.state.generation_status, GenerationStatus::Failed);
    world.assert_consistent().await;
}

async fn cool_downs_become_longer(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let account = world.account("s", 1).await;
    for (name, at, until, strikes) in [("a", 100, 115, 1), ("b", 115, 145, 2), ("c", 145, 205, 3)] {
        world.at(at);
        world.submit(name).await;
        let lease = world.claim(1).await.remove(0).lease;
        world.leases.start(&lease).await.unwrap();
        world
            .leases
            .fail(&lease, &Failure::new(FailureCode::RATE_LIMIT))
            .await
            .unwrap();
        let usage = world.account_of(account.id).await.usage;
        assert_eq!(
            (usage.image_available_at, usage.image_strikes),
            (Some(after(until)), strikes)
        );
    }
    // A probe without a result is repeated soon.
    world.at(205);
    let lease = world.claim_one().await;
    world.at(210);
    world.leases.release(&lease).await.unwrap();
    let usage = world.account_of(account.id).await.usage;
    assert_eq!(
        (usage.image_available_at, usage.image_strikes),
        (Some(after(225)), 3)
    );
    // Old news: a lease from before a recovery changes nothing.
    world.at(225);
    let lease = world.claim_one().await;
    let recovered = {
        use genledger::generation::AccountUsageColumns;
        let any = ProviderAccount::ID.eq(account.id);
        let changes = [
            ProviderAccount::STATE_SEQ.set(lease.account_seq),
            ProviderAccount::IMAGE_GENERATION_STATUS.set(MediaStatus::Available),
        ];
        world
            .store
            .session()
            .update_if::<ProviderAccount>(&account.id, any, changes)
            .await
            .unwrap()
    };
    assert!(recovered);
    world
        .leases
        .fail(&lease, &Failure::new(FailureCode::ret(1015)))
        .await
        .unwrap();
    assert_eq!(
        world.account_of(account.id).await.account_status,
        AccountStatus::Active
    );
}

async fn a_task_is_not_polled_for_ever(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Accepted).await;
    world.at(100 + 3_600);
    let failed = world
        .leases
        .fail(&lease, &Failure::new(FailureCode::TIMEOUT))
        .await
        .unwrap();
    assert_eq!(failed.state.generation_status, GenerationStatus::Failed);
    assert_eq!(failed.state.error_code.as_deref(), Some("lib:poll_timeout"));
    let attempt = world.attempt(&lease).await;
    assert_eq!(attempt.outcome, Some(AttemptOutcome::LeaseLost));
    assert_eq!(attempt.error_code.as_deref(), Some("lib:timeout"));
    // A video may take a day.
    let videos: World<VideoTask> = World::new(store).await;
    let lease = videos.lease("v", Stage::Accepted).await;
    videos.at(100 + 24 * 3_600 - 1);
    let parked = videos.leases.release(&lease).await.unwrap();
    assert_eq!(parked.state.ready, TaskReady::Resume);
    videos.assert_consistent().await;
    world.assert_consistent().await;
}

genledger_testkit::store_cases!(
    each_class_decides_about_the_task,
    each_class_decides_about_the_account,
    retries_and_hops_end,
    cool_downs_become_longer,
    a_task_is_not_polled_for_ever,
);
