//! Operations of many callers in one transaction: each has its own answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use genledger::accounting::{AccountingRecord, Ledger, LedgerGroups, NewCharge, NewTopUp};
use genledger::contract::{Entity, ErrorKind, SessionExt, Store};
use genledger_conformance::Cut;
use genledger_testkit::{TestDatabase, behind_proxy};
use tokio::task::JoinSet;

use super::races::{assert_duplicates, assert_order};
use super::world::{World, original, yuan};
use crate::sample::{cny, key, record};

fn grouped(ledger: Ledger) -> Ledger {
    ledger.with_groups(LedgerGroups::new()).unwrap()
}

async fn world(store: &Arc<dyn Store>) -> World {
    let world = World::new(store).await;
    World {
        ledger: grouped(world.ledger.clone()),
        ..world
    }
}

async fn callers_share_transactions(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    // With the time of the system, since the operations of one transaction have one time.
    let ledger = grouped(Ledger::new(Arc::clone(store)));
    let mut callers = JoinSet::new();
    for caller in 0..64 {
        let ledger = ledger.clone();
        callers.spawn(async move {
            let customer = format!("c-{}", caller % 8);
            for number in 0..3 {
                let request = key(&format!("{caller}-{number}"));
                let top_up = NewTopUp::new(&customer, request, yuan("1"));
                let receipt = ledger.top_up(&top_up).await.unwrap();
                assert!(!receipt.replayed);
            }
        });
    }
    callers.join_all().await;
    let entries = world.entries().await;
    assert_eq!(entries.len(), 64 * 3);
    let times: BTreeSet<_> = entries.iter().map(|entry| entry.created_at).collect();
    assert!(times.len() <= 64, "{} transactions", times.len());
    world.assert_consistent().await;
}

async fn duplicates_in_groups_have_one_effect(store: &Arc<dyn Store>) {
    assert_duplicates(&world(store).await).await;
}

async fn a_hot_account_in_groups_is_ordered(store: &Arc<dyn Store>) {
    assert_order(&world(store).await).await;
}

/// Groups of two processes overtake each other on the same accounts.
async fn groups_of_two_processes_lose_nothing(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let ledgers = [(); 2].map(|()| grouped(world.ledger.clone()));
    let mut callers = JoinSet::new();
    for caller in 0..16 {
        let ledger = ledgers[caller % 2].clone();
        callers.spawn(async move {
            let customer = format!("c-{}", caller / 2 % 4);
            for number in 0..4 {
                let top_up =
                    NewTopUp::new(&customer, key(&format!("{caller}-{number}")), yuan("1"));
                while let Err(error) = ledger.top_up(&top_up).await {
                    assert_eq!(error.kind(), ErrorKind::SerializationFailure, "{error}");
                }
            }
        });
    }
    callers.join_all().await;
    assert_eq!(world.entries().await.len(), 64);
    world.assert_consistent().await;
}

/// A record of another program has the key of one of the requests, whose insert fails the transaction of all.
async fn a_request_that_fails_does_not_concern_the_others(store: &Arc<dyn Store>) {
    let world = world(store).await;
    let mut foreign = record("taken");
    foreign.customer_id = "c-3".to_owned();
    world.store.session().insert(&foreign).await.unwrap();
    for customer in 0..16 {
        let top_up = NewTopUp::new(format!("c-{customer}"), key("t"), yuan("10"));
        world.ledger.top_up(&top_up).await.unwrap();
    }
    let mut callers = JoinSet::new();
    for customer in 0..16 {
        let ledger = world.ledger.clone();
        callers.spawn(async move {
            let amount = if customer == 5 { "11" } else { "4" };
            let customer = format!("c-{customer}");
            let charge = NewCharge::of_amount(&customer, key("taken"), yuan(amount));
            (customer, ledger.charge(&charge).await)
        });
    }
    for (customer, result) in callers.join_all().await {
        match customer.as_str() {
            "c-3" => {
                let error = result.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
                assert_eq!(error.table(), Some(AccountingRecord::TABLE.name));
            }
            "c-5" => assert_eq!(result.unwrap_err().code(), Some("insufficient_funds")),
            _ => assert_eq!(result.unwrap().balance, yuan("6")),
        }
    }
    assert_eq!(world.entries().await.len(), 16 + 15);
}

/// Callers leave at any time: what they asked for is done or not, and a repetition completes it.
async fn callers_that_leave_do_not_concern_the_others(store: &Arc<dyn Store>) {
    let world = world(store).await;
    let mut callers = JoinSet::new();
    for caller in 0..32_u64 {
        let ledger = world.ledger.clone();
        callers.spawn(async move {
            let top_up = NewTopUp::new("c1", key(&format!("k-{caller}")), yuan("1"));
            let call = ledger.top_up(&top_up);
            if caller % 2 == 0 {
                assert!(!call.await.unwrap().replayed);
            } else {
                let _left = tokio::time::timeout(Duration::from_micros(caller * 200), call).await;
            }
        });
    }
    callers.join_all().await;
    for caller in 0..32 {
        let top_up = NewTopUp::new("c1", key(&format!("k-{caller}")), yuan("1"));
        let receipt = world.ledger.top_up(&top_up).await.unwrap();
        assert!(receipt.replayed || caller % 2 == 1);
    }
    assert_eq!(world.entries().await.len(), 32);
    world.assert_consistent().await;
}

async fn a_drained_ledger_answers_what_waits(store: &Arc<dyn Store>) {
    let world = world(store).await;
    let mut callers = JoinSet::new();
    for caller in 0..16 {
        let ledger = world.ledger.clone();
        callers.spawn(async move {
            let top_up = NewTopUp::new("c1", key(&format!("k-{caller}")), yuan("1"));
            ledger.top_up(&top_up).await
        });
    }
    tokio::task::yield_now().await;
    world.ledger.drain(Duration::from_secs(60)).await;
    let mut done = 0;
    for result in callers.join_all().await {
        match result {
            Ok(_) => done += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
        }
    }
    assert_eq!(world.entries().await.len(), done);
    let late = NewTopUp::new("c1", key("late"), yuan("1"));
    let error = world.ledger.top_up(&late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    // What was started before can still be read.
    assert!(world.ledger.balance("c1", cny()).await.is_ok());
}

async fn bounds_are_checked(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let groups = LedgerGroups::new();
    for wrong in [
        groups.most(0),
        groups.most(1_001),
        groups.waiting(0),
        groups.waiting(1_000_001),
    ] {
        let error = world.ledger.clone().with_groups(wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
    let tx = world.store.begin().await.unwrap();
    let error = world.ledger.within(&tx).with_groups(groups).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    tx.rollback().await.unwrap();
}

async fn groups_whose_reply_is_lost_are_written_once(database: TestDatabase) {
    let direct = genledger::connect(&database.url).await.unwrap();
    let world = World::new(&direct).await;
    let (proxy, distant) = behind_proxy(&database.url).await;
    let remote = grouped(Ledger::new(distant.clone()).with_clock(world.clock.clone()));
    for (round, cut) in [Cut::ReplyTo("COMMIT"), Cut::Before("COMMIT")]
        .into_iter()
        .enumerate()
    {
        proxy.arm(cut);
        let mut callers = JoinSet::new();
        for caller in 0..8 {
            let ledger = remote.clone();
            let top_up = NewTopUp::new(
                format!("c{}", caller % 2),
                key(&format!("{round}-{caller}")),
                yuan("1"),
            );
            callers.spawn(async move { (ledger.top_up(&top_up).await.unwrap(), top_up) });
        }
        for (receipt, top_up) in callers.join_all().await {
            let again = world.ledger.top_up(&top_up).await.unwrap();
            assert_eq!(original(again), original(receipt));
        }
        assert!(!proxy.is_armed(), "nothing was cut");
    }
    assert_eq!(world.entries().await.len(), 16);
    world.assert_consistent().await;
    distant.close().await;
    direct.close().await;
}

genledger_testkit::store_cases!(
    callers_share_transactions,
    duplicates_in_groups_have_one_effect,
    a_hot_account_in_groups_is_ordered,
    groups_of_two_processes_lose_nothing,
    a_request_that_fails_does_not_concern_the_others,
    callers_that_leave_do_not_concern_the_others,
    a_drained_ledger_answers_what_waits,
    bounds_are_checked,
);

mod lost_reply {
    use super::groups_whose_reply_is_lost_are_written_once;

    genledger_testkit::database_cases!(
        genledger_testkit::run_behind_proxy; groups_whose_reply_is_lost_are_written_once
    );
}
