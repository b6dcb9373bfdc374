//! What is read: balances, statements, open holds, admission, the sweep; and rows that something else has changed.

use std::sync::Arc;

use chrono::TimeDelta;
use genledger::accounting::{
    AccountingRecord, BalanceEntry, BalanceStatus, CustomerBalance, Money, NewAuthorization,
    NewCharge, NewLimit, NewRefund, NewReversal, NewSettlement, NewStatus, NewTopUp,
    RecordStateColumns,
};
use genledger::contract::{ErrorKind, SessionExt, Store};
use genledger::paging::Paging;

use super::world::{World, minute, points, yuan};
use crate::sample::{cny, key, record};

async fn admission_requires_more_than_the_least_balance(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let ledger = &world.ledger;
    let admit = |min: &'static str| {
        let ledger = ledger.clone();
        async move { ledger.admit("c1", yuan(min)).await.unwrap() }
    };
    assert!(!admit("0").await && admit("-1").await);
    world.top_up("t", "10").await;
    world.hold("h", "4").await;
    assert!(admit("5.999999").await && !admit("6").await);
    let limit = NewLimit::new("c1", key("l"), yuan("1"));
    ledger.set_limit(&limit).await.unwrap();
    assert!(admit("6.999999").await && !admit("7").await);
    assert!(
        ledger
            .admit("c1", Money::max(cny()).negated())
            .await
            .unwrap()
    );
    let frozen = NewStatus::new("c1", key("f"), cny(), BalanceStatus::Frozen);
    ledger.set_status(&frozen).await.unwrap();
    assert!(!admit("0").await);
    assert_eq!(ledger.balance("c1", points()).await.unwrap(), None);
    assert_eq!(world.entries().await.len(), 4);
}

async fn statements_are_read_in_pages(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    for number in 0..5 {
        world.top_up(&format!("t-{number}"), "1").await;
        let new = NewTopUp::new(
            "c1",
            key(&format!("p-{number}")),
            Money::from_units(1, points()).unwrap(),
        );
        world.ledger.top_up(&new).await.unwrap();
    }
    let mut paging = Paging::first(2);
    let mut seqs = Vec::new();
    loop {
        let page = world.ledger.statement("c1", cny(), &paging).await.unwrap();
        seqs.extend(
            page.items
                .iter()
                .map(|entry| (entry.currency.clone(), entry.seq)),
        );
        match page.next {
            Some(next) => paging = paging.after(Some(next)),
            None => break,
        }
    }
    let expected: Vec<_> = (1..=5).rev().map(|seq| ("CNY".to_owned(), seq)).collect();
    assert_eq!(seqs, expected);
    let none = world
        .ledger
        .statement("c2", cny(), &Paging::first(2))
        .await
        .unwrap();
    assert!(none.items.is_empty());
}

async fn open_holds_are_listed_until_they_end(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    let mut holds = Vec::new();
    for number in 0..3 {
        world.clock.advance(TimeDelta::seconds(1));
        holds.push(world.hold(&format!("h-{number}"), "1").await);
    }
    let settle = NewSettlement::of_amount("c1", key("s"), holds[1].clone(), yuan("1"));
    world.ledger.settle(&settle).await.unwrap();
    let page = world
        .ledger
        .open_holds("c1", &Paging::first(1))
        .await
        .unwrap();
    assert_eq!(page.items[0].id, holds[2]);
    let page = world
        .ledger
        .open_holds("c1", &Paging::first(1).after(page.next))
        .await
        .unwrap();
    assert_eq!(
        (page.items[0].id.clone(), page.next.is_none()),
        (holds[0].clone(), true)
    );
}

async fn a_hold_that_cannot_be_released_does_not_keep_others_waiting(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    // Another program has made a hold that the account does not have.
    let mut broken = record("foreign");
    broken.state.held = 40.into();
    broken.state.expires_at = Some(broken.state.created_at);
    broken.state.digest = broken.row_digest().unwrap();
    store.session().insert(&broken).await.unwrap();
    let mut points_hold = record("points");
    points_hold.currency = "POINTS".to_owned();
    points_hold.state.expires_at = Some(points_hold.state.created_at);
    points_hold.state.digest = points_hold.row_digest().unwrap();
    store.session().insert(&points_hold).await.unwrap();
    for number in 0..105 {
        let hold = NewAuthorization::new("c1", key(&format!("h-{number}")), yuan("0.01"), minute());
        world.ledger.authorize(&hold).await.unwrap();
    }
    world.clock.advance(TimeDelta::seconds(59));
    let swept = world.ledger.sweep().await.unwrap();
    assert_eq!((swept.expired.len(), swept.errors.len()), (0, 2));
    world.clock.advance(TimeDelta::seconds(1));
    let swept = world.ledger.sweep().await.unwrap();
    assert_eq!(
        (swept.expired.len(), swept.errors.len(), swept.more),
        (98, 2, true)
    );
    assert!(
        swept
            .errors
            .iter()
            .all(|error| error.kind() == ErrorKind::Corrupt)
    );
    let swept = world.ledger.sweep().await.unwrap();
    assert_eq!((swept.expired.len(), swept.more), (7, false));
    assert_eq!(world.balance().await.reserved, 0.into());
    assert_eq!(world.ledger.sweep().await.unwrap().expired, []);
}

/// Nothing is built on a row that something else has changed: not even a repetition is answered from it.
async fn rows_that_were_changed_are_corrupt(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let session = store.session();
    let ledger = &world.ledger;
    world.top_up("t", "10").await;
    let charged = world.charge("c", "4").await;
    let hold = world.hold("h", "1").await;
    let settle = NewSettlement::of_amount("c1", key("s"), hold.clone(), yuan("1"));
    ledger.settle(&settle).await.unwrap();
    // A record: also the repetition of what has ended it.
    let change = [AccountingRecord::AMOUNT.set(rust_decimal::Decimal::from(9))];
    session
        .update_where(AccountingRecord::ID.eq(hold.as_str()), change)
        .await
        .unwrap();
    let error = ledger.settle(&settle).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.table()),
        (ErrorKind::Corrupt, Some("accounting_records"))
    );
    // Another customer does not have it at all.
    let other = NewRefund::all("c2", key("r"), hold, cny());
    assert_eq!(
        ledger.refund(&other).await.unwrap_err().code(),
        Some("record_not_found")
    );
    let refund = NewRefund::new("c1", key("r"), charged, yuan("1"));
    ledger.refund(&refund).await.unwrap();
    // The account.
    let id = world.balance().await.id;
    let more = [CustomerBalance::BALANCE.set(rust_decimal::Decimal::from(1_000))];
    session
        .update_where(CustomerBalance::ID.eq(id), more)
        .await
        .unwrap();
    let before = world.entries().await;
    let charge = NewCharge::of_amount("c1", key("c2"), yuan("1"));
    let again = NewTopUp::new("c1", key("t"), yuan("10"));
    for result in [ledger.charge(&charge).await, ledger.top_up(&again).await] {
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind(), error.table()),
            (ErrorKind::Corrupt, Some("customer_balance"))
        );
    }
    assert_eq!(
        ledger.balance("c1", cny()).await.unwrap_err().kind(),
        ErrorKind::Corrupt
    );
    // Bad input is found before.
    let nothing = NewTopUp::new("c1", key("t"), yuan("0"));
    assert_eq!(
        ledger.top_up(&nothing).await.unwrap_err().kind(),
        ErrorKind::Invalid
    );
    assert_eq!(world.entries().await, before);
}

/// An entry with a wrong digest is neither a receipt nor reversed, and neither is the one after it.
async fn entries_that_were_changed_are_corrupt(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let session = store.session();
    for number in 1..=3 {
        world.top_up(&format!("t-{number}"), "1").await;
    }
    let mut entry = world.entries().await.remove(1);
    let of_entry = BalanceEntry::CUSTOMER_ID.eq("c1") & BalanceEntry::SEQ.eq(2);
    session
        .delete_where::<BalanceEntry>(of_entry)
        .await
        .unwrap();
    let third = NewTopUp::new("c1", key("t-3"), yuan("1"));
    // Without the one before it, an entry proves nothing.
    assert_eq!(
        world.ledger.top_up(&third).await.unwrap_err().kind(),
        ErrorKind::Corrupt
    );
    entry.amount = 2.into();
    session.insert(&entry).await.unwrap();
    let second = NewTopUp::new("c1", key("t-2"), yuan("1"));
    let error = world.ledger.top_up(&second).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.table()),
        (ErrorKind::Corrupt, Some("balance_entries"))
    );
    let reversal = NewReversal::new("c1", cny(), 2);
    assert_eq!(
        world.ledger.reverse(&reversal).await.unwrap_err().kind(),
        ErrorKind::Corrupt
    );
    let first = NewTopUp::new("c1", key("t-1"), yuan("1"));
    assert!(world.ledger.top_up(&first).await.unwrap().replayed);
    // The account continues: an audit finds the rest.
    assert_eq!(world.top_up("t-4", "1").await.balance, yuan("4"));
}

/// Rows of other programs: a key of a record without an entry, and an account without its entries.
async fn rows_of_other_programs_are_not_overwritten(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let foreign = record("k");
    store.session().insert(&foreign).await.unwrap();
    let charge = NewCharge::of_amount("c1", key("k"), yuan("0"));
    let error = world.ledger.charge(&charge).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.table()),
        (ErrorKind::UniqueViolation, Some("accounting_records"))
    );
    assert_eq!(
        (world.accounts().await, world.entries().await),
        (vec![], vec![])
    );
    // Its hold can be charged: it holds nothing.
    world.top_up("t", "10").await;
    let settle = NewSettlement::of_amount("c1", key("s"), foreign.id.clone(), yuan("1"));
    assert_eq!(
        world.ledger.settle(&settle).await.unwrap_err().code(),
        Some("exceeds_hold")
    );
    world.charge("c", "1").await;
    // An account that was deleted is not opened again over its entries.
    let id = world.balance().await.id;
    store
        .session()
        .delete::<CustomerBalance>(&id)
        .await
        .unwrap();
    let charge = NewCharge::of_amount("c1", key("c2"), yuan("0"));
    let error = world.ledger.charge(&charge).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.table()),
        (ErrorKind::Corrupt, Some("customer_balance"))
    );
    assert_eq!(world.accounts().await, []);
}

genledger_testkit::store_cases!(
    admission_requires_more_than_the_least_balance,
    statements_are_read_in_pages,
    open_holds_are_listed_until_they_end,
    a_hold_that_cannot_be_released_does_not_keep_others_waiting,
    rows_that_were_changed_are_corrupt,
    entries_that_were_changed_are_corrupt,
    rows_of_other_programs_are_not_overwritten,
);
