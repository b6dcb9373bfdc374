//! Bad input: typed errors that list every broken rule, and nothing is stored.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use genledger::accounting::{
    BalanceStatus, Bucket, Cost, Currency, IdempotencyKey, Money, NewAdjustment, NewAuthorization,
    NewCharge, NewLimit, NewRefund, NewRerating, NewReversal, NewSettlement, NewStatus, NewTopUp,
    Overrun, PriceSheet, RatePer, Receipt,
};
use genledger::contract::{ErrorKind, Result, Store};
use genledger::id::AccountingRecordId;

use super::world::{World, minute, points, sheet, start, used, yuan};
use crate::sample::{cny, key};

/// The paths and rules of an error of the kind `Invalid`.
fn broken(result: Result<Receipt>) -> Vec<(String, &'static str)> {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let found = error.violations().iter();
    found
        .map(|one| (one.path().to_owned(), one.rule()))
        .collect()
}

fn one(path: &str, rule: &'static str) -> Vec<(String, &'static str)> {
    vec![(path.to_owned(), rule)]
}

fn record() -> AccountingRecordId {
    AccountingRecordId::new("r").unwrap()
}

/// A key that was not checked when it was created.
fn any_key(text: &str) -> IdempotencyKey {
    serde_json::from_value(text.into()).unwrap()
}

async fn customers_and_keys_are_checked(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let top_up = |customer: &str, key: IdempotencyKey| {
        let new = NewTopUp::new(customer, key, yuan("1"));
        let ledger = world.ledger.clone();
        async move { ledger.top_up(&new).await }
    };
    for (customer, rule) in [
        ("", "required"),
        ("a b", "not_visible_ascii"),
        ("caf\u{e9}", "not_visible_ascii"),
        (&"x".repeat(33), "too_long"),
    ] {
        assert_eq!(
            broken(top_up(customer, key("k")).await),
            one("customer_id", rule)
        );
    }
    for (text, rule) in [
        ("", "required"),
        ("a b", "not_visible_ascii"),
        ("caf\u{e9}", "not_visible_ascii"),
        (&"x".repeat(65), "too_long"),
        ("~expire:r", "reserved"),
    ] {
        assert_eq!(broken(top_up("c1", any_key(text)).await), one("key", rule));
    }
    assert_eq!(world.rows().await, (vec![], vec![], vec![]));
    // The longest, and every character that is escaped.
    let long = format!("{}%", "~".repeat(31));
    let receipt = top_up(&long, key(&"%".repeat(64))).await.unwrap();
    assert_eq!(receipt.seq, 1);
    assert!(top_up(&long, key(&"%".repeat(64))).await.unwrap().replayed);
}

async fn amounts_are_checked(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let ledger = &world.ledger;
    for amount in ["0", "-1"] {
        let amount = yuan(amount);
        let top_up = NewTopUp::new("c1", key("k"), amount);
        assert_eq!(
            broken(ledger.top_up(&top_up).await),
            one("amount", "not_positive")
        );
        let refund = NewRefund::new("c1", key("k"), record(), amount);
        assert_eq!(
            broken(ledger.refund(&refund).await),
            one("amount", "not_positive")
        );
    }
    let minus = yuan("-0.000001");
    let hold = NewAuthorization::new("c1", key("k"), minus, minute());
    assert_eq!(
        broken(ledger.authorize(&hold).await),
        one("max", "negative")
    );
    let charge = NewCharge::of_amount("c1", key("k"), minus);
    assert_eq!(
        broken(ledger.charge(&charge).await),
        one("amount", "negative")
    );
    let settle = NewSettlement::of_amount("c1", key("k"), record(), minus);
    assert_eq!(
        broken(ledger.settle(&settle).await),
        one("amount", "negative")
    );
    let limit = NewLimit::new("c1", key("k"), minus);
    assert_eq!(
        broken(ledger.set_limit(&limit).await),
        one("limit", "negative")
    );
    let nothing = NewAdjustment::new("c1", key("k"), yuan("0"));
    assert_eq!(broken(ledger.adjust(&nothing).await), one("amount", "zero"));
    let nothing = NewRerating::new("c1", key("k"), record(), cny(), Cost::default());
    assert_eq!(broken(ledger.rerate(&nothing).await), one("delta", "zero"));
    let mut refund = NewRefund::new("c1", key("k"), record(), yuan("1"));
    refund.currency = points();
    assert_eq!(
        broken(ledger.refund(&refund).await),
        one("amount", "currency_mismatch")
    );
    // 7 places, and 10^12: neither is an amount.
    for (amount, rule) in [
        ("0.0000001", "too_many_digits"),
        ("1000000000000", "out_of_range"),
    ] {
        let error = Money::new(amount.parse().unwrap(), cny()).unwrap_err();
        assert_eq!(error.code(), Some(rule));
    }
    assert_eq!(world.rows().await, (vec![], vec![], vec![]));
}

async fn other_fields_are_checked(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let ledger = &world.ledger;
    for (ttl, rule) in [
        (Duration::ZERO, "out_of_range"),
        (Duration::from_millis(999), "out_of_range"),
        (Duration::from_millis(1_500), "too_many_digits"),
        (Duration::from_secs(31_622_401), "out_of_range"),
        (Duration::MAX, "out_of_range"),
    ] {
        let hold = NewAuthorization::new("c1", key("k"), yuan("0"), ttl);
        assert_eq!(
            broken(ledger.authorize(&hold).await),
            one("ttl", rule),
            "{ttl:?}"
        );
    }
    let charge = || NewCharge::of_amount("c1", key("k"), yuan("0"));
    assert_eq!(
        broken(ledger.charge(&charge().overrun(Overrun::Hold)).await),
        one("overrun", "not_allowed")
    );
    let long = |length| "x".repeat(length);
    let all = charge()
        .llmid(long(33))
        .model_name(long(129))
        .transno(long(65))
        .retry_count(-1);
    let found = broken(ledger.charge(&all).await);
    let paths: Vec<_> = found
        .iter()
        .map(|(path, rule)| (path.as_str(), *rule))
        .collect();
    assert_eq!(
        paths,
        [
            ("llmid", "too_long"),
            ("model_name", "too_long"),
            ("transno", "too_long"),
            ("retry_count", "out_of_range")
        ]
    );
    let nul = charge().transno("a\0b");
    assert_eq!(
        broken(ledger.charge(&nul).await),
        one("transno", "nul_character")
    );
    let reason = long(201);
    let adjust = NewAdjustment::new("c1", key("k"), yuan("1")).reason(&*reason);
    assert_eq!(
        broken(ledger.adjust(&adjust).await),
        one("reason", "too_long")
    );
    let status = NewStatus::new(
        "c1",
        key("k"),
        cny(),
        BalanceStatus::from_str_code("closed"),
    );
    assert_eq!(
        broken(ledger.set_status(&status).await),
        one("status", "unrecognized_code")
    );
    let reversal = NewReversal::new("c1", cny(), 0);
    assert_eq!(
        broken(ledger.reverse(&reversal).await),
        one("seq", "out_of_range")
    );
    assert_eq!(world.rows().await, (vec![], vec![], vec![]));
}

async fn prices_are_checked(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let charge = |price: PriceSheet, quantities| {
        let new = NewCharge::of_usage("c1", key("k"), cny(), quantities, price);
        let ledger = world.ledger.clone();
        async move { ledger.charge(&new).await }
    };
    let one_token = || used(Bucket::Input, 1);
    let dollars = sheet("USD", Bucket::Input, "1", RatePer::One);
    assert_eq!(
        broken(charge(dollars, one_token()).await),
        one("price", "currency_mismatch")
    );
    let output = sheet("CNY", Bucket::Output, "1", RatePer::One);
    assert_eq!(
        broken(charge(output, one_token()).await),
        one("quantities.input", "no_rate")
    );
    let most = sheet("CNY", Bucket::Input, "999999999.999999", RatePer::One);
    let found = broken(charge(most, used(Bucket::Input, 1_001)).await);
    assert_eq!(found, one("quantities", "out_of_range"));
    let free = sheet("CNY", Bucket::Input, "0", RatePer::One);
    let tokens = used(Bucket::Input, i64::MAX)
        .with(Bucket::CacheRead, 1)
        .unwrap();
    let found = broken(charge(free, tokens).await);
    assert!(
        found.contains(&("quantities".to_owned(), "out_of_range")),
        "{found:?}"
    );
    let found = broken(charge(PriceSheet::new("p", "CNY", ["m"]), one_token()).await);
    assert!(
        found.contains(&("price.tiers".to_owned(), "required")),
        "{found:?}"
    );
    let mut without = NewCharge::of_usage(
        "c1",
        key("k"),
        cny(),
        one_token(),
        sheet("CNY", Bucket::Input, "1", RatePer::One),
    );
    without.price = None;
    assert_eq!(
        broken(world.ledger.charge(&without).await),
        one("price", "required")
    );
    assert_eq!(world.rows().await, (vec![], vec![], vec![]));
}

async fn another_scale_is_invalid(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let top_up = |currency, units| {
        let amount = Money::from_units(units, currency).unwrap();
        NewTopUp::new("c1", key("k"), amount)
    };
    let receipt = world.ledger.top_up(&top_up(points(), 1)).await.unwrap();
    assert_eq!(receipt.balance.units(), 1);
    // Before the key, which would be known.
    let fine = Currency::unit("POINTS", 2).unwrap();
    let found = broken(world.ledger.top_up(&top_up(fine, 100)).await);
    assert_eq!(found, one("currency", "scale_mismatch"));
    let min = Money::zero(fine);
    let error = world.ledger.admit("c1", min).await.unwrap_err();
    assert_eq!(error.code(), Some("currency_mismatch"));
    world.assert_consistent().await;
}

/// A hold that is longer than a request can be, with every text at its longest.
async fn the_longest_request_is_stored(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let mut quantities = used(Bucket::Input, i64::MAX / 8);
    for bucket in Bucket::ALL.into_iter().skip(1) {
        quantities = quantities.with(bucket, 99_999_999_999_i64).unwrap();
    }
    let customer = "%".repeat(32);
    let hold = NewAuthorization::new(&customer, key(&"%".repeat(64)), yuan("0"), minute());
    let record = world
        .ledger
        .authorize(&hold)
        .await
        .unwrap()
        .record_id
        .unwrap();
    let wide = "\u{1f600}";
    let settle = NewSettlement::of_usage(&customer, key("%"), record, cny(), quantities)
        .overrun(Overrun::Available)
        .llmid(wide.repeat(32))
        .model_name(wide.repeat(128))
        .price(sheet("CNY", Bucket::Input, "0", RatePer::One));
    // The sheet has no rate for the others, which is a refusal that is stored.
    let error = world.ledger.settle(&settle).await.unwrap_err();
    assert_eq!(error.code(), Some("no_rate"));
    let adjust = NewAdjustment::new(&customer, key("a"), yuan("1")).reason(wide.repeat(200));
    world.ledger.adjust(&adjust).await.unwrap();
    assert!(world.ledger.adjust(&adjust).await.unwrap().replayed);
    let longest = world
        .entries()
        .await
        .iter()
        .map(|entry| entry.request.len())
        .max();
    assert!(longest.unwrap() > 2_400);
    world.assert_consistent().await;
}

async fn a_clock_that_goes_back_does_not_go_back_in_an_account(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    world.top_up("t", "10").await;
    world.clock.advance(TimeDelta::seconds(-30));
    let receipt = world.top_up("t2", "1").await;
    assert_eq!(receipt.time, start());
    let record = world.hold("h", "4").await;
    let expires_at = world.record(&record).await.state.expires_at.unwrap();
    assert_eq!(expires_at, start() + TimeDelta::seconds(60));
    // Another account has its own time.
    let other = NewTopUp::new("c2", key("t"), yuan("1"));
    let receipt = world.ledger.top_up(&other).await.unwrap();
    assert_eq!(receipt.time, start() - TimeDelta::seconds(30));
    world.assert_consistent().await;
}

genledger_testkit::store_cases!(
    customers_and_keys_are_checked,
    amounts_are_checked,
    other_fields_are_checked,
    prices_are_checked,
    another_scale_is_invalid,
    the_longest_request_is_stored,
    a_clock_that_goes_back_does_not_go_back_in_an_account,
);
