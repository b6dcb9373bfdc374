//! The vectors of the rules: amounts, holds, overruns, residuals, digests.

use std::sync::Arc;

use chrono::TimeDelta;
use genledger::accounting::{
    Bucket, Cost, FailureReason, Late, Money, NewAuthorization, NewCharge, NewLimit, NewRefund,
    NewRerating, NewReversal, NewSettlement, NewTopUp, Overrun, RatePer, Receipt, RecordStatus,
};
use genledger::contract::{Result, Store};
use genledger::id::AccountingRecordId;
use genledger::rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::world::{World, minute, points, refused, sheet, start, state, used, yuan};
use crate::sample::{cny, key};

impl World {
    async fn settle(
        &self,
        request: &str,
        record: &AccountingRecordId,
        amount: &str,
        overrun: Overrun,
    ) -> Result<Receipt> {
        let new = NewSettlement::of_amount("c1", key(request), record.clone(), yuan(amount));
        self.ledger.settle(&new.overrun(overrun)).await
    }

    /// A charge of tokens at a rate per million.
    async fn used(&self, request: &str, rate: &str, tokens: i64) -> Receipt {
        let sheet = sheet("CNY", Bucket::Input, rate, RatePer::Million);
        let used = used(Bucket::Input, tokens);
        let new = NewCharge::of_usage("c1", key(request), cny(), used, sheet);
        self.ledger.charge(&new).await.unwrap()
    }

    async fn residual(&self) -> i64 {
        self.balance().await.residual
    }
}

const MICRO: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

async fn costs_carry_their_residual(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    // 10 and 11.
    let mut asked = Vec::new();
    let mut record = None;
    for number in 0..5 {
        let receipt = world.used(&format!("d-{number}"), "0.028", 30).await;
        asked.push(receipt.asked.units());
        record = receipt.record_id;
    }
    assert_eq!(asked, [0, 1, 1, 1, 1]);
    assert_eq!(world.residual().await, 200_000_000_000);
    let record = record.unwrap();
    let less = Cost::from_attos(-840_000_000_000).unwrap();
    let new = NewRerating::new("c1", key("r"), record.clone(), cny(), less);
    let receipt = world.ledger.rerate(&new).await.unwrap();
    assert_eq!(receipt.amount.units(), 1);
    assert_eq!(world.residual().await, 360_000_000_000);
    assert_eq!(world.record(&record).await.state.adjusted, -MICRO);
    world.assert_consistent().await;
}

async fn units_without_digits_carry_as_well(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    // 12: the account has only credit.
    let limit = NewLimit::unlimited("c1", key("l"), points());
    world.ledger.set_limit(&limit).await.unwrap();
    let mut asked = Vec::new();
    for number in 0..4 {
        let sheet = sheet("POINTS", Bucket::Call, "0.3", RatePer::One);
        let call = used(Bucket::Call, 1);
        let new = NewCharge::of_usage("c1", key(&format!("{number}")), points(), call, sheet);
        let receipt = world.ledger.charge(&new).await.unwrap();
        asked.push(receipt.asked.units());
    }
    assert_eq!(asked, [0, 0, 0, 1]);
    let row = world.ledger.balance("c1", points()).await.unwrap().unwrap();
    assert_eq!(row.residual, 200_000_000_000_000_000);
    world.assert_consistent().await;
}

async fn an_overrun_is_limited_to_its_hold(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    // 13: a residual of half a unit, and a hold of one.
    world.used("half", "0.5", 1).await;
    assert_eq!(world.residual().await, 500_000_000_000);
    let record = world.hold("h", "0.000001").await;
    let sheet = sheet("CNY", Bucket::Input, "0.028", RatePer::Million);
    let used = used(Bucket::Input, 93);
    let new = NewSettlement::of_usage("c1", key("s"), record.clone(), cny(), used);
    let new = new.price(sheet.clone()).overrun(Overrun::Hold);
    let receipt = world.ledger.settle(&new).await.unwrap();
    assert_eq!((receipt.asked.units(), receipt.amount.units()), (3, -1));
    assert_eq!(world.residual().await, 104_000_000_000);
    let row = world.record(&record).await;
    assert_eq!(
        (row.state.amount, row.state.shortfall),
        (MICRO, MICRO + MICRO)
    );
    assert_eq!(row.state.price_version, Some(sheet.version()));
    assert_eq!(
        (row.input_tokens, row.output_tokens, row.total_tokens),
        (Some(93), Some(0), Some(93))
    );
    world.assert_consistent().await;
}

async fn holds_and_overruns(store: &Arc<dyn Store>) {
    // 14 and 15.
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    let record = world.hold("h", "4").await;
    let receipt = refused(
        world.settle("s", &record, "5", Overrun::Refuse).await,
        "exceeds_hold",
    );
    assert_eq!(state(&receipt), ["10", "4", "6"]);
    assert_eq!(receipt.asked, yuan("5"));
    let receipt = world
        .settle("s2", &record, "5", Overrun::Hold)
        .await
        .unwrap();
    assert_eq!((receipt.asked, receipt.amount), (yuan("5"), yuan("-4")));
    assert_eq!(state(&receipt), ["6", "0", "6"]);
    assert_eq!(world.record(&record).await.state.shortfall, 1.into());
    world.assert_consistent().await;
}

async fn an_overrun_takes_what_is_available(store: &Arc<dyn Store>) {
    // 16.
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    let record = world.hold("h", "4").await;
    let receipt = world
        .settle("s", &record, "11", Overrun::Available)
        .await
        .unwrap();
    assert_eq!((receipt.asked, receipt.amount), (yuan("11"), yuan("-10")));
    assert_eq!(world.record(&record).await.state.shortfall, 1.into());
    // 17: what other records hold is not available.
    world.top_up("t2", "10").await;
    let record = world.hold("h2", "4").await;
    world.hold("h3", "3").await;
    let receipt = world
        .settle("s2", &record, "11", Overrun::Available)
        .await
        .unwrap();
    assert_eq!(receipt.amount, yuan("-7"));
    assert_eq!(state(&receipt), ["3", "3", "0"]);
    world.assert_consistent().await;
}

async fn a_hold_outlives_the_credit_it_was_made_with(store: &Arc<dyn Store>) {
    // 18.
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    let limit = |request: &str, amount: &str| NewLimit::new("c1", key(request), yuan(amount));
    world.ledger.set_limit(&limit("l", "5")).await.unwrap();
    let record = world.hold("h", "12").await;
    let receipt = world.ledger.set_limit(&limit("l2", "0")).await.unwrap();
    assert_eq!(state(&receipt), ["10", "12", "-2"]);
    let receipt = world
        .settle("s", &record, "12", Overrun::Refuse)
        .await
        .unwrap();
    assert_eq!(state(&receipt), ["-2", "0", "-2"]);
    world.hold("h2", "0").await;
    let unit = NewAuthorization::new("c1", key("h3"), yuan("0.000001"), minute());
    refused(world.ledger.authorize(&unit).await, "insufficient_funds");
    world.assert_consistent().await;
}

async fn a_swept_hold_is_settled_late_only_if_that_is_requested(store: &Arc<dyn Store>) {
    // 19.
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    let record = world.hold("h", "4").await;
    world.clock.advance(TimeDelta::seconds(60));
    let swept = world.ledger.sweep().await.unwrap();
    assert_eq!(
        (swept.expired.len(), swept.more, swept.errors),
        (1, false, vec![])
    );
    let row = world.record(&record).await;
    assert_eq!(row.state.failure_reason, Some(FailureReason::Expired));
    assert_eq!((row.state.held, row.state.expires_at), (4.into(), None));
    refused(
        world.settle("s", &record, "3", Overrun::Refuse).await,
        "hold_expired",
    );
    let new = NewSettlement::of_amount("c1", key("s2"), record.clone(), yuan("3"));
    let receipt = world.ledger.settle(&new.late(Late::Charge)).await.unwrap();
    assert_eq!(state(&receipt), ["7", "0", "7"]);
    let row = world.record(&record).await;
    assert_eq!(
        (row.state.status, row.state.failure_reason),
        (RecordStatus::Accounted, None)
    );
    world.assert_consistent().await;
}

async fn refunds_end_at_what_was_charged(store: &Arc<dyn Store>) {
    // 20.
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    let record = world.charge("c", "5").await;
    let part = |request: &str| NewRefund::new("c1", key(request), record.clone(), yuan("3"));
    let all = |request: &str| NewRefund::all("c1", key(request), record.clone(), cny());
    let ledger = &world.ledger;
    let receipt = ledger.refund(&part("r1")).await.unwrap();
    assert_eq!(receipt.balance, yuan("8"));
    refused(ledger.refund(&part("r2")).await, "exceeds_settled");
    let receipt = ledger.refund(&all("r3")).await.unwrap();
    assert_eq!((receipt.asked, receipt.balance), (yuan("2"), yuan("10")));
    let receipt = refused(ledger.refund(&all("r4")).await, "exceeds_settled");
    assert_eq!((receipt.asked, receipt.balance), (yuan("0"), yuan("10")));
    world.assert_consistent().await;
}

async fn a_reversal_may_leave_a_debt(store: &Arc<dyn Store>) {
    // 21.
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    world.charge("c", "4").await;
    let reversal = NewReversal::new("c1", cny(), 1);
    let receipt = world.ledger.reverse(&reversal).await.unwrap();
    assert_eq!((receipt.amount, receipt.balance), (yuan("-10"), yuan("-4")));
    let entry = world.entries().await.pop().unwrap();
    assert_eq!(
        (entry.reverses, entry.request_id.as_str()),
        (Some(1), "~reverse:CNY:1")
    );
    world.assert_consistent().await;
}

async fn without_a_limit_everything_is_available(store: &Arc<dyn Store>) {
    // 22.
    let world = World::new(store).await;
    let limit = NewLimit::unlimited("c1", key("l"), cny());
    world.ledger.set_limit(&limit).await.unwrap();
    let charge = NewCharge::of_amount("c1", key("c"), yuan("5"));
    let receipt = world.ledger.charge(&charge).await.unwrap();
    assert_eq!(
        (receipt.balance, receipt.available),
        (yuan("-5"), Money::max(cny()))
    );
    assert!(world.balance().await.is_unlimited());
    world.assert_consistent().await;
}

async fn the_digests_of_the_first_entry(store: &Arc<dyn Store>) {
    // 25.
    let world = World::new(store).await;
    let new = NewTopUp::new("c1", key("k1"), yuan("10"));
    let receipt = world.ledger.top_up(&new).await.unwrap();
    assert_eq!((receipt.seq, receipt.time), (1, start()));
    let entry = world.entries().await.pop().unwrap();
    let hash = Sha256::digest(&entry.request);
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(&hash[..16], "ded15506dd845527");
    assert_eq!(&entry.digest[..16], "c2679f0ab5bb14ed");
    let account = world.balance().await;
    assert_eq!(account.id.to_string(), "18085dfaa5ee8eca8bcf24ccc677b813");
    assert_eq!(account.head_digest, entry.digest);
}

genledger_testkit::store_cases!(
    costs_carry_their_residual,
    units_without_digits_carry_as_well,
    an_overrun_is_limited_to_its_hold,
    holds_and_overruns,
    an_overrun_takes_what_is_available,
    a_hold_outlives_the_credit_it_was_made_with,
    a_swept_hold_is_settled_late_only_if_that_is_requested,
    refunds_end_at_what_was_charged,
    a_reversal_may_leave_a_debt,
    without_a_limit_everything_is_available,
    the_digests_of_the_first_entry,
);
