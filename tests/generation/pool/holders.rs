//! The verbs of holders: repeated, refused, in a transaction, dropped.

use std::sync::Arc;
use std::time::Duration;

use genledger::contract::{ErrorKind, Result, Store, StoreExt};
use genledger::generation::{
    AccountLease, AttemptOutcome, Failure, FailureCode, ImageTask, VideoTask,
};
use serde_json::{Value, json};

use super::sample::{Pool, leased, request};
use crate::leases::world::{MINUTE, Stage};
use crate::sample::{after, dropped, fails, settled};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Complete,
    Fail,
    Release,
}

const ENDS: [End; 3] = [End::Complete, End::Fail, End::Release];

fn failure() -> Failure {
    Failure::new(FailureCode::fail(2038)).message("refused")
}

impl End {
    async fn report(self, pool: &Pool<ImageTask>, lease: &AccountLease) -> Result<()> {
        match self {
            Self::Complete => pool.pool.complete(lease).await,
            Self::Fail => pool.pool.fail(lease, &failure()).await,
            Self::Release => pool.pool.release(lease).await,
        }
    }

    const fn outcome(self) -> AttemptOutcome {
        match self {
            Self::Complete => AttemptOutcome::Succeeded,
            Self::Fail => AttemptOutcome::Failed,
            Self::Release => AttemptOutcome::Released,
        }
    }
}

async fn a_lease_ends_once(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    let id = pool.world.account("s", 1).await.id;
    for end in ENDS {
        let before = pool.world.account_of(id).await.usage;
        let lease = pool.lease_one().await;
        pool.world.advance(1);
        end.report(&pool, &lease).await.unwrap();
        let rows = pool.rows(&lease).await;
        let (attempt, account) = &rows;
        assert_eq!(attempt.outcome, Some(end.outcome()));
        assert!(attempt.ended_at.is_some() && attempt.expires_at.is_none());
        let counted = i32::from(end == End::Complete);
        assert_eq!(account.usage.image_count, before.image_count + counted);
        assert_eq!(account.usage.image_active, 0);
        // Again, later.
        pool.world.advance(1);
        end.report(&pool, &lease).await.unwrap();
        assert_eq!(pool.rows(&lease).await, rows);
        // In another way: what is reported is kept, and nothing else happens.
        for other in ENDS.into_iter().filter(|other| *other != end) {
            fails(other.report(&pool, &lease).await, ErrorKind::StaleLease);
        }
        let other = Failure::new(FailureCode::fail(2047));
        fails(pool.pool.fail(&lease, &other).await, ErrorKind::StaleLease);
        fails(
            pool.pool.heartbeat(&lease, MINUTE).await,
            ErrorKind::StaleLease,
        );
        let (mut attempt, account) = pool.rows(&lease).await;
        attempt.evidence = None;
        assert_eq!((attempt, account), rows, "{end:?}");
        // Its slot is free.
        let next = pool.lease_one().await;
        assert_eq!(next.account_seq, lease.account_seq + 1);
        pool.pool.release(&next).await.unwrap();
        pool.world.assert_consistent_slots().await;
    }
}

async fn a_heartbeat_never_shortens_a_lease(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    pool.world.account("s", 1).await;
    let lease = pool.lease_one().await;
    for (length, expires_at) in [(30, 160), (90, 190), (60, 190), (3_600, 3_700)] {
        let longer = pool.pool.heartbeat(&lease, Duration::from_secs(length));
        let mut longer = longer.await.unwrap();
        assert_eq!(longer.expires_at, after(expires_at));
        assert_eq!(
            pool.attempt(&lease).await.expires_at,
            Some(after(expires_at))
        );
        longer.expires_at = lease.expires_at;
        assert_eq!(longer, lease);
    }
    for wrong in [0, 3_601] {
        let refused = pool
            .pool
            .heartbeat(&lease, Duration::from_secs(wrong))
            .await;
        fails(refused, ErrorKind::Invalid);
    }
    // It expires then, and not before.
    pool.world.at(3_704);
    assert_eq!(pool.pool.sweep().await.unwrap().rescued, 0);
    pool.world.at(3_705);
    assert_eq!(pool.pool.sweep().await.unwrap().rescued, 1);
    fails(
        pool.pool.heartbeat(&lease, MINUTE).await,
        ErrorKind::StaleLease,
    );
}

async fn a_lost_lease_changes_nothing_and_its_report_is_kept(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    pool.world.account("s", 1).await;
    let lost = pool.lease_one().await;
    pool.world.at(200);
    // Late, but no sweep has found it: it holds.
    let longer = pool.pool.heartbeat(&lost, MINUTE).await.unwrap();
    assert_eq!(longer.expires_at, after(260));
    pool.world.at(300);
    assert_eq!(pool.pool.sweep().await.unwrap().rescued, 1);
    let held = pool.lease_one().await;
    assert_eq!(held.account_seq, 2);
    let before = pool.account(&lost).await;
    fails(pool.pool.complete(&lost).await, ErrorKind::StaleLease);
    let banned = Failure::new(FailureCode::ACCOUNT_BLOCKED).message("late");
    fails(pool.pool.fail(&lost, &banned).await, ErrorKind::StaleLease);
    fails(pool.pool.release(&lost).await, ErrorKind::StaleLease);
    fails(
        pool.pool.heartbeat(&lost, MINUTE).await,
        ErrorKind::StaleLease,
    );
    let (attempt, account) = pool.rows(&lost).await;
    assert_eq!(account, before);
    assert_eq!(attempt.outcome, Some(AttemptOutcome::LeaseLost));
    let evidence: Value = serde_json::from_str(attempt.evidence.unwrap().as_str()).unwrap();
    let at = after(300).timestamp_millis();
    let code = FailureCode::ACCOUNT_BLOCKED;
    let expected = json!([
        {"verb": "complete", "seq": 1, "at": at},
        {"verb": "fail", "error_code": code.as_str(), "error_message": "late", "seq": 1, "at": at},
    ]);
    assert_eq!(evidence, expected);
    // The new holder has the slot.
    pool.pool.complete(&held).await.unwrap();
    let usage = pool.account(&held).await.usage;
    assert_eq!((usage.image_count, usage.image_active), (1, 0));
}

/// Leases of tasks, of other accounts, and of other media are not found.
async fn another_lease_is_not_found(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    let task = pool.world.lease("a", Stage::Claimed).await;
    let other = pool.world.account("other", 1).await;
    let lease = pool.lease_one().await;
    assert_eq!(lease.account_id, other.id);
    let mut of_task = lease.clone();
    of_task.attempt_id = task.attempt_id;
    of_task.account_id = task.account_id;
    let mut of_account = lease.clone();
    of_account.account_id = task.account_id;
    let mut of_video = lease.clone();
    of_video.medium = genledger::generation::Medium::Video;
    let mut absent = lease.clone();
    absent.attempt_id = genledger::id::GenerationIdGenerator::system().generate();
    for wrong in [&of_task, &of_account, &of_video, &absent] {
        for end in ENDS {
            fails(end.report(&pool, wrong).await, ErrorKind::NotFound);
        }
        fails(
            pool.pool.heartbeat(wrong, MINUTE).await,
            ErrorKind::NotFound,
        );
    }
    // A number that was never given.
    let mut number = lease.clone();
    number.account_seq = 77;
    let error = pool.pool.release(&number).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StaleLease);
    assert_eq!(error.message(), "the lease has number 77, the row number 1");
    pool.world.leases.start(&task).await.unwrap();
    pool.pool.complete(&lease).await.unwrap();
}

async fn verbs_are_part_of_a_transaction(store: &Arc<dyn Store>) {
    let pool: Pool<VideoTask> = Pool::new(store).await;
    let account = pool.world.account("s", 1).await;
    let clock = pool.world.store.clock().await.unwrap();
    let claim = request::<VideoTask>();
    for commits in [false, true] {
        let tx = pool.world.store.begin().await.unwrap();
        let within = pool.pool.within(&tx, clock);
        let lease = leased(within.claim(&claim).await.unwrap()).remove(0).lease;
        let mut absent = lease.clone();
        absent.account_id = genledger::id::GenerationIdGenerator::system().generate();
        // A refused verb does not end the transaction.
        fails(within.complete(&absent).await, ErrorKind::NotFound);
        within.complete(&lease).await.unwrap();
        fails(within.release(&lease).await, ErrorKind::StaleLease);
        drop(within);
        if commits {
            tx.commit().await.unwrap();
        } else {
            tx.rollback().await.unwrap();
            assert_eq!(pool.world.account_of(account.id).await, account);
        }
    }
    let usage = pool.world.account_of(account.id).await.usage;
    assert_eq!((usage.video_count, usage.video_active), (1, 0));
    pool.world.assert_consistent_slots().await;
}

/// A dropped verb took effect or not, and its repetition finds out.
async fn a_dropped_verb_is_repeated(store: &Arc<dyn Store>) {
    let pool: Pool<ImageTask> = Pool::new(store).await;
    let id = pool.world.account("s", 2).await.id;
    let mut finished = [false; 2];
    for polls in 1..50 {
        let claim = request::<ImageTask>();
        finished[0] |= dropped(pool.pool.claim(&claim), polls).await.is_some();
        let claimed = settled!(pool.pool.claim(&claim)).unwrap();
        let lease = leased(claimed).remove(0).lease;
        // The claim that was dropped may be committed only now: its lease is swept.
        finished[1] |= dropped(pool.pool.complete(&lease), polls).await.is_some();
        settled!(pool.pool.complete(&lease)).unwrap();
        for _ in 0..100 {
            if pool.world.account_of(id).await.usage.image_active == 0 {
                break;
            }
            pool.world.advance(100);
            pool.pool.sweep().await.unwrap();
        }
        let usage = pool.world.account_of(id).await.usage;
        assert_eq!(usage.image_active, 0);
        assert_eq!(usage.image_count, i32::try_from(polls).unwrap());
    }
    assert_eq!(finished, [true; 2]);
    pool.world.assert_consistent_slots().await;
}

genledger_testkit::store_cases!(
    a_lease_ends_once,
    a_heartbeat_never_shortens_a_lease,
    a_lost_lease_changes_nothing_and_its_report_is_kept,
    another_lease_is_not_found,
    verbs_are_part_of_a_transaction,
    a_dropped_verb_is_repeated,
);
