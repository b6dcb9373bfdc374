//! Changes of accounts by their users: status, session, settings, deletion.

mod races;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger::Redacted;
use genledger::contract::{Entity, ErrorKind, SessionExt, Store, StoreExt};
use genledger::generation::{
    AccountChange, AccountStatus, Edit, Failure, FailureCode, ImageTask, MediaStatus,
    NewProviderAccount, Site, VideoTask,
};
use genledger::id::ProviderAccountId;
use genledger::uuid::Uuid;

use crate::leases::world::{Stage, World, result};
use crate::sample::{account, after, fails, ids};

type Accounts = World<ImageTask>;

fn edit(version: i64) -> Edit {
    Edit::of_version(version).by("ann")
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn settings_are_changed_by_column(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let mut expected = world.account("s", 1).await;
    let accounts = &world.accounts;
    let changes = [
        AccountChange::new().priority(-3),
        AccountChange::new().weight(0).image_limit(7),
        AccountChange::new().video_limit(0).max_retry_count(100),
        AccountChange::new()
            .time_zone("America/Santiago")
            .priority(9),
    ];
    for change in changes {
        world.advance(1);
        let id = expected.id;
        let by = edit(expected.version);
        let changed = accounts.change(id, &by, &change).await.unwrap();
        expected.priority = change.priority.unwrap_or(expected.priority);
        expected.weight = change.weight.unwrap_or(expected.weight);
        expected.image_limit = change.image_limit.unwrap_or(expected.image_limit);
        expected.video_limit = change.video_limit.unwrap_or(expected.video_limit);
        expected.max_retry_count = change.max_retry_count.unwrap_or(expected.max_retry_count);
        if let Some(zone) = &change.time_zone {
            expected.time_zone.clone_from(zone);
            expected.usage.quota_reset_time = Some(time("2025-06-02T04:30:00Z"));
        }
        expected.version += 1;
        expected.stamps.update_by = Some("ann".to_owned());
        expected.stamps.update_time = changed.stamps.update_time;
        assert_eq!(changed, expected);
        assert_eq!(accounts.get(id).await.unwrap(), expected);
        // Its repetition is recognised; another change of the same version is not made.
        world.advance(1);
        assert_eq!(accounts.change(id, &by, &change).await.unwrap(), expected);
        let other = Edit::of_version(by.version).by("bob");
        fails(
            accounts.change(id, &other, &change).await,
            ErrorKind::VersionConflict,
        );
        let different = AccountChange::new().weight(999);
        fails(
            accounts.change(id, &by, &different).await,
            ErrorKind::VersionConflict,
        );
        assert_eq!(accounts.get(id).await.unwrap(), expected);
    }
    assert_eq!(expected.stamps.update_time, after(107));
    assert_eq!(world.events_of_account(expected.id).await, 0);
}

async fn wrong_edits_are_refused_and_change_nothing(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let (before, accounts) = (world.account("s", 1).await, &world.accounts);
    let new = AccountChange::new;
    for (change, path, rule) in [
        (new(), "change", "required"),
        (new().weight(-1), "weight", "out_of_range"),
        (new().weight(1_001), "weight", "out_of_range"),
        (new().image_limit(1_001), "image_limit", "out_of_range"),
        (new().video_limit(-1), "video_limit", "out_of_range"),
        (
            new().max_retry_count(101),
            "max_retry_count",
            "out_of_range",
        ),
        (new().time_zone("Mars/Olympus"), "time_zone", "unknown_zone"),
        (new().time_zone(""), "time_zone", "unknown_zone"),
    ] {
        // Before anything else is looked at.
        let error = accounts.change(account("x").id, &edit(1), &change).await;
        let error = error.unwrap_err();
        let found = &error.violations()[0];
        assert_eq!(
            (error.kind(), found.path(), found.rule()),
            (ErrorKind::Invalid, path, rule)
        );
    }
    for session in ["", "s ", "s\n", "s\0", &"x".repeat(201)] {
        let session = Redacted::from(session);
        let set = accounts.set_session(before.id, &edit(1), &session).await;
        assert_eq!(set.unwrap_err().violations()[0].path(), "session_id");
    }
    let (id, version) = (before.id, before.version);
    let unknown = AccountStatus::from_code(9);
    let refused = accounts.set_status(id, &edit(version), unknown).await;
    assert_eq!(
        refused.unwrap_err().violations()[0].path(),
        "account_status"
    );
    let long = Edit::of_version(version).by("x".repeat(51));
    let (banned, one) = (AccountStatus::Banned, new().weight(2));
    let session = Redacted::from("other");
    for (edit, kind) in [
        (long, ErrorKind::Invalid),
        (edit(version + 1), ErrorKind::VersionConflict),
        (edit(version - 1), ErrorKind::VersionConflict),
    ] {
        fails(accounts.set_status(id, &edit, banned).await, kind);
        fails(accounts.set_session(id, &edit, &session).await, kind);
        fails(accounts.change(id, &edit, &one).await, kind);
        fails(accounts.delete(id, &edit).await, kind);
    }
    fails(
        accounts.restore(id, &edit(version)).await,
        ErrorKind::NotFound,
    );
    let (absent, edit) = (account("x").id, edit(1));
    fails(
        accounts.set_status(absent, &edit, banned).await,
        ErrorKind::NotFound,
    );
    fails(
        accounts.set_session(absent, &edit, &session).await,
        ErrorKind::NotFound,
    );
    fails(
        accounts.change(absent, &edit, &one).await,
        ErrorKind::NotFound,
    );
    fails(accounts.delete(absent, &edit).await, ErrorKind::NotFound);
    fails(accounts.restore(absent, &edit).await, ErrorKind::NotFound);
    assert_eq!(accounts.get(id).await.unwrap(), before);
}

/// Leases keep the version, and an edit keeps what they have changed.
async fn an_account_in_use_is_edited(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let seen = world.account("s", 3).await;
    for name in ["a", "b", "c"] {
        world.submit(name).await;
    }
    let leased = world.claim(3).await;
    world.bring(&leased[0].lease, Stage::Completed).await;
    let used = world.account_of(seen.id).await;
    assert_eq!((used.version, used.usage.image_active), (1, 2));
    let change = AccountChange::new().image_limit(1);
    let edit = edit(seen.version);
    let changed = world
        .accounts
        .change(seen.id, &edit, &change)
        .await
        .unwrap();
    assert_eq!((changed.version, changed.image_limit), (2, 1));
    assert_eq!(changed.usage, used.usage);
    // It has more attempts than its limit now: they continue, and there are no new ones.
    world.submit("d").await;
    assert!(world.claim_all().await.is_empty());
    for one in &leased[1..] {
        world.bring(&one.lease, Stage::Completed).await;
    }
    assert_eq!(world.claim_all().await.len(), 1);
    assert_eq!(world.account_of(seen.id).await.usage.image_count, 3);
    world.assert_consistent().await;
}

async fn an_active_status_is_a_recovery(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let accounts = &world.accounts;
    let lease = world.lease("a", Stage::Sent).await;
    let id = lease.account_id;
    let (active, inactive) = (AccountStatus::Active, AccountStatus::Inactive);
    let set = accounts.set_status(id, &edit(1), inactive).await.unwrap();
    assert_eq!(
        (set.account_status, set.usage.state_seq, set.version),
        (inactive, 0, 2)
    );
    assert_eq!(world.events_of_account(id).await, 1);
    world.submit("b").await;
    assert!(world.claim_all().await.is_empty());
    let set = accounts.set_status(id, &edit(2), active).await.unwrap();
    assert_eq!((set.account_status, set.usage.state_seq), (active, 1));
    assert_eq!(world.events_of_account(id).await, 2);
    assert_eq!(
        accounts.set_status(id, &edit(2), active).await.unwrap(),
        set
    );
    assert_eq!(world.events_of_account(id).await, 2);
    // The failure of the earlier lease is outdated.
    let refused = Failure::new(FailureCode::ret(1015));
    world.leases.fail(&lease, &refused).await.unwrap();
    let kept = world.account_of(id).await;
    assert_eq!((kept.account_status, kept.version), (active, 3));
    // Active again, without an event: the failures so far are outdated.
    let next = world.claim_one().await;
    world.leases.start(&next).await.unwrap();
    let set = accounts.set_status(id, &edit(3), active).await.unwrap();
    assert_eq!((set.version, set.usage.state_seq), (4, 2));
    assert_eq!(world.events_of_account(id).await, 2);
    world.leases.fail(&next, &refused).await.unwrap();
    assert_eq!(world.account_of(id).await.account_status, active);
    // From any status to any other.
    let mut version = 4;
    for status in [
        AccountStatus::Banned,
        inactive,
        AccountStatus::Banned,
        active,
    ] {
        let set = accounts.set_status(id, &edit(version), status).await;
        let set = set.unwrap();
        version += 1;
        assert_eq!((set.account_status, set.version), (status, version));
    }
    assert_eq!(world.events_of_account(id).await, 6);
    world.assert_consistent().await;
}

async fn an_account_that_is_made_active_is_refreshed(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let accounts = &world.accounts;
    let mut account = account("s");
    let usage = &mut account.usage;
    usage.image_generation_status = MediaStatus::Unavailable;
    usage.image_unavailable_time = Some(after(1));
    (usage.image_count, usage.video_count, usage.video_strikes) = (3, 4, 2);
    account.account_status = AccountStatus::Inactive;
    let account = world.append(account).await;
    let id = account.id;
    // Two days later.
    world.at(2 * 86_400);
    let banned = accounts
        .set_status(id, &edit(1), AccountStatus::Banned)
        .await
        .unwrap();
    assert_eq!(banned.usage, account.usage);
    let active = accounts
        .set_status(id, &edit(2), AccountStatus::Active)
        .await
        .unwrap();
    let usage = &active.usage;
    assert_eq!((usage.image_count, usage.video_count), (0, 0));
    assert_eq!(
        (usage.image_generation_status, usage.image_unavailable_time),
        (MediaStatus::Available, None)
    );
    assert_eq!(usage.quota_reset_time, Some(time("2025-06-03T16:30:00Z")));
    assert_eq!(world.events_of_account(id).await, 2);
}

/// A status that the library has set is not taken for an edit of the version before.
async fn what_the_library_changes_is_not_an_edit(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let accounts = &world.accounts;
    let active = AccountStatus::Active;
    for (name, by) in [("a", None), ("b", Some("ann"))] {
        let lease = world.lease(name, Stage::Sent).await;
        let id = lease.account_id;
        let edit = |version| {
            let edit = Edit::of_version(version);
            by.map_or(edit.clone(), |by| edit.by(by))
        };
        let change = AccountChange::new().weight(7);
        accounts.change(id, &edit(1), &change).await.unwrap();
        // Neither is another edit by the same user.
        fails(
            accounts.set_status(id, &edit(1), active).await,
            ErrorKind::VersionConflict,
        );
        let limited = Failure::new(FailureCode::RATE_LIMIT);
        world.leases.fail(&lease, &limited).await.unwrap();
        let account = world.account_of(id).await;
        assert_eq!((account.version, account.account_status), (3, active));
        assert_eq!(account.stamps.update_by.as_deref(), by);
        fails(
            accounts.set_status(id, &edit(2), active).await,
            ErrorKind::VersionConflict,
        );
        assert_eq!(world.account_of(id).await, account);
        let set = accounts.set_status(id, &edit(3), active).await.unwrap();
        assert_eq!((set.version, set.usage.state_seq), (4, 1));
        assert_eq!(
            accounts.set_status(id, &edit(3), active).await.unwrap(),
            set
        );
    }
}

async fn a_session_is_replaced_and_stays_unique(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let accounts = &world.accounts;
    let lease = world.lease("old", Stage::Sent).await;
    let id = lease.account_id;
    let other = world.account("taken", 1).await;
    let abroad = NewProviderAccount::new("a", "abroad").site_type(Site::Jp);
    world.append(abroad.into_account(&ids()).unwrap()).await;
    let before = world.account_of(id).await;
    let taken = Redacted::from("taken");
    fails(
        accounts.set_session(id, &edit(1), &taken).await,
        ErrorKind::UniqueViolation,
    );
    assert_eq!(world.account_of(id).await, before);
    let set = accounts.set_session(id, &edit(1), &"abroad".into()).await;
    let set = set.unwrap();
    assert_eq!(set.session_id.expose(), "abroad");
    assert_eq!((set.version, set.usage.state_seq), (2, 1));
    assert_eq!(set.usage.image_active, 1);
    let again = accounts.set_session(id, &edit(1), &"abroad".into()).await;
    assert_eq!(again.unwrap(), set);
    // A deleted account has no session.
    accounts.delete(other.id, &edit(1)).await.unwrap();
    let set = accounts.set_session(id, &edit(2), &taken).await.unwrap();
    assert_eq!((set.session_id, set.version), (taken, 3));
    fails(
        accounts.restore(other.id, &edit(2)).await,
        ErrorKind::UniqueViolation,
    );
    // What the old session has met is outdated.
    let refused = Failure::new(FailureCode::ret(1015));
    world.leases.fail(&lease, &refused).await.unwrap();
    let kept = world.account_of(id).await;
    assert_eq!(kept.account_status, AccountStatus::Active);
    assert_eq!(world.events_of_account(id).await, 0);
}

async fn the_next_reset_is_that_of_the_new_zone(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let mut version = 1;
    let mut account = account("s");
    (account.usage.image_count, account.usage.video_count) = (3, 4);
    let account = world.append(account).await;
    let move_to = async |zone: &str, version: i64| {
        let change = AccountChange::new().time_zone(zone);
        let edit = edit(version);
        let moved = world.accounts.change(account.id, &edit, &change).await;
        moved.unwrap().usage
    };
    // It is the first of June, after noon: the reset was at 16:30 UTC.
    for (zone, next) in [
        ("Asia/Tokyo", "2025-06-01T15:30:00Z"),
        ("Pacific/Kiritimati", "2025-06-02T10:30:00Z"),
        ("America/Los_Angeles", "2025-06-02T07:30:00Z"),
        ("Australia/Lord_Howe", "2025-06-01T14:00:00Z"),
    ] {
        let usage = move_to(zone, version).await;
        version += 1;
        assert_eq!(usage.quota_reset_time, Some(time(next)), "{zone}");
        assert_eq!((usage.image_count, usage.video_count), (3, 4));
    }
    // The reset is due: it is done first.
    world.at(3 * 3_600);
    let usage = move_to("Asia/Shanghai", version).await;
    assert_eq!(usage.quota_reset_time, Some(time("2025-06-01T16:30:00Z")));
    assert_eq!((usage.image_count, usage.video_count), (0, 0));
}

async fn an_account_is_deleted_without_attempts_and_restored(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let accounts = &world.accounts;
    let lease = world.lease("s", Stage::Accepted).await;
    let id = lease.account_id;
    let before = world.account_of(id).await;
    fails(
        accounts.delete(id, &edit(1)).await,
        ErrorKind::InvalidTransition,
    );
    assert_eq!(world.account_of(id).await, before);
    world.leases.complete(&lease, &result()).await.unwrap();
    // A video takes a slot as well.
    let videos: World<VideoTask> = world.with();
    videos.submit("v").await;
    let lease = videos.claim_one().await;
    fails(
        accounts.delete(id, &edit(1)).await,
        ErrorKind::InvalidTransition,
    );
    videos.leases.release(&lease).await.unwrap();
    world.submit("b").await;
    for round in 0..3 {
        let version = 1 + 2 * round;
        let deleted = accounts.delete(id, &edit(version)).await.unwrap();
        assert!(deleted.stamps.is_deleted);
        assert_eq!(accounts.delete(id, &edit(version)).await.unwrap(), deleted);
        assert_eq!(accounts.get(id).await.unwrap(), deleted);
        let version = deleted.version;
        fails(
            accounts.delete(id, &edit(version)).await,
            ErrorKind::NotFound,
        );
        let change = AccountChange::new().weight(3);
        fails(
            accounts.change(id, &edit(version), &change).await,
            ErrorKind::NotFound,
        );
        assert!(world.claim_all().await.is_empty());
        let restored = accounts.restore(id, &edit(version)).await.unwrap();
        assert_eq!(
            accounts.restore(id, &edit(version)).await.unwrap(),
            restored
        );
        assert_eq!(restored.version, version + 1);
    }
    assert_eq!(world.claim_all().await.len(), 1);
    assert_eq!(world.events_of_account(id).await, 0);
    world.assert_consistent().await;
}

/// Columns of the table of accounts, without their types.
#[derive(Clone, Debug, Entity)]
#[entity(table = "jimeng_accounts", key(id))]
struct RawAccount {
    /// The id.
    id: Uuid,
    /// The status.
    account_status: i16,
    /// The status of videos.
    video_generation_status: i16,
    /// The time zone.
    #[column(max_chars = 64)]
    time_zone: String,
}

async fn raw(store: &Arc<dyn Store>, id: ProviderAccountId, change: RawChange) {
    let id = id.get();
    let changed = store
        .session()
        .update_if(&id, RawAccount::ID.eq(id), [change])
        .await;
    assert!(changed.unwrap());
}

type RawChange = genledger::contract::query::Change<RawAccount>;

/// A code of a newer version is kept, and keeps neither edits nor tasks of the other media from being stored.
async fn unknown_codes_and_zones_are_kept(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let accounts = &world.accounts;
    let id = world.account("s", 1).await.id;
    raw(store, id, RawAccount::VIDEO_GENERATION_STATUS.set(9)).await;
    let change = AccountChange::new().weight(5);
    let changed = accounts.change(id, &edit(1), &change).await.unwrap();
    assert_eq!(changed.usage.video_generation_status.code(), 9);
    // The reset is due.
    world.at(86_400);
    world.submit("a").await;
    let lease = world.claim_one().await;
    world.bring(&lease, Stage::Completed).await;
    let used = world.account_of(id).await;
    assert_eq!(used.usage.image_count, 1);
    assert_eq!(used.usage.video_generation_status.code(), 9);
    let inactive = AccountStatus::Inactive;
    let set = accounts.set_status(id, &edit(2), inactive).await.unwrap();
    assert_eq!(set.usage.video_generation_status.code(), 9);
    let set = accounts
        .set_status(id, &edit(3), AccountStatus::Active)
        .await;
    assert_eq!(set.unwrap().usage.video_generation_status.code(), 9);

    raw(store, id, RawAccount::ACCOUNT_STATUS.set(7)).await;
    let version = world.account_of(id).await.version;
    for status in [AccountStatus::Active, AccountStatus::Banned] {
        let refused = accounts.set_status(id, &edit(version), status).await;
        fails(refused, ErrorKind::InvalidTransition);
    }
    let change = AccountChange::new().weight(6);
    let changed = accounts.change(id, &edit(version), &change).await.unwrap();
    assert_eq!(changed.account_status.code(), 7);

    // A time zone that is not known is corrected.
    raw(store, id, RawAccount::ACCOUNT_STATUS.set(1)).await;
    raw(store, id, RawAccount::TIME_ZONE.set("Mars/Olympus")).await;
    let version = version + 1;
    let activated = accounts
        .set_status(id, &edit(version), AccountStatus::Active)
        .await;
    fails(activated, ErrorKind::Corrupt);
    let change = AccountChange::new().weight(8);
    accounts.change(id, &edit(version), &change).await.unwrap();
    let change = AccountChange::new().time_zone("Asia/Tokyo");
    let changed = accounts.change(id, &edit(version + 1), &change).await;
    assert_eq!(changed.unwrap().time_zone, "Asia/Tokyo");
    let activated = accounts
        .set_status(id, &edit(version + 2), AccountStatus::Active)
        .await
        .unwrap();
    assert!(activated.usage.quota_reset_time > Some(after(86_400)));
}

async fn edits_are_part_of_a_transaction(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let account = world.account("s", 1).await;
    let taken = world.account("taken", 1).await;
    let (id, clock) = (account.id, world.store.clock().await.unwrap());
    for commits in [false, true] {
        let tx = world.store.begin().await.unwrap();
        let within = world.accounts.within(&tx, clock);
        let banned = within.set_status(id, &edit(1), AccountStatus::Banned).await;
        banned.unwrap();
        // A refused verb does not end the transaction.
        let refused = within.set_session(id, &edit(2), &taken.session_id).await;
        fails(refused, ErrorKind::UniqueViolation);
        within.delete(id, &edit(2)).await.unwrap();
        drop(within);
        if commits {
            tx.commit().await.unwrap();
        } else {
            tx.rollback().await.unwrap();
            assert_eq!(world.account_of(id).await, account);
            assert_eq!(world.events_of_account(id).await, 0);
        }
    }
    let deleted = world.account_of(id).await;
    assert!(deleted.stamps.is_deleted);
    assert_eq!(deleted.account_status, AccountStatus::Banned);
    assert_eq!(world.events_of_account(id).await, 1);
}

genledger_testkit::store_cases!(
    settings_are_changed_by_column,
    wrong_edits_are_refused_and_change_nothing,
    an_account_in_use_is_edited,
    an_active_status_is_a_recovery,
    an_account_that_is_made_active_is_refreshed,
    what_the_library_changes_is_not_an_edit,
    a_session_is_replaced_and_stays_unique,
    the_next_reset_is_that_of_the_new_zone,
    an_account_is_deleted_without_attempts_and_restored,
    unknown_codes_and_zones_are_kept,
    edits_are_part_of_a_transaction,
);
