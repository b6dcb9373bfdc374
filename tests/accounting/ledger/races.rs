//! Operations of several callers at the same time: one effect of each key, numbers without gaps, sums that are right.

use std::sync::Arc;
use std::time::Duration;

use genledger::accounting::{
    IdempotencyKey, Money, NewAuthorization, NewCharge, NewRefund, NewReversal, NewSettlement,
    NewTopUp, NewVoid, Receipt, Refusal,
};
use genledger::contract::{Result, Store};
use tokio::task::JoinSet;

use super::world::{World, minute, original, points, yuan};
use crate::sample::{cny, key};

const CALLERS: usize = 32;

/// The receipts of 32 calls at the same time, all of one operation.
async fn duplicates<F, Fut>(call: F) -> Receipt
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Receipt>> + Send + 'static,
{
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(call());
    }
    let receipt = |result: Result<Receipt>| match result {
        Ok(receipt) => receipt,
        Err(error) => Refusal::of(&error)
            .unwrap_or_else(|| panic!("{error}"))
            .receipt
            .clone(),
    };
    let receipts: Vec<_> = callers.join_all().await.into_iter().map(receipt).collect();
    let new = receipts.iter().filter(|receipt| !receipt.replayed);
    assert_eq!(new.count(), 1);
    let mut receipts = receipts.into_iter().map(original);
    let first = receipts.next().unwrap();
    assert!(receipts.all(|receipt| receipt == first));
    first
}

async fn duplicates_have_one_effect(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let ledger = &world.ledger;
    // The first one also opens the account.
    let receipt = duplicates(|| {
        let (ledger, new) = (ledger.clone(), NewTopUp::new("c1", key("t"), yuan("10")));
        async move { ledger.top_up(&new).await }
    })
    .await;
    assert_eq!((receipt.seq, receipt.balance), (1, yuan("10")));
    let hold = duplicates(|| {
        let ledger = ledger.clone();
        let new = NewAuthorization::new("c1", key("h"), yuan("4"), minute());
        async move { ledger.authorize(&new).await }
    })
    .await;
    let hold = hold.record_id.unwrap();
    let settled = duplicates(|| {
        let ledger = ledger.clone();
        let new = NewSettlement::of_amount("c1", key("s"), hold.clone(), yuan("3"));
        async move { ledger.settle(&new).await }
    })
    .await;
    assert_eq!((settled.seq, settled.balance), (3, yuan("7")));
    let void = duplicates(|| {
        let ledger = ledger.clone();
        let new = NewVoid::new("c1", key("v"), hold.clone(), cny());
        async move { ledger.void(&new).await }
    })
    .await;
    assert_eq!(void.outcome.as_str(), "already_settled");
    let refund = duplicates(|| {
        let ledger = ledger.clone();
        let new = NewRefund::new("c1", key("r"), hold.clone(), yuan("2"));
        async move { ledger.refund(&new).await }
    })
    .await;
    assert_eq!(refund.balance, yuan("9"));
    let charge = duplicates(|| {
        let (ledger, new) = (
            ledger.clone(),
            NewCharge::of_amount("c1", key("c"), yuan("8")),
        );
        async move { ledger.charge(&new).await }
    })
    .await;
    assert_eq!(charge.balance, yuan("1"));
    let reversal = duplicates(|| {
        let (ledger, new) = (ledger.clone(), NewReversal::new("c1", cny(), 1));
        async move { ledger.reverse(&new).await }
    })
    .await;
    assert_eq!((reversal.seq, reversal.balance), (7, yuan("-9")));
    assert_eq!(
        (world.entries().await.len(), world.records().await.len()),
        (7, 2)
    );
    world.assert_consistent().await;
}

/// One settlement, one void and the sweep of each hold: one of them ends it.
async fn a_hold_ends_once(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    let mut holds = Vec::new();
    for number in 0..4 {
        let new = NewAuthorization::new(
            "c1",
            key(&format!("h-{number}")),
            yuan("1"),
            Duration::from_secs(1),
        );
        holds.push(
            world
                .ledger
                .authorize(&new)
                .await
                .unwrap()
                .record_id
                .unwrap(),
        );
    }
    world.clock.advance(chrono::TimeDelta::seconds(1));
    let mut callers = JoinSet::new();
    for (number, hold) in holds.iter().enumerate() {
        let settle =
            NewSettlement::of_amount("c1", key(&format!("s-{number}")), hold.clone(), yuan("1"));
        let void = NewVoid::new("c1", key(&format!("v-{number}")), hold.clone(), cny());
        let ledger = world.ledger.clone();
        callers.spawn(async move { u32::from(ledger.settle(&settle).await.is_ok()) });
        let ledger = world.ledger.clone();
        callers.spawn(async move { u32::from(ledger.void(&void).await.is_ok()) });
    }
    for _ in 0..2 {
        let ledger = world.ledger.clone();
        callers.spawn(async move {
            let swept = ledger.sweep().await.unwrap();
            assert_eq!(swept.errors, []);
            u32::try_from(swept.expired.len()).unwrap()
        });
    }
    let ended: u32 = callers.join_all().await.into_iter().sum();
    assert_eq!(ended, 4);
    assert_eq!(world.balance().await.reserved, 0.into());
    world.assert_consistent().await;
}

/// Callers who share one account: none of them is lost, and together they never take more than there is.
async fn a_hot_account_is_ordered(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let ledger = world.ledger.clone();
        callers.spawn(async move {
            let mut taken = 0;
            for number in 0..3 {
                let key = key(&format!("{caller}-{number}"));
                let charge = NewCharge::of_amount("c1", key, yuan("0.3"));
                match ledger.charge(&charge).await {
                    Ok(_) => taken += 1,
                    Err(error) => assert_eq!(error.code(), Some("insufficient_funds"), "{error}"),
                }
            }
            taken
        });
    }
    let taken: usize = callers.join_all().await.into_iter().sum();
    assert_eq!(taken, 33);
    let account = world.balance().await;
    assert_eq!(
        (account.balance, account.last_entry_seq),
        ("0.1".parse().unwrap(), 97)
    );
    world.assert_consistent().await;
}

/// A key is that of one request of the customer, also if the requests are on two accounts that do not exist yet.
async fn a_key_is_used_once_by_two_accounts(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    for round in 0..8 {
        let customer = format!("c-{round}");
        let request: IdempotencyKey = key("k");
        let one = Money::from_units(1, points()).unwrap();
        let mut callers = JoinSet::new();
        for amount in [yuan("1"), one, yuan("1"), one] {
            let new = NewAuthorization::new(&customer, request.clone(), amount, minute());
            let ledger = world.ledger.clone();
            callers.spawn(async move { ledger.authorize(&new).await });
        }
        let results = callers.join_all().await;
        let refused = results.iter().filter(|result| {
            let error = result.as_ref().unwrap_err();
            error.code() == Some("insufficient_funds")
        });
        assert_eq!(refused.count(), 2);
        let conflicts = results.iter().filter(|result| {
            let error = result.as_ref().unwrap_err();
            // The amounts are equal, so that the currency is the first field that differs.
            error.table() == Some("balance_entries") && error.column() == Some("currency")
        });
        assert_eq!(conflicts.count(), 2);
    }
    assert_eq!(world.entries().await.len(), 8);
    world.assert_consistent().await;
}

genledger_testkit::store_cases!(
    duplicates_have_one_effect,
    a_hold_ends_once,
    a_hot_account_is_ordered,
    a_key_is_used_once_by_two_accounts,
);
