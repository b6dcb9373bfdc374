//! Claims: which tasks, which accounts, in which order, and why there is none.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use genledger::contract::{ErrorKind, SessionExt, Store};
use genledger::generation::{
    AccountStatus, AccountType, ChoiceStrategy, Claim, Empty, FailureCode, GenerationAttempt,
    GenerationLeases, GenerationStatus, ImageTask, MediaStatus, NewProviderAccount,
    ProviderAccount, Site, StampsColumns, SubmitState, TaskReady, VideoTask,
};
use genledger::generation::{AccountUsageColumns, Failure};
use genledger::uuid::Uuid;

use super::world::{Stage, World, leased, result};
use crate::sample::{Kind, after, fails, ids, request};

fn claim() -> Claim {
    Claim::new("h", Uuid::now_v7())
}

async fn a_wrong_claim_is_refused(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    world.account("s", 1).await;
    world.submit("a").await;
    let long = "x".repeat(65);
    for (wrong, path) in [
        (claim().n(0), "n"),
        (claim().n(1_001), "n"),
        (claim().length(Duration::ZERO), "length"),
        (claim().length(Duration::from_millis(999)), "length"),
        (claim().length(Duration::from_secs(3_601)), "length"),
        (Claim::new("", Uuid::now_v7()), "holder"),
        (Claim::new(long, Uuid::now_v7()), "holder"),
        (Claim::new("a\0", Uuid::now_v7()), "holder"),
    ] {
        let error = world.leases.claim(&wrong).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.violations()[0].path()),
            (ErrorKind::Invalid, path)
        );
    }
    world.assert_consistent().await;
    assert_eq!(world.claim(1_000).await.len(), 1);
}

async fn priority_then_age(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    world.account("s", 9).await;
    let mut expected = Vec::new();
    for (name, priority, age) in [("c", 0, 5), ("a", 7, 0), ("d", 0, 0), ("b", 7, -3)] {
        let mut task = ImageTask::with_request(request(name).priority(priority));
        task.stamps.create_time -= TimeDelta::seconds(age);
        task.stamps.update_time = task.stamps.create_time;
        world.tasks.submit(&task).await.unwrap();
        expected.push((name, task.id));
    }
    expected.sort_unstable();
    let boards = |leased: Vec<genledger::generation::LeasedTask<ImageTask>>| {
        let names = leased.into_iter().map(|one| one.task.request.storyboard_id);
        names.collect::<Vec<_>>()
    };
    assert_eq!(boards(world.claim(3).await), ["a", "b", "c"]);
    assert_eq!(boards(world.claim(3).await), ["d"]);
    world.assert_consistent().await;
}

async fn a_claim_with_its_token_is_repeated(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    world.account("s", 9).await;
    for name in ["a", "b", "c"] {
        world.submit(name).await;
    }
    let claim = claim().n(2);
    let first = leased(world.leases.claim(&claim).await.unwrap());
    let by_id = |mut leased: Vec<genledger::generation::LeasedTask<ImageTask>>| {
        leased.sort_unstable_by_key(|one| one.task.id);
        leased
    };
    let again = leased(world.leases.claim(&claim).await.unwrap());
    assert_eq!(by_id(again), by_id(first.clone()));
    // Those that are not held any more are left out, and no others are taken instead.
    world.leases.release(&first[0].lease).await.unwrap();
    let again = leased(world.leases.claim(&claim).await.unwrap());
    assert_eq!(again, first[1..]);
    world.leases.release(&first[1].lease).await.unwrap();
    assert_eq!(leased(world.leases.claim(&claim).await.unwrap()), []);
    assert_eq!(world.claim(9).await.len(), 3);
    world.assert_consistent().await;
}

async fn why_there_is_no_task(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    assert_eq!(world.empty().await, Empty::NoTask { next_due_at: None });
    world.submit("a").await;
    let none = Empty::NoAccount {
        full: 0,
        next_available_at: None,
    };
    assert_eq!(world.empty().await, none);
    // An account of the other family does not help.
    let abroad = NewProviderAccount::new("a", "abroad").site_type(Site::Jp);
    world.append(abroad.into_account(&ids()).unwrap()).await;
    assert_eq!(world.empty().await, none);
    let account = world.account("s", 1).await;
    let lease = world.claim_one().await;
    assert_eq!(world.empty().await, Empty::NoTask { next_due_at: None });
    world.submit("b").await;
    assert_eq!(
        world.empty().await,
        Empty::NoAccount {
            full: 1,
            next_available_at: None
        }
    );
    // It is limited: after that it is a question of time.
    world.leases.start(&lease).await.unwrap();
    world
        .leases
        .fail(&lease, &Failure::new(FailureCode::RATE_LIMIT))
        .await
        .unwrap();
    let next_available_at = Some(after(115));
    assert_eq!(
        world.empty().await,
        Empty::NoAccount {
            full: 0,
            next_available_at
        }
    );
    // The quota is exhausted until the reset.
    let reset = account.usage.quota_reset_time;
    set(&world, &account, MediaStatus::Unavailable).await;
    assert_eq!(
        world.empty().await,
        Empty::NoAccount {
            full: 0,
            next_available_at: reset
        }
    );
    // Tasks that wait.
    let other = world.account("s-2", 2).await;
    let leased = world.claim(9).await;
    assert_eq!(leased.len(), 2);
    assert!(leased.iter().all(|one| one.lease.account_id == other.id));
    let failure = Failure::new(FailureCode::fail(1017));
    world.leases.start(&leased[0].lease).await.unwrap();
    world.leases.fail(&leased[0].lease, &failure).await.unwrap();
    assert_eq!(
        world.empty().await,
        Empty::NoTask {
            next_due_at: Some(after(103))
        }
    );
    world.at(103);
    assert_eq!(world.claim_one().await.task_id, leased[0].task.id);
    world.assert_consistent().await;
}

async fn set(world: &World<ImageTask>, account: &ProviderAccount, status: MediaStatus) {
    let changes = [
        ProviderAccount::IMAGE_GENERATION_STATUS.set(status),
        ProviderAccount::IMAGE_UNAVAILABLE_TIME.set(after(50)),
    ];
    let session = world.store.session();
    let any = ProviderAccount::ID.eq(account.id);
    assert!(
        session
            .update_if::<ProviderAccount>(&account.id, any, changes)
            .await
            .unwrap()
    );
}

async fn only_accounts_that_can_be_used_are_chosen(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let bad = |session: &str, change: fn(&mut ProviderAccount)| {
        let mut account = NewProviderAccount::new("a", session)
            .into_account(&ids())
            .unwrap();
        account.priority = 99;
        change(&mut account);
        account
    };
    for account in [
        bad("inactive", |account| {
            account.account_status = AccountStatus::Inactive;
        }),
        bad("banned", |account| {
            account.account_status = AccountStatus::Banned;
        }),
        bad("deleted", |account| account.stamps.is_deleted = true),
        bad("paused", |account| account.image_limit = 0),
        bad("exhausted", |account| {
            account.usage.image_generation_status = MediaStatus::Unavailable;
            account.usage.image_unavailable_time = Some(after(10));
        }),
        bad("cooling", |account| {
            account.usage.image_generation_status = MediaStatus::RateLimited;
            account.usage.image_unavailable_time = Some(after(10));
            account.usage.image_available_at = Some(after(101));
        }),
    ] {
        world.store.session().insert(&account).await.unwrap();
    }
    let good = world.account("good", 2).await;
    for name in ["a", "b", "c"] {
        world.submit(name).await;
    }
    let leased = world.claim(9).await;
    assert_eq!(leased.len(), 2);
    assert!(leased.iter().all(|one| one.lease.account_id == good.id));
    world.assert_consistent().await;
}

async fn a_site_and_a_family_are_respected(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let mut of_site = Vec::new();
    for (session, site) in [("cn", Site::Cn), ("jp", Site::Jp), ("us", Site::Us)] {
        let account = NewProviderAccount::new("a", session).site_type(site);
        of_site.push(world.append(account.into_account(&ids()).unwrap()).await.id);
    }
    let abroad = ImageTask::with_request(request("us").want_site(Site::Us).priority(1));
    world.tasks.submit(&abroad).await.unwrap();
    let home = world.submit("cn").await;
    // The family with the better first task comes first; another one if it is asked for.
    let domestic = claim().n(9).family(AccountType::Domestic);
    let leased_home = leased(world.leases.claim(&domestic).await.unwrap());
    assert_eq!(leased_home.len(), 1);
    assert_eq!(
        (leased_home[0].task.id, leased_home[0].lease.account_id),
        (home.id, of_site[0])
    );
    let lease = world.claim_one().await;
    assert_eq!((lease.task_id, lease.account_id), (abroad.id, of_site[2]));
    // If the first family has no account left, the other one is served.
    let more = ImageTask::with_request(request("us-2").want_site(Site::Us).priority(9));
    world.tasks.submit(&more).await.unwrap();
    world.leases.release(&leased_home[0].lease).await.unwrap();
    assert_eq!(world.claim_one().await.task_id, home.id);
    // A model that only other sites offer.
    let new = genledger::generation::NewImageTask::new(request("nano")).model("nanobanana");
    let task = new.into_task(&ids()).unwrap();
    world.tasks.submit(&task).await.unwrap();
    let lease = world.claim_one().await;
    assert_eq!(lease.task_id, task.id);
    assert_eq!(lease.account_id, of_site[1]);
    world.assert_consistent().await;
}

async fn an_account_that_failed_is_avoided(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let first = world.account("s-1", 1).await;
    let task = world.submit("a").await;
    let lease = world.claim_one().await;
    world.leases.start(&lease).await.unwrap();
    let quota = Failure::new(FailureCode::ret(1019));
    let failed = world.leases.fail(&lease, &quota).await.unwrap();
    assert_eq!(failed.state.avoid_account_id, Some(first.id));
    assert_eq!(
        (failed.state.hop_count, failed.state.next_retry_at),
        (1, Some(after(130)))
    );
    let second = world.account("s-2", 1).await;
    world.at(130);
    let lease = world.claim_one().await;
    assert_eq!(
        (lease.task_id, lease.account_id, lease.seq),
        (task.id, second.id, 2)
    );
    let switched = world.task(&lease).await.state;
    assert_eq!((switched.site_switch_count, switched.attempt_count), (1, 2));
    let attempt = world.attempt(&lease).await;
    assert_eq!((attempt.attempt_no, attempt.seq), (Some(2), 2));
    world.assert_consistent().await;
}

async fn accounts_are_chosen_by_the_strategy(store: &Arc<dyn Store>) {
    for (strategy, expected) in [
        (ChoiceStrategy::PriorityLru, "high"),
        (ChoiceStrategy::RoundRobin, "never"),
        (ChoiceStrategy::SeedOrder, "high"),
    ] {
        let world: World<ImageTask> = World::new(store).await;
        let suffix = format!("{strategy:?}");
        let mut names = std::collections::HashMap::new();
        for (name, priority, used) in [
            ("low", 1, Some(after(1))),
            ("high", 9, Some(after(9))),
            ("never", 1, None),
        ] {
            let new = NewProviderAccount::new("a", format!("{name}-{suffix}"));
            let mut account = new.into_account(&ids()).unwrap();
            (account.priority, account.usage.last_used_at) = (priority, used);
            names.insert(world.append(account).await.id, name);
        }
        world.submit(&suffix).await;
        let claim = claim().strategy(strategy);
        let lease = leased(world.leases.claim(&claim).await.unwrap())
            .remove(0)
            .lease;
        assert_eq!(names[&lease.account_id], expected, "{suffix}");
        world.bring(&lease, Stage::Completed).await;
        for id in names.into_keys() {
            let any = ProviderAccount::ID.eq(id);
            let gone = [ProviderAccount::IS_DELETED.set(true)];
            let session = world.store.session();
            session
                .update_if::<ProviderAccount>(&id, any, gone)
                .await
                .unwrap();
        }
    }
}

async fn the_end_of_a_cool_down_is_probed_by_one_task(store: &Arc<dyn Store>) {
    let world: World<VideoTask> = World::new(store).await;
    let account = world.account("s", 5).await;
    for name in ["a", "b", "c"] {
        world.submit(name).await;
    }
    let lease = world.claim_one().await;
    world.leases.start(&lease).await.unwrap();
    world
        .leases
        .fail(&lease, &Failure::new(FailureCode::RATE_LIMIT))
        .await
        .unwrap();
    let limited = world.account_of(account.id).await;
    assert_eq!(
        limited.usage.video_generation_status,
        MediaStatus::RateLimited
    );
    assert_eq!(
        (limited.usage.video_available_at, limited.version),
        (Some(after(115)), 2)
    );
    assert_eq!(world.events_of_account(account.id).await, 1);
    world.at(114);
    let next_available_at = Some(after(115));
    assert_eq!(
        world.empty().await,
        Empty::NoAccount {
            full: 0,
            next_available_at
        }
    );
    world.at(115);
    let claimed = world.claim(9).await;
    assert_eq!(claimed.len(), 1);
    let probe = &claimed[0].lease;
    assert_eq!(world.attempt(probe).await.probe_until_at, Some(after(235)));
    let next_available_at = Some(after(235));
    assert_eq!(
        world.empty().await,
        Empty::NoAccount {
            full: 0,
            next_available_at
        }
    );
    world.at(120);
    world.bring(probe, Stage::Completed).await;
    let free = world.account_of(account.id).await;
    assert_eq!(free.usage.video_generation_status, MediaStatus::Available);
    assert_eq!(
        (free.usage.video_available_at, free.usage.video_strikes),
        (None, 0)
    );
    assert_eq!((free.usage.state_seq, free.version), (2, 3));
    assert_eq!(world.events_of_account(account.id).await, 2);
    assert_eq!(world.claim(9).await.len(), 2);
    world.assert_consistent().await;
}

async fn the_daily_reset_precedes_a_claim(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let account = world.account("s", 1).await;
    world.submit("a").await;
    let lease = world.claim_one().await;
    world.bring(&lease, Stage::Completed).await;
    world.submit("b").await;
    let lease = world.claim_one().await;
    world.leases.start(&lease).await.unwrap();
    world
        .leases
        .fail(&lease, &Failure::new(FailureCode::ret(1006)))
        .await
        .unwrap();
    let exhausted = world.account_of(account.id).await.usage;
    assert_eq!(exhausted.image_generation_status, MediaStatus::Unavailable);
    assert_eq!(exhausted.image_count, 1);
    // Half past midnight in Shanghai.
    let reset = account.usage.quota_reset_time.unwrap();
    let seconds = (reset - after(0)).num_seconds();
    world.at(seconds);
    let next_available_at = Some(reset);
    assert_eq!(
        world.empty().await,
        Empty::NoAccount {
            full: 0,
            next_available_at
        }
    );
    world.at(seconds + 1);
    let lease = world.claim_one().await;
    let back = world.account_of(account.id).await.usage;
    assert_eq!(
        (back.image_generation_status, back.image_count),
        (MediaStatus::Available, 0)
    );
    assert_eq!(back.quota_reset_time, Some(reset + TimeDelta::days(1)));
    // A success belongs to the day of its commit.
    world.advance(24 * 3_600);
    world.bring(&lease, Stage::Completed).await;
    let next = world.account_of(account.id).await.usage;
    assert_eq!(
        (next.image_count, next.quota_reset_time),
        (1, Some(reset + TimeDelta::days(2)))
    );
    world.assert_consistent().await;
}

async fn a_parked_task_is_resumed_on_its_account(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let lease = world.lease("a", Stage::Accepted).await;
    world.account("other", 5).await;
    world.submit("b").await;
    let parked = world
        .leases
        .fail(&lease, &Failure::new(FailureCode::TIMEOUT))
        .await
        .unwrap();
    assert_eq!(parked.state.generation_status, GenerationStatus::Retrying);
    assert_eq!(
        (parked.state.ready, parked.state.next_retry_at),
        (TaskReady::WaitsToResume, Some(after(130)))
    );
    world.at(130);
    // It comes before a new one.
    let claim = Claim::new("h-2", Uuid::now_v7()).n(1);
    let resumed = leased(world.leases.claim(&claim).await.unwrap()).remove(0);
    assert_eq!(
        (resumed.lease.task_id, resumed.lease.attempt_id),
        (lease.task_id, lease.attempt_id)
    );
    assert_eq!(
        (resumed.lease.account_id, resumed.lease.account_seq),
        (lease.account_id, lease.account_seq)
    );
    assert_eq!(
        (resumed.lease.seq, resumed.submit_state),
        (3, SubmitState::Accepted)
    );
    assert_eq!(resumed.lease.expires_at, after(190));
    let attempt: GenerationAttempt = world.attempt(&lease).await;
    assert_eq!((attempt.holder.as_str(), attempt.seq), ("h-2", 3));
    assert_eq!(resumed.task.state.remote_task_id.as_deref(), Some("r-1"));
    assert_eq!(
        leased(world.leases.claim(&claim).await.unwrap()),
        std::slice::from_ref(&resumed)
    );
    fails(
        world.leases.complete(&lease, &result()).await,
        ErrorKind::StaleLease,
    );
    world.at(150);
    let done = world
        .leases
        .complete(&resumed.lease, &result())
        .await
        .unwrap();
    assert_eq!(done.state.generation_time, Some(50));
    assert_eq!((done.state.attempt_count, done.state.error_code), (1, None));
    world.assert_consistent().await;
}

async fn a_task_that_no_account_fits_does_not_keep_others_waiting(store: &Arc<dyn Store>) {
    let world: World<ImageTask> = World::new(store).await;
    let account = NewProviderAccount::new("a", "hk").site_type(Site::Hk);
    world.append(account.into_account(&ids()).unwrap()).await;
    for index in 0..5 {
        let wants = request(&format!("us-{index}"))
            .want_site(Site::Us)
            .priority(9);
        world
            .tasks
            .submit(&ImageTask::with_request(wants))
            .await
            .unwrap();
    }
    let wants = request("hk").want_site(Site::Hk);
    let task = ImageTask::with_request(wants);
    world.tasks.submit(&task).await.unwrap();
    assert_eq!(world.claim_one().await.task_id, task.id);
    // The account is full, but it does not fit the others.
    let none = Empty::NoAccount {
        full: 0,
        next_available_at: None,
    };
    assert_eq!(world.empty().await, none);
}

/// The settings are those of the clone they were given to.
async fn a_service_has_its_own_rules(store: &Arc<dyn Store>) {
    use genledger::generation::{CoolDown, CoolDowns, ErrorClass, FailurePolicy};
    #[derive(Debug)]
    struct Ours;
    impl FailurePolicy for Ours {
        fn class(&self, code: &FailureCode) -> ErrorClass {
            match code.as_str() {
                "ret:77" => ErrorClass::RateLimit,
                _ => code.class(),
            }
        }
    }
    let world: World<ImageTask> = World::new(store).await;
    let base = TimeDelta::seconds(200);
    let rate_limit = CoolDown { base, cap: base };
    let cool_downs = CoolDowns {
        rate_limit,
        ..CoolDowns::default()
    };
    let leases: GenerationLeases<ImageTask> = world
        .leases
        .clone()
        .with_policy(Arc::new(Ours))
        .with_cool_downs(cool_downs);
    let lease = world.lease("a", Stage::Sent).await;
    leases
        .fail(&lease, &Failure::new(FailureCode::ret(77)))
        .await
        .unwrap();
    let usage = world.account_of(lease.account_id).await.usage;
    assert_eq!(usage.image_available_at, Some(after(300)));
    assert_eq!(world.task(&lease).await.state.ready, TaskReady::Waits);
}

genledger_testkit::store_cases!(
    a_wrong_claim_is_refused,
    priority_then_age,
    a_claim_with_its_token_is_repeated,
    why_there_is_no_task,
    only_accounts_that_can_be_used_are_chosen,
    a_site_and_a_family_are_respected,
    an_account_that_failed_is_avoided,
    accounts_are_chosen_by_the_strategy,
    the_end_of_a_cool_down_is_probed_by_one_task,
    the_daily_reset_precedes_a_claim,
    a_parked_task_is_resumed_on_its_account,
    a_task_that_no_account_fits_does_not_keep_others_waiting,
    a_service_has_its_own_rules,
);
