//! What failures of leases without tasks do to an account.

use std::sync::Arc;

use chrono::TimeDelta;
use genledger::contract::{ErrorKind, Store};
use genledger::generation::{
    AccountEffect, AccountStatus, CoolDown, CoolDowns, Edit, ErrorClass, Failure, FailureCode,
    FailurePolicy, ImageTask, MediaStatus, SubmitState, Verdict,
};

use super::sample::Pool;
use crate::sample::{after, fails};

use AccountStatus::{Active, Banned, Inactive};
use MediaStatus::{Available, RateLimited, Unavailable};

async fn a_failure_changes_the_account_by_its_class(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    let cases = [
        (FailureCode::RATE_LIMIT, Active, RateLimited, Available),
        (FailureCode::ret(1019), Active, RateLimited, RateLimited),
        (FailureCode::ret(5000), Active, Unavailable, Available),
        (FailureCode::ret(1015), Inactive, Available, Available),
        (FailureCode::ACCOUNT_BLOCKED, Banned, Available, Available),
        (FailureCode::fail(2038), Active, Available, Available),
        (FailureCode::ret(34_010_100), Active, Available, Available),
        (FailureCode::ret(3018), Active, Available, Available),
        (FailureCode::ret(5001), Active, Available, Available),
        (FailureCode::fail(1017), Active, Available, Available),
        (FailureCode::fail(2039), Active, Available, Available),
        (FailureCode::TRANSPORT, Active, Available, Available),
        (FailureCode::TIMEOUT, Active, Available, Available),
    ];
    for (index, (code, status, image, video)) in cases.into_iter().enumerate() {
        // The one before cannot be leased, or is used longer ago.
        pool.world.at(200 + i64::try_from(index).unwrap());
        let account = pool.world.account(&format!("s-{index}"), 1).await;
        let lease = pool.lease_one().await;
        assert_eq!(lease.account_id, account.id);
        let failure = Failure::new(code.clone()).message("what happened");
        pool.pool.fail(&lease, &failure).await.unwrap();
        let (attempt, after) = pool.rows(&lease).await;
        assert_eq!(after.account_status, status, "{code:?}");
        let usage = &after.usage;
        let media = (usage.image_generation_status, usage.video_generation_status);
        assert_eq!(media, (image, video), "{code:?}");
        assert_eq!((usage.image_active, usage.image_count), (0, 0));
        assert_eq!(attempt.error_code.as_deref(), Some(code.as_str()));
        assert_eq!(attempt.error_message.as_deref(), Some("what happened"));
        let changed = (status, image, video) != (Active, Available, Available);
        assert_eq!(after.version, 1 + i64::from(changed));
        let events = pool.world.events_of_account(account.id).await;
        assert_eq!(events, usize::from(changed));
        if !changed {
            // Out of the way of the next one.
            let edit = Edit::of_version(1);
            let accounts = &pool.world.accounts;
            accounts.delete(account.id, &edit).await.unwrap();
        }
    }
    pool.world.assert_consistent_slots().await;
}

async fn a_requested_wait_and_a_random_number_lengthen_a_cool_down(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    pool.world.account("s", 1).await;
    let lease = pool.lease_one().await;
    let mut failure = Failure::new(FailureCode::RATE_LIMIT).retry_after(TimeDelta::seconds(40));
    failure.random = Some(1 << 63);
    pool.pool.fail(&lease, &failure).await.unwrap();
    let until = after(140) + TimeDelta::milliseconds(1_875);
    assert_eq!(pool.shortage().await.next_available_at, Some(until));
    let wrong = Failure::new(FailureCode::RATE_LIMIT).retry_after(TimeDelta::seconds(-1));
    fails(pool.pool.fail(&lease, &wrong).await, ErrorKind::Invalid);
    let wrong = Failure::new(FailureCode::RATE_LIMIT).message("a\0b");
    fails(pool.pool.fail(&lease, &wrong).await, ErrorKind::Invalid);
}

/// A service for which a code means a ban.
#[derive(Debug)]
struct Strict;

impl FailurePolicy for Strict {
    fn verdict(&self, class: ErrorClass, state: SubmitState) -> Verdict {
        assert_eq!(state, SubmitState::Sent);
        let account = match class {
            ErrorClass::Unknown => AccountEffect::Ban,
            _ => AccountEffect::None,
        };
        Verdict {
            account,
            ..Verdict::standard(class, state)
        }
    }
}

async fn the_rules_are_those_of_the_service(store: &Arc<dyn Store>) {
    let Pool { world, pool } = Pool::<ImageTask>::new(store).await;
    let second = TimeDelta::seconds(1);
    let cool_downs = CoolDowns {
        rate_limit: CoolDown {
            base: second,
            cap: second,
        },
        ..CoolDowns::default()
    };
    let pool = pool
        .with_policy(Arc::new(Strict))
        .with_cool_downs(cool_downs);
    let pool = Pool { world, pool };
    pool.world.account("s", 2).await;
    let [first, second] = &pool.lease(2).await[..] else {
        panic!("two slots");
    };
    let limited = Failure::new(FailureCode::RATE_LIMIT);
    pool.pool.fail(&first.lease, &limited).await.unwrap();
    assert_eq!(pool.shortage().await.next_available_at, Some(after(101)));
    let strange = Failure::new(FailureCode::fail(2039));
    pool.pool.fail(&second.lease, &strange).await.unwrap();
    assert_eq!(pool.account(&first.lease).await.account_status, Banned);
}

async fn failures_from_before_a_recovery_are_outdated(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    let id = pool.world.account("s", 3).await.id;
    let leased = pool.lease(3).await;
    let refused = Failure::new(FailureCode::ret(1015));
    let accounts = &pool.world.accounts;
    pool.pool.fail(&leased[0].lease, &refused).await.unwrap();
    assert_eq!(pool.world.account_of(id).await.account_status, Inactive);
    let session = "new".into();
    let edit = Edit::of_version(2);
    accounts.set_session(id, &edit, &session).await.unwrap();
    let edit = Edit::of_version(3);
    accounts.set_status(id, &edit, Active).await.unwrap();
    pool.pool.fail(&leased[1].lease, &refused).await.unwrap();
    let account = pool.world.account_of(id).await;
    assert_eq!((account.account_status, account.version), (Active, 4));
    // One from after it is.
    pool.pool
        .fail(&pool.lease_one().await, &refused)
        .await
        .unwrap();
    assert_eq!(pool.world.account_of(id).await.account_status, Inactive);
    pool.world.assert_consistent_slots().await;
}

/// A success belongs to the day on which it is reported, and the reset ends what the day before has exhausted.
async fn a_use_ends_on_its_day(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    let id = pool.world.account("s", 2).await.id;
    let leased = pool.lease(2).await;
    pool.pool.complete(&leased[0].lease).await.unwrap();
    assert_eq!(pool.world.account_of(id).await.usage.image_count, 1);
    // The reset is at 16:30 UTC, four and a half hours later.
    pool.world.at(5 * 3_600);
    pool.pool.complete(&leased[1].lease).await.unwrap();
    let usage = pool.world.account_of(id).await.usage;
    assert_eq!((usage.image_count, usage.state_seq), (1, 2));
    assert!(usage.quota_reset_time > Some(after(86_400)));
    let quota = Failure::new(FailureCode::ret(5000));
    let lease = pool.lease_one().await;
    pool.pool.fail(&lease, &quota).await.unwrap();
    let reset = usage.quota_reset_time;
    assert_eq!(pool.shortage().await.next_available_at, reset);
    pool.world.at(86_400 + 5 * 3_600);
    assert_eq!(pool.lease(9).await.len(), 2);
    let usage = pool.world.account_of(id).await.usage;
    assert_eq!((usage.image_count, usage.image_active), (0, 2));
}

genledger_testkit::store_cases!(
    a_failure_changes_the_account_by_its_class,
    a_requested_wait_and_a_random_number_lengthen_a_cool_down,
    the_rules_are_those_of_the_service,
    failures_from_before_a_recovery_are_outdated,
    a_use_ends_on_its_day,
);
