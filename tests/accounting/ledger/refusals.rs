//! Each refusal of each operation: its code, its place among the others, and that nothing moves.

use std::sync::Arc;

use chrono::TimeDelta;
use genledger::accounting::{
    BalanceStatus, Bucket, Cost, Due, EntryOutcome, FailureReason, Late, Money, NewAdjustment,
    NewAuthorization, NewCharge, NewLimit, NewRefund, NewRerating, NewReversal, NewSettlement,
    NewStatus, NewTopUp, NewVoid, Overrun, Quantities, RatePer, RecordStatus,
};
use genledger::contract::{ErrorKind, Store};
use genledger::id::AccountingRecordId;

use super::world::{World, minute, points, refused, sheet, state, used, yuan};
use crate::sample::{cny, key};

/// 1 CNY as a cost.
const YUAN: i128 = 1_000_000_000_000_000_000;

fn unknown() -> AccountingRecordId {
    AccountingRecordId::new("unknown").unwrap()
}

/// The account of the tests: 10, of which 4 are held, a charge of 1, a hold that was voided and one that has expired.
struct Records {
    held: AccountingRecordId,
    charged: AccountingRecordId,
    voided: AccountingRecordId,
    expired: AccountingRecordId,
    refused: AccountingRecordId,
}

async fn records(world: &World) -> Records {
    world.top_up("t", "11").await;
    let expired = world.hold("expires", "1").await;
    world.clock.advance(TimeDelta::seconds(61));
    assert_eq!(world.ledger.sweep().await.unwrap().expired.len(), 1);
    let voided = world.hold("voided", "1").await;
    let void = NewVoid::new("c1", key("void"), voided.clone(), cny());
    world.ledger.void(&void).await.unwrap();
    let charged = world.charge("charged", "1").await;
    let held = world.hold("held", "4").await;
    let too_much = NewAuthorization::new("c1", key("refused"), yuan("7"), minute());
    let receipt = refused(
        world.ledger.authorize(&too_much).await,
        "insufficient_funds",
    );
    let refused = receipt.record_id.unwrap();
    Records {
        held,
        charged,
        voided,
        expired,
        refused,
    }
}

async fn holds_and_charges_are_refused(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let ledger = &world.ledger;
    world.top_up("t", "10").await;
    let hold = |request: &str, max| NewAuthorization::new("c1", key(request), max, minute());
    let receipt = refused(
        ledger.authorize(&hold("h", yuan("10.000001"))).await,
        "insufficient_funds",
    );
    assert_eq!((receipt.asked, receipt.seq), (yuan("10.000001"), 2));
    let row = world.record(&receipt.record_id.unwrap()).await;
    assert_eq!(
        (row.state.status, row.state.failure_reason, row.state.held),
        (
            RecordStatus::Failed,
            Some(FailureReason::InsufficientFunds),
            0.into()
        )
    );
    assert_eq!((row.state.opened_seq, row.state.last_seq), (2, 2));
    let charge = |request: &str, amount| NewCharge::of_amount("c1", key(request), amount);
    let receipt = refused(
        ledger.charge(&charge("c", yuan("10.000001"))).await,
        "insufficient_funds",
    );
    let row = world.record(&receipt.record_id.unwrap()).await;
    assert_eq!(
        (row.state.status, row.state.amount),
        (RecordStatus::Failed, 0.into())
    );
    let part = charge("part", yuan("10.5")).overrun(Overrun::Available);
    let receipt = ledger.charge(&part).await.unwrap();
    assert_eq!((receipt.asked, receipt.amount), (yuan("10.5"), yuan("-10")));
    let row = world.record(&receipt.record_id.unwrap()).await;
    assert_eq!(row.state.shortfall, "0.5".parse().unwrap());
    // Nothing is always available.
    ledger.charge(&charge("nothing", yuan("0"))).await.unwrap();
    ledger
        .authorize(&hold("nothing-2", yuan("0")))
        .await
        .unwrap();
    // Frozen comes first, also for nothing, and refuses only holds and charges.
    let status = |request: &str, status| NewStatus::new("c1", key(request), cny(), status);
    ledger
        .set_status(&status("f", BalanceStatus::Frozen))
        .await
        .unwrap();
    refused(
        ledger.authorize(&hold("h2", yuan("1"))).await,
        "account_frozen",
    );
    refused(
        ledger.authorize(&hold("h3", yuan("0"))).await,
        "account_frozen",
    );
    refused(
        ledger.charge(&charge("c2", yuan("0"))).await,
        "account_frozen",
    );
    world.top_up("t2", "1").await;
    ledger
        .set_status(&status("o", BalanceStatus::Open))
        .await
        .unwrap();
    ledger.charge(&charge("c3", yuan("1"))).await.unwrap();
    world.assert_consistent().await;
}

async fn a_residual_does_not_move_when_a_charge_is_refused(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let price = Arc::new(sheet("CNY", Bucket::Input, "0.5", RatePer::Million));
    let charge = |request: &str, tokens: i64| {
        let used = used(Bucket::Input, tokens);
        NewCharge::of_usage("c1", key(request), cny(), used, price.clone())
    };
    world.ledger.charge(&charge("a", 1)).await.unwrap();
    assert_eq!(world.balance().await.residual, 500_000_000_000);
    let receipt = refused(
        world.ledger.charge(&charge("b", 2)).await,
        "insufficient_funds",
    );
    assert_eq!(receipt.asked.units(), 1);
    assert_eq!(world.balance().await.residual, 500_000_000_000);
    let frozen = NewStatus::new("c1", key("f"), cny(), BalanceStatus::Frozen);
    world.ledger.set_status(&frozen).await.unwrap();
    // What it would have asked for is known, since the price comes with it.
    let receipt = refused(world.ledger.charge(&charge("c", 4)).await, "account_frozen");
    assert_eq!(receipt.asked.units(), 2);
    let row = world.record(&receipt.record_id.unwrap()).await;
    assert_eq!(
        (row.input_tokens, row.state.price, row.state.price_version),
        (Some(4), None, Some(price.version()))
    );
    world.assert_consistent().await;
}

async fn settlements_are_refused(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let records = records(&world).await;
    let settle = |request: &str, record: &AccountingRecordId, amount| {
        NewSettlement::of_amount("c1", key(request), record.clone(), amount)
    };
    let ledger = &world.ledger;
    let before = world.balance().await;
    for (number, (record, code)) in [
        (&unknown(), "record_not_found"),
        (&records.charged, "already_settled"),
        (&records.voided, "hold_voided"),
        (&records.refused, "hold_refused"),
        (&records.expired, "hold_expired"),
    ]
    .into_iter()
    .enumerate()
    {
        let request = |prefix: &str| format!("{prefix}-{number}");
        let receipt = refused(
            ledger
                .settle(&settle(&request("s"), record, yuan("2")))
                .await,
            code,
        );
        assert_eq!(receipt.asked, yuan("2"));
        // A refusal names a record of the account.
        let named = (record != &unknown()).then(|| record.clone());
        assert_eq!(receipt.record_id, named);
        // The price would be looked for later.
        let used = used(Bucket::Input, 1);
        let by_usage =
            NewSettlement::of_usage("c1", key(&request("u")), record.clone(), cny(), used);
        let receipt = refused(ledger.settle(&by_usage).await, code);
        assert!(receipt.asked.is_zero());
        let void = NewVoid::new("c1", key(&request("v")), record.clone(), cny());
        refused(ledger.void(&void).await, code);
        // Only what has expired is settled late.
        if code != "hold_expired" {
            let late = settle(&request("l"), record, yuan("2")).late(Late::Charge);
            refused(ledger.settle(&late).await, code);
        }
    }
    // The record of another customer, and of another currency.
    let other = NewSettlement::of_amount("c2", key("s"), records.held.clone(), yuan("1"));
    let receipt = refused(ledger.settle(&other).await, "record_not_found");
    assert_eq!((receipt.seq, receipt.record_id), (1, None));
    let one = Money::from_units(1, points()).unwrap();
    let receipt = refused(
        ledger.settle(&settle("p", &records.held, one)).await,
        "currency_mismatch",
    );
    assert_eq!((receipt.seq, receipt.record_id), (1, None));
    let mismatch = NewVoid::new("c1", key("p2"), records.charged.clone(), points());
    refused(ledger.void(&mismatch).await, "currency_mismatch");
    // Prices.
    let by_usage = |request: &str| {
        let used = Quantities::new().with(Bucket::Input, 1).unwrap();
        NewSettlement::of_usage("c1", key(request), records.held.clone(), cny(), used)
    };
    refused(ledger.settle(&by_usage("no-price")).await, "no_price");
    let output = sheet("CNY", Bucket::Output, "1", RatePer::One);
    refused(
        ledger.settle(&by_usage("no-rate").price(output)).await,
        "no_rate",
    );
    let most = sheet("CNY", Bucket::Input, "999999999.999999", RatePer::One);
    let mut large = by_usage("large").price(most);
    large.due = Due::Usage {
        currency: cny(),
        quantities: used(Bucket::Input, 1_001),
    };
    let receipt = refused(ledger.settle(&large).await, "out_of_range");
    assert!(receipt.asked.is_zero());
    refused(
        ledger
            .settle(&settle("more", &records.held, yuan("4.000001")))
            .await,
        "exceeds_hold",
    );
    let after = world.balance().await;
    assert_eq!(
        (after.balance, after.reserved, after.residual),
        (before.balance, before.reserved, before.residual)
    );
    // Twice.
    ledger
        .settle(&settle("once", &records.held, yuan("4")))
        .await
        .unwrap();
    refused(
        ledger
            .settle(&settle("twice", &records.held, yuan("4")))
            .await,
        "already_settled",
    );
    world.assert_consistent().await;
}

async fn late_settlements_are_limited_to_what_is_available(store: &Arc<dyn Store>) {
    for (number, (overrun, amount, charged)) in [
        (Overrun::Refuse, "7", None),
        (Overrun::Refuse, "6", Some("-6")),
        (Overrun::Hold, "9", Some("-4")),
        (Overrun::Available, "9", Some("-6")),
    ]
    .into_iter()
    .enumerate()
    {
        let world = World::new(store).await;
        let customer = format!("c-{number}");
        let top_up = NewTopUp::new(&customer, key("t"), yuan("10"));
        world.ledger.top_up(&top_up).await.unwrap();
        let hold = NewAuthorization::new(&customer, key("h"), yuan("4"), minute());
        let record = world
            .ledger
            .authorize(&hold)
            .await
            .unwrap()
            .record_id
            .unwrap();
        world.clock.advance(TimeDelta::seconds(60));
        world.ledger.sweep().await.unwrap();
        let other = NewAuthorization::new(&customer, key("h2"), yuan("4"), minute());
        world.ledger.authorize(&other).await.unwrap();
        let late = NewSettlement::of_amount(&customer, key("s"), record, yuan(amount));
        let settled = world
            .ledger
            .settle(&late.late(Late::Charge).overrun(overrun))
            .await;
        match charged {
            Some(charged) => {
                let receipt = settled.unwrap();
                assert_eq!(
                    (receipt.amount, receipt.reserved),
                    (yuan(charged), yuan("4"))
                );
            }
            None => {
                refused(settled, "insufficient_funds");
            }
        }
        world.assert_consistent().await;
    }
    // What is available and less than the hold.
    let world = World::new(store).await;
    world.top_up("t", "4").await;
    let record = world.hold("h", "4").await;
    world.clock.advance(TimeDelta::seconds(60));
    world.ledger.sweep().await.unwrap();
    world.charge("c", "3").await;
    let late = NewSettlement::of_amount("c1", key("s"), record, yuan("9"));
    let late = late.late(Late::Charge).overrun(Overrun::Hold);
    assert_eq!(world.ledger.settle(&late).await.unwrap().amount, yuan("-1"));
}

async fn corrections_are_refused(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let records = records(&world).await;
    let ledger = &world.ledger;
    let refund = |request: &str, record: &AccountingRecordId, amount| {
        NewRefund::new("c1", key(request), record.clone(), amount)
    };
    refused(
        ledger.refund(&refund("r1", &unknown(), yuan("1"))).await,
        "record_not_found",
    );
    let one = Money::from_units(1, points()).unwrap();
    refused(
        ledger.refund(&refund("r2", &records.charged, one)).await,
        "currency_mismatch",
    );
    refused(
        ledger.refund(&refund("r3", &records.held, yuan("1"))).await,
        "not_settled",
    );
    refused(
        ledger
            .refund(&refund("r4", &records.voided, yuan("1")))
            .await,
        "not_settled",
    );
    refused(
        ledger
            .refund(&refund("r5", &records.charged, yuan("1.000001")))
            .await,
        "exceeds_settled",
    );
    let adjust = |request: &str, amount| NewAdjustment::new("c1", key(request), amount);
    let receipt = refused(
        ledger.adjust(&adjust("a1", yuan("-6.000001"))).await,
        "insufficient_funds",
    );
    assert_eq!(receipt.asked, yuan("-6.000001"));
    let rerate = |request: &str, record: &AccountingRecordId, attos| {
        let delta = Cost::from_attos(attos).unwrap();
        NewRerating::new("c1", key(request), record.clone(), cny(), delta)
    };
    refused(
        ledger.rerate(&rerate("d1", &unknown(), 1)).await,
        "record_not_found",
    );
    refused(
        ledger.rerate(&rerate("d2", &records.held, 1)).await,
        "not_settled",
    );
    refused(
        ledger
            .rerate(&rerate("d3", &records.charged, 7 * YUAN))
            .await,
        "insufficient_funds",
    );
    let receipt = ledger
        .refund(&refund("r6", &records.charged, yuan("0.5")))
        .await
        .unwrap();
    assert_eq!(receipt.balance, yuan("10.5"));
    let receipt = refused(
        ledger.rerate(&rerate("d4", &records.charged, -YUAN)).await,
        "exceeds_settled",
    );
    assert_eq!(receipt.asked, yuan("-1"));
    ledger
        .rerate(&rerate("d5", &records.charged, -YUAN / 2))
        .await
        .unwrap();
    refused(
        ledger
            .refund(&refund("r7", &records.charged, yuan("0.000001")))
            .await,
        "exceeds_settled",
    );
    let debt = ledger
        .rerate(&rerate("d6", &records.charged, 8 * YUAN).debt(true))
        .await
        .unwrap();
    assert_eq!(state(&debt), ["3", "4", "-1"]);
    let debt = ledger
        .adjust(&adjust("a2", yuan("-5")).debt(true))
        .await
        .unwrap();
    assert_eq!(state(&debt), ["-2", "4", "-6"]);
    world.assert_consistent().await;
}

async fn a_lower_price_first_reduces_what_was_not_charged(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    world.top_up("t", "3").await;
    let charge = NewCharge::of_amount("c1", key("c"), yuan("5")).overrun(Overrun::Available);
    let record = world
        .ledger
        .charge(&charge)
        .await
        .unwrap()
        .record_id
        .unwrap();
    for (request, units, amount, shortfall) in
        [("d1", -1_500_000, "0", "0.5"), ("d2", -1_500_000, "1", "0")]
    {
        let delta = Cost::from_attos(units * 1_000_000_000_000).unwrap();
        let new = NewRerating::new("c1", key(request), record.clone(), cny(), delta);
        let receipt = world.ledger.rerate(&new).await.unwrap();
        assert_eq!(
            (receipt.asked, receipt.amount),
            (yuan("-1.5"), yuan(amount))
        );
        let state = world.record(&record).await.state;
        assert_eq!(state.shortfall, shortfall.parse().unwrap());
        assert_eq!(state.adjusted, -yuan(amount).amount());
    }
    world.assert_consistent().await;
}

async fn only_what_came_in_is_reversed_and_once(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let ledger = &world.ledger;
    let reverse = |seq| NewReversal::new("c1", cny(), seq);
    let nothing = ledger.reverse(&reverse(1)).await.unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::NotFound);
    assert_eq!(world.accounts().await, []);
    world.top_up("t", "10").await; // 1
    let record = world.charge("c", "4").await; // 2
    let refund = NewRefund::new("c1", key("r"), record.clone(), yuan("3"));
    ledger.refund(&refund).await.unwrap(); // 3
    let less = NewAdjustment::new("c1", key("a"), yuan("-2"));
    ledger.adjust(&less).await.unwrap(); // 4
    let too_much = NewAdjustment::new("c1", key("a2"), yuan("-20"));
    refused(ledger.adjust(&too_much).await, "insufficient_funds"); // 5
    for seq in [2, 5] {
        let error = ledger.reverse(&reverse(seq)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Invalid, Some("not_reversible"))
        );
    }
    assert_eq!(
        ledger.reverse(&reverse(6)).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(world.entries().await.len(), 5);
    assert_eq!(
        ledger.reverse(&reverse(4)).await.unwrap().balance,
        yuan("9")
    );
    assert_eq!(
        ledger.reverse(&reverse(3)).await.unwrap().balance,
        yuan("6")
    );
    assert_eq!(world.record(&record).await.state.refunded, 0.into());
    let again = ledger.reverse(&reverse(3)).await.unwrap();
    assert_eq!((again.replayed, again.balance), (true, yuan("6")));
    let error = ledger
        .reverse(&reverse(3).reason("other"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.column()),
        (ErrorKind::UniqueViolation, Some("reason"))
    );
    // A reversal is not reversed.
    let error = ledger.reverse(&reverse(6)).await.unwrap_err();
    assert_eq!(error.code(), Some("not_reversible"));
    // What was given back can be given back again.
    let refund = NewRefund::all("c1", key("r2"), record, cny());
    assert_eq!(ledger.refund(&refund).await.unwrap().asked, yuan("4"));
    world.assert_consistent().await;
}

/// The edge of what an amount can be: refused, and never wrapped.
async fn amounts_out_of_range_are_refused(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let ledger = &world.ledger;
    let most = Money::max(cny());
    let top_up = |request: &str, amount| NewTopUp::new("c1", key(request), amount);
    assert_eq!(
        ledger.top_up(&top_up("t", most)).await.unwrap().balance,
        most
    );
    let receipt = refused(
        ledger.top_up(&top_up("t2", yuan("0.000001"))).await,
        "out_of_range",
    );
    assert_eq!((receipt.asked, receipt.balance), (yuan("0.000001"), most));
    let unlimited = NewLimit::unlimited("c1", key("l"), cny());
    ledger.set_limit(&unlimited).await.unwrap();
    let hold = |request: &str, max| NewAuthorization::new("c1", key(request), max, minute());
    ledger.authorize(&hold("h", most)).await.unwrap();
    let receipt = refused(
        ledger.authorize(&hold("h2", yuan("0.000001"))).await,
        "out_of_range",
    );
    let row = world.record(&receipt.record_id.unwrap()).await;
    assert_eq!(row.state.failure_reason, Some(FailureReason::OutOfRange));
    let charge = |request: &str, amount| NewCharge::of_amount("c1", key(request), amount);
    ledger.charge(&charge("c", most)).await.unwrap();
    ledger.charge(&charge("c2", most)).await.unwrap();
    let receipt = refused(
        ledger.charge(&charge("c3", yuan("0.000001"))).await,
        "out_of_range",
    );
    assert_eq!(receipt.balance, most.negated());
    let less = NewAdjustment::new("c1", key("a"), most.negated()).debt(true);
    let receipt = refused(ledger.adjust(&less).await, "out_of_range");
    assert_eq!(receipt.outcome, EntryOutcome::OutOfRange);
    let reversal = NewReversal::new("c1", cny(), 1);
    refused(ledger.reverse(&reversal).await, "out_of_range");
    world.assert_consistent().await;
}

genledger_testkit::store_cases!(
    holds_and_charges_are_refused,
    a_residual_does_not_move_when_a_charge_is_refused,
    settlements_are_refused,
    late_settlements_are_limited_to_what_is_available,
    corrections_are_refused,
    a_lower_price_first_reduces_what_was_not_charged,
    only_what_came_in_is_reversed_and_once,
    amounts_out_of_range_are_refused,
);
