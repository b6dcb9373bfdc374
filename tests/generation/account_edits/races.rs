//! Edits of accounts at the same time, next to their uses, and dropped.

use std::sync::Arc;

use genledger::contract::{ErrorKind, Store};
use genledger::generation::{AccountChange, AccountStatus, Edit};
use genledger::uuid::Uuid;
use tokio::task::JoinSet;

use super::{Accounts, edit};
use crate::leases::world::{World, result};
use crate::sample::{dropped, settled};

async fn one_of_several_edits_of_a_version_is_made(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let id = world.account("s", 1).await.id;
    for version in 1..=4 {
        let mut edits = JoinSet::new();
        for process in 0..5 {
            let accounts = world.accounts.clone();
            let edit = Edit::of_version(version).by(format!("process-{process}"));
            edits.spawn(async move {
                let change = AccountChange::new().weight(process);
                settled!(accounts.change(id, &edit, &change))
            });
        }
        let outcomes = edits.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        for error in lost.into_iter().map(Result::unwrap_err) {
            assert_eq!(error.kind(), ErrorKind::VersionConflict, "{error}");
        }
        let won = won.into_iter().next().unwrap().unwrap();
        assert_eq!(won.version, version + 1);
        assert_eq!(world.account_of(id).await, won);
    }
}

/// Tasks are claimed and completed all the time, and edits are made at the same time.
async fn edits_and_uses_do_not_lose_each_other(store: &Arc<dyn Store>) {
    const TASKS: i32 = 12;
    let world: Accounts = World::new(store).await;
    let id = world.account("s", 2).await.id;
    for index in 0..TASKS {
        world.submit(&format!("b-{index}")).await;
    }
    let mut workers = JoinSet::new();
    for _ in 0..2 {
        let world = world.clone();
        workers.spawn(async move {
            while world.account_of(id).await.usage.image_count < TASKS {
                let claim = genledger::generation::Claim::new("h", Uuid::now_v7());
                let Ok(genledger::generation::Claimed::Leased(leased)) =
                    world.leases.claim(&claim).await
                else {
                    continue;
                };
                for one in leased {
                    while world.leases.start(&one.lease).await.is_err() {}
                    while world.leases.complete(&one.lease, &result()).await.is_err() {}
                }
            }
        });
    }
    let mut version = 1;
    while world.account_of(id).await.usage.image_count < TASKS {
        let change = AccountChange::new().weight(i32::try_from(version % 1_000).unwrap());
        match world.accounts.change(id, &edit(version), &change).await {
            Ok(changed) => {
                version += 1;
                assert_eq!(changed.version, version);
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::SerializationFailure, "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    workers.join_all().await;
    let usage = world.account_of(id).await.usage;
    assert_eq!((usage.image_count, usage.image_active), (TASKS, 0));
    assert_eq!(usage.lease_seq, i64::from(TASKS));
    world.assert_consistent().await;
}

/// A dropped edit is made in full or not at all.
async fn a_dropped_edit_is_made_or_not(store: &Arc<dyn Store>) {
    let world: Accounts = World::new(store).await;
    let id = world.account("s", 1).await.id;
    let mut finished = false;
    for polls in 1..60 {
        let before = world.account_of(id).await;
        let status = if before.account_status == AccountStatus::Active {
            AccountStatus::Inactive
        } else {
            AccountStatus::Active
        };
        let edit = edit(before.version);
        let done = dropped(world.accounts.set_status(id, &edit, status), polls).await;
        finished |= done.is_some();
        // The statement that was sent may still be running: an edit of the same row waits for it.
        let again = settled!(world.accounts.set_status(id, &edit, status)).unwrap();
        assert_eq!(
            (again.account_status, again.version),
            (status, before.version + 1)
        );
        let events = i64::try_from(world.events_of_account(id).await).unwrap();
        assert_eq!(events, before.version);
    }
    assert!(finished);
}

genledger_testkit::store_cases!(
    one_of_several_edits_of_a_version_is_made,
    edits_and_uses_do_not_lose_each_other,
    a_dropped_edit_is_made_or_not,
);
