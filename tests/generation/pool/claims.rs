//! Claims of accounts: which ones, in which order, and why there is none.

use std::sync::Arc;
use std::time::Duration;

use genledger::contract::{ErrorKind, SessionExt, Store, StoreExt};
use genledger::generation::{
    AccountChange, AccountClaim, AccountStatus, AccountType, ChoiceStrategy, Chooser, Claim,
    ClaimedAccounts, Edit, Failure, FailureCode, ImageTask, MediaStatus, Medium,
    NewProviderAccount, ProviderAccount, Shortage, Site, SplitMix64, VideoTask,
};
use genledger::uuid::Uuid;

use super::sample::{Pool, leased, request};
use crate::leases::world;
use crate::sample::{after, ids, ids_at};

async fn a_wrong_claim_is_refused(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    pool.world.account("s", 1).await;
    let ok = request::<ImageTask>;
    let (token, image) = (Uuid::now_v7(), Medium::Image);
    let unknown = Medium::from_code(7);
    for (wrong, path, rule) in [
        (ok().n(0), "n", "out_of_range"),
        (ok().n(1_001), "n", "out_of_range"),
        (
            ok().length(Duration::from_millis(999)),
            "length",
            "out_of_range",
        ),
        (
            ok().length(Duration::from_secs(3_601)),
            "length",
            "out_of_range",
        ),
        (AccountClaim::new("", token, image), "holder", "required"),
        (
            AccountClaim::new("x".repeat(65), token, image),
            "holder",
            "too_long",
        ),
        (
            AccountClaim::new("a\0", token, image),
            "holder",
            "nul_character",
        ),
        (
            AccountClaim::new("h", token, unknown),
            "medium",
            "unrecognized_code",
        ),
        (ok().site(Site::from_code(9)), "site", "unrecognized_code"),
        (
            ok().family(AccountType::from_code(9)),
            "family",
            "unrecognized_code",
        ),
        (
            ok().site(Site::Cn).family(AccountType::International),
            "family",
            "site_mismatch",
        ),
    ] {
        let error = pool.pool.claim(&wrong).await.unwrap_err();
        let found = &error.violations()[0];
        assert_eq!(
            (error.kind(), found.path(), found.rule()),
            (ErrorKind::Invalid, path, rule)
        );
    }
    assert_eq!(pool.lease(1_000).await.len(), 1);
    pool.world.assert_consistent().await;
}

async fn slots_are_those_of_the_tasks(store: &Arc<dyn Store>) {
    let images: Pool<ImageTask> = Pool::new(store).await;
    let videos: Pool<VideoTask> = images.with();
    let id = images.world.account("s", 3).await.id;
    for name in ["a", "b", "c", "d"] {
        images.world.submit(name).await;
    }
    let tasks = images.world.claim(2).await;
    assert_eq!(tasks.len(), 2);
    let bare = images.lease(5).await;
    assert_eq!(bare.len(), 1);
    assert_eq!(
        (bare[0].lease.account_id, bare[0].lease.account_seq),
        (id, 3)
    );
    let full = Shortage {
        full: 1,
        next_available_at: None,
    };
    assert_eq!(images.shortage().await, full);
    assert!(images.world.claim_all().await.is_empty());
    // Videos have slots of their own.
    assert_eq!(videos.lease(5).await.len(), 3);
    // A slot that one releases is taken by the other.
    images.pool.release(&bare[0].lease).await.unwrap();
    assert_eq!(images.world.claim_all().await.len(), 1);
    assert_eq!(images.shortage().await, full);
    images.world.leases.release(&tasks[0].lease).await.unwrap();
    assert_eq!(images.lease(5).await.len(), 1);
    let usage = images.world.account_of(id).await.usage;
    assert_eq!((usage.image_active, usage.video_active), (3, 3));
    assert_eq!((usage.lease_seq, usage.last_used_at), (8, Some(after(100))));
    images.world.assert_consistent().await;
    videos.world.assert_consistent().await;
    assert_eq!(images.world.leases.audit_slots().await.unwrap(), []);
}

/// The account as it was claimed, with its session.
async fn a_lease_has_its_account(store: &Arc<dyn Store>) {
    let pool: Pool<VideoTask> = Pool::new(store).await;
    let new = NewProviderAccount::new("a", "s-1").site_type(Site::Sg);
    let account = pool.world.append(new.into_account(&ids()).unwrap()).await;
    let one = pool.lease(1).await.remove(0);
    assert_eq!(one.account, pool.world.account_of(account.id).await);
    assert_eq!(one.account.session_id.expose(), "s-1");
    let lease = &one.lease;
    assert_eq!((lease.account_id, lease.account_seq), (account.id, 1));
    assert_eq!((lease.medium, lease.site), (Medium::Video, Site::Sg));
    assert_eq!((lease.holder.as_str(), lease.expires_at), ("h", after(160)));
    let attempt = pool.attempt(lease).await;
    assert_eq!((attempt.task_id, attempt.attempt_no), (None, None));
    assert_eq!((attempt.seq, attempt.account_seq), (1, 1));
    assert_eq!((attempt.media, attempt.outcome), (Medium::Video, None));
    assert_eq!(
        (attempt.started_at, attempt.expires_at),
        (Some(after(100)), Some(after(160)))
    );
}

/// The accounts of an example: priority, creation, last use, open attempts, limit.
async fn example(pool: &Pool<ImageTask>) -> Vec<ProviderAccount> {
    let rows = [
        ("a", 5, 1, Some(90), 0, 1),
        ("b", 5, 2, Some(50), 0, 1),
        ("c", 9, 3, Some(99), 1, 1),
        ("d", 0, 4, None, 0, 2),
        ("e", 5, 5, Some(10), 0, 1),
    ];
    let mut accounts = Vec::new();
    for (name, priority, created, used, active, limit) in rows {
        let new = NewProviderAccount::new(name, name)
            .priority(priority)
            .image_limit(limit);
        let mut account = new.into_account(&ids_at(after(created))).unwrap();
        let usage = &mut account.usage;
        usage.last_used_at = used.map(after);
        usage.image_active = active;
        if name == "e" {
            usage.image_generation_status = MediaStatus::RateLimited;
            usage.image_available_at = Some(after(200));
        }
        accounts.push(pool.world.append(account).await);
    }
    accounts
}

async fn accounts_are_chosen_as_the_strategy_says(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    let accounts = example(&pool).await;
    let (lru, seed_order) = (ChoiceStrategy::PriorityLru, ChoiceStrategy::SeedOrder);
    let round_robin = ChoiceStrategy::RoundRobin;
    for (at, n, strategy, expected) in [
        (100, 4, lru.clone(), "b a d d"),
        (100, 4, seed_order.clone(), "b a d d"),
        (100, 4, round_robin.clone(), "d b a d"),
        (200, 2, lru, "e b"),
        (200, 2, seed_order, "e b"),
        (200, 2, round_robin, "d e"),
    ] {
        pool.world.at(at);
        let clock = pool.world.store.clock().await.unwrap();
        let tx = pool.world.store.begin().await.unwrap();
        let claim = request::<ImageTask>().n(n).strategy(strategy.clone());
        let claimed = pool.pool.within(&tx, clock).claim(&claim).await.unwrap();
        let names: Vec<String> = leased(claimed)
            .into_iter()
            .map(|one| one.account.jimeng_account)
            .collect();
        assert_eq!(names.join(" "), expected, "{strategy:?} at {at}");
        tx.rollback().await.unwrap();
    }
    // The same key, the same account, until it is full; as the calculation says.
    pool.world.at(100);
    let candidates: Vec<_> = accounts
        .iter()
        .map(|account| account.candidate(Medium::Image).unwrap())
        .collect();
    for key in ["p1", "p2", "p3", "p4", "p5"] {
        let sticky = ChoiceStrategy::Sticky(key.to_owned());
        let mut chooser = Chooser::new(&candidates, after(100));
        let mut random = SplitMix64::new(0);
        let choose = || chooser.choose(&sticky, &mut random, |_| true);
        let expected: Vec<_> = std::iter::from_fn(choose)
            .map(|choice| accounts[choice.account].id)
            .collect();
        let mut chosen = Vec::new();
        let clock = pool.world.store.clock().await.unwrap();
        let tx = pool.world.store.begin().await.unwrap();
        let within = pool.pool.within(&tx, clock);
        for _ in 0..expected.len() {
            let claim = request::<ImageTask>().strategy(sticky.clone());
            let one = leased(within.claim(&claim).await.unwrap()).remove(0);
            chosen.push(one.lease.account_id);
        }
        drop(within);
        assert_eq!(chosen, expected, "{key}");
        tx.rollback().await.unwrap();
    }
}

async fn sites_and_families_are_kept_apart(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    for (site, limit) in [(Site::Cn, 2), (Site::Hk, 3), (Site::Jp, 4)] {
        let new = NewProviderAccount::new("a", "s").site_type(site);
        let account = new.image_limit(limit).into_account(&ids()).unwrap();
        pool.world.append(account).await;
    }
    let ok = || request::<ImageTask>().n(100);
    for (claim, slots, sites) in [
        (ok().site(Site::Hk), 3, &[Site::Hk][..]),
        (ok().family(AccountType::Domestic), 2, &[Site::Cn]),
        (
            ok().site(Site::Jp).family(AccountType::International),
            4,
            &[Site::Jp],
        ),
    ] {
        let all = leased(pool.claim(&claim).await);
        assert_eq!(all.len(), slots);
        assert!(all.iter().all(|one| sites.contains(&one.lease.site)));
        let mut again = claim;
        again.token = Uuid::now_v7();
        let none = pool.claim(&again).await;
        let full = Shortage {
            full: 1,
            next_available_at: None,
        };
        assert_eq!(none, ClaimedAccounts::NoAccount(full));
        for one in all {
            pool.pool.release(&one.lease).await.unwrap();
        }
    }
    let none = pool.claim(&ok().site(Site::Us)).await;
    assert_eq!(none, ClaimedAccounts::NoAccount(Shortage::default()));
    assert_eq!(pool.lease(100).await.len(), 9);
    assert_eq!(pool.shortage().await.full, 3);
    pool.world.assert_consistent().await;
}

async fn why_there_is_no_account(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    assert_eq!(pool.shortage().await, Shortage::default());
    let account = pool.world.account("s", 1).await;
    let other = pool.world.account("s-2", 1).await;
    let both = pool.lease(2).await;
    assert_eq!(both.len(), 2);
    let lease_of = |id| {
        &both
            .iter()
            .find(|one| one.lease.account_id == id)
            .unwrap()
            .lease
    };
    // One is limited, the other is full.
    let limited = Failure::new(FailureCode::RATE_LIMIT);
    pool.pool
        .fail(lease_of(account.id), &limited)
        .await
        .unwrap();
    let short = pool.shortage().await;
    assert_eq!(short.full, 1);
    assert_eq!(short.next_available_at, Some(after(115)));
    // The quota of the other is exhausted until the reset, which is later.
    let quota = Failure::new(FailureCode::ret(5000));
    pool.pool.fail(lease_of(other.id), &quota).await.unwrap();
    let short = pool.shortage().await;
    assert_eq!((short.full, short.next_available_at), (0, Some(after(115))));
    let edit = Edit::of_version(2);
    let banned = AccountStatus::Banned;
    let accounts = &pool.world.accounts;
    accounts
        .set_status(account.id, &edit, banned)
        .await
        .unwrap();
    let short = pool.shortage().await;
    assert_eq!(short.next_available_at, other.usage.quota_reset_time);
    // A limit of 0 pauses it, and then nothing is to be waited for.
    let pause = AccountChange::new().image_limit(0);
    accounts.change(other.id, &edit, &pause).await.unwrap();
    assert_eq!(pool.shortage().await, Shortage::default());
    let on = AccountChange::new().image_limit(2);
    accounts
        .change(other.id, &Edit::of_version(3), &on)
        .await
        .unwrap();
    // After the reset, which the claim does.
    pool.world.at(86_400);
    assert_eq!(pool.lease(9).await.len(), 2);
    pool.world.assert_consistent().await;
}

async fn a_claim_with_its_token_is_repeated(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    pool.world.account("s", 9).await;
    let claim = request::<ImageTask>().n(3);
    let first = leased(pool.claim(&claim).await);
    assert_eq!(first.len(), 3);
    let numbers = |leased: &[genledger::generation::LeasedAccount]| {
        let mut numbers: Vec<i64> = leased.iter().map(|one| one.lease.account_seq).collect();
        numbers.sort_unstable();
        numbers
    };
    let again = leased(pool.claim(&claim).await);
    assert_eq!(numbers(&again), numbers(&first));
    assert!(again.iter().all(|one| first.contains(one)));
    // Those that are not held any more are left out, and no others are taken instead.
    pool.pool.complete(&first[0].lease).await.unwrap();
    assert_eq!(numbers(&leased(pool.claim(&claim).await)), [2, 3]);
    for one in &first[1..] {
        pool.pool.release(&one.lease).await.unwrap();
    }
    assert_eq!(leased(pool.claim(&claim).await), []);
    // A claim of tasks with the same token is another claim.
    pool.world.submit("a").await;
    let tasks = Claim::new("h", claim.token);
    let task = world::leased(pool.world.leases.claim(&tasks).await.unwrap());
    assert_eq!(task.len(), 1);
    assert_eq!(leased(pool.claim(&claim).await), []);
    let videos = AccountClaim::new("h", claim.token, Medium::Video);
    assert_eq!(leased(pool.claim(&videos).await).len(), 1);
    pool.world.assert_consistent().await;
}

async fn the_end_of_a_cool_down_is_probed_once(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    let id = pool.world.account("s", 5).await.id;
    let limited = Failure::new(FailureCode::RATE_LIMIT);
    pool.pool
        .fail(&pool.lease_one().await, &limited)
        .await
        .unwrap();
    pool.world.at(114);
    assert_eq!(pool.shortage().await.next_available_at, Some(after(115)));
    pool.world.at(115);
    let probe = pool.lease(5).await;
    assert_eq!(probe.len(), 1);
    let probe_until = Some(after(115 + 120));
    assert_eq!(
        pool.attempt(&probe[0].lease).await.probe_until_at,
        probe_until
    );
    pool.world.submit("a").await;
    assert!(pool.world.claim_all().await.is_empty());
    assert_eq!(pool.shortage().await.next_available_at, probe_until);
    // It fails: the next cool-down is longer.
    pool.world.at(120);
    pool.pool.fail(&probe[0].lease, &limited).await.unwrap();
    assert_eq!(pool.shortage().await.next_available_at, Some(after(150)));
    // It ends without a result: again after a while.
    pool.world.at(150);
    let probe = pool.lease_one().await;
    pool.pool.release(&probe).await.unwrap();
    assert_eq!(pool.shortage().await.next_available_at, Some(after(165)));
    // The holder stops: the same.
    pool.world.at(165);
    pool.lease_one().await;
    pool.world.at(230);
    assert_eq!(pool.pool.sweep().await.unwrap().rescued, 1);
    assert_eq!(pool.shortage().await.next_available_at, Some(after(245)));
    // It succeeds: all slots are back.
    pool.world.at(245);
    let probe = pool.lease_one().await;
    pool.pool.complete(&probe).await.unwrap();
    let usage = pool.world.account_of(id).await.usage;
    assert_eq!(usage.image_generation_status, MediaStatus::Available);
    assert_eq!((usage.image_strikes, usage.image_count), (0, 1));
    assert_eq!(pool.lease(9).await.len(), 5);
    pool.world.assert_consistent_slots().await;
}

/// Deleted accounts, and those that are not active, are not leased; an unreadable one does not keep the others waiting.
async fn only_active_accounts_are_leased(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    for (session, status) in [
        ("inactive", AccountStatus::Inactive),
        ("banned", AccountStatus::Banned),
    ] {
        let new = NewProviderAccount::new("a", session).account_status(status);
        pool.world.append(new.into_account(&ids()).unwrap()).await;
    }
    let deleted = pool.world.account("deleted", 1).await;
    let edit = Edit::of_version(1);
    pool.world.accounts.delete(deleted.id, &edit).await.unwrap();
    assert_eq!(pool.shortage().await, Shortage::default());
    let zone = pool.world.account("zone", 1).await;
    let any = ProviderAccount::ID.eq(zone.id);
    let session = pool.world.store.session();
    let change = [
        ProviderAccount::TIME_ZONE.set("Mars/Olympus"),
        ProviderAccount::VERSION.plus(0),
    ];
    assert!(session.update_if(&zone.id, any, change).await.unwrap());
    pool.world.at(86_400);
    pool.world.account("s", 1).await;
    pool.world.at(90_000);
    // Its reset cannot be calculated, so it is not leased from then on.
    assert_eq!(pool.lease(9).await.len(), 1);
    pool.world.assert_consistent_slots().await;
}

genledger_testkit::store_cases!(
    a_wrong_claim_is_refused,
    slots_are_those_of_the_tasks,
    a_lease_has_its_account,
    accounts_are_chosen_as_the_strategy_says,
    sites_and_families_are_kept_apart,
    why_there_is_no_account,
    a_claim_with_its_token_is_repeated,
    the_end_of_a_cool_down_is_probed_once,
    only_active_accounts_are_leased,
);
