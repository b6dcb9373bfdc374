//! Repetitions: the stored receipt, whatever has happened since; and keys that were used for something else.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use genledger::accounting::{
    BalanceStatus, Bucket, Cost, Ledger, NewAdjustment, NewAuthorization, NewCharge, NewLimit,
    NewRefund, NewRerating, NewReversal, NewSettlement, NewStatus, NewTopUp, NewVoid, Overrun,
    RatePer, Receipt, Refusal,
};
use genledger::contract::{ErrorKind, Result, Store};

use super::world::{World, minute, original, points, sheet, used, yuan};
use crate::sample::{cny, key};

/// The receipt of an operation, done or refused.
fn receipt(result: Result<Receipt>) -> Receipt {
    match result {
        Ok(receipt) => receipt,
        Err(error) => Refusal::of(&error)
            .unwrap_or_else(|| panic!("{error}"))
            .receipt
            .clone(),
    }
}

/// One of each operation.
enum Call {
    TopUp(NewTopUp),
    Authorize(NewAuthorization),
    Settle(NewSettlement),
    Void(NewVoid),
    Charge(NewCharge),
    Refund(NewRefund),
    Adjust(NewAdjustment),
    Rerate(NewRerating),
    Reverse(NewReversal),
    Limit(NewLimit),
    Status(NewStatus),
}

impl Call {
    async fn on(&self, ledger: &Ledger) -> Receipt {
        receipt(match self {
            Self::TopUp(new) => ledger.top_up(new).await,
            Self::Authorize(new) => ledger.authorize(new).await,
            Self::Settle(new) => ledger.settle(new).await,
            Self::Void(new) => ledger.void(new).await,
            Self::Charge(new) => ledger.charge(new).await,
            Self::Refund(new) => ledger.refund(new).await,
            Self::Adjust(new) => ledger.adjust(new).await,
            Self::Rerate(new) => ledger.rerate(new).await,
            Self::Reverse(new) => ledger.reverse(new).await,
            Self::Limit(new) => ledger.set_limit(new).await,
            Self::Status(new) => ledger.set_status(new).await,
        })
    }
}

/// Each operation, done and refused, and what it returned.
async fn each(world: &World) -> Vec<(Call, Receipt)> {
    let mut done = Vec::new();
    let mut hold = None;
    let mut charge = None;
    let top_up = Call::TopUp(NewTopUp::new("c1", key("t"), yuan("10")).transno("t-8"));
    let limit = Call::Limit(NewLimit::new("c1", key("l"), yuan("1")));
    let authorize = NewAuthorization::new("c1", key("h"), yuan("4"), minute()).llmid("m-1");
    let frozen = NewStatus::new("c1", key("f"), cny(), BalanceStatus::Frozen).reason("r");
    let open = NewStatus::new("c1", key("o"), cny(), BalanceStatus::Open);
    for call in [
        top_up,
        limit,
        Call::Authorize(authorize),
        Call::Status(frozen),
        Call::Authorize(NewAuthorization::new("c1", key("h2"), yuan("1"), minute())),
        Call::Status(open),
        Call::Charge(NewCharge::of_amount("c1", key("c"), yuan("2"))),
        Call::Charge(NewCharge::of_amount("c1", key("c2"), yuan("200"))),
        Call::Adjust(NewAdjustment::new("c1", key("a"), yuan("-1"))),
    ] {
        let receipt = call.on(&world.ledger).await;
        match &call {
            Call::Authorize(_) if hold.is_none() => hold.clone_from(&receipt.record_id),
            Call::Charge(_) if charge.is_none() => charge.clone_from(&receipt.record_id),
            _ => {}
        }
        done.push((call, receipt));
    }
    let (hold, charge) = (hold.unwrap(), charge.unwrap());
    let sheet = sheet("CNY", Bucket::Second, "0.0025", RatePer::One);
    let used = used(
        Bucket::Second,
        "12.5".parse::<rust_decimal::Decimal>().unwrap(),
    );
    let settle = NewSettlement::of_usage("c1", key("s"), hold.clone(), cny(), used);
    let delta = Cost::from_attos(-1_500_000_000_000).unwrap();
    for call in [
        Call::Settle(settle.price(sheet).overrun(Overrun::Hold)),
        Call::Void(NewVoid::new("c1", key("v"), hold, cny())),
        Call::Refund(NewRefund::new("c1", key("r"), charge.clone(), yuan("0.5"))),
        Call::Rerate(NewRerating::new(
            "c1",
            key("d"),
            charge.clone(),
            cny(),
            delta,
        )),
        Call::Refund(NewRefund::all("c1", key("r2"), charge, cny()).reason("all")),
        Call::Reverse(NewReversal::new("c1", cny(), 1).reason("recalled")),
    ] {
        let receipt = call.on(&world.ledger).await;
        done.push((call, receipt));
    }
    done
}

async fn every_operation_is_repeated_with_its_receipt(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let calls = each(&world).await;
    let rows = world.rows().await;
    for (call, receipt) in &calls {
        assert!(!receipt.replayed);
        let again = call.on(&world.ledger).await;
        assert!(again.replayed);
        assert_eq!(&original(again), receipt);
    }
    assert_eq!(world.rows().await, rows);
    // Later, at another time, by another process.
    world.clock.advance(TimeDelta::days(400));
    world.top_up("later", "5").await;
    let other = Ledger::new(Arc::clone(store));
    for (call, receipt) in calls.iter().rev() {
        assert_eq!(&original(call.on(&other).await), receipt);
    }
    assert_eq!(world.entries().await.len(), rows.1.len() + 1);
    world.assert_consistent().await;
}

async fn another_request_under_a_key_is_refused(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let ledger = &world.ledger;
    world.top_up("t", "10").await;
    let conflict = |result: Result<Receipt>, field: &str| {
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind(), error.table(), error.column()),
            (
                ErrorKind::UniqueViolation,
                Some("balance_entries"),
                Some(field)
            )
        );
    };
    let price = Arc::new(sheet("CNY", Bucket::Input, "1", RatePer::One));
    let tokens = |count: i64| used(Bucket::Input, count);
    let first = || {
        NewCharge::of_usage("c1", key("k"), cny(), tokens(2), price.clone())
            .overrun(Overrun::Available)
            .llmid("m")
            .model_name("n")
            .transno("t")
            .retry_count(1)
    };
    ledger.charge(&first()).await.unwrap();
    let rows = world.rows().await;
    let change = |change: fn(&mut NewCharge)| {
        let mut new = first();
        change(&mut new);
        let ledger = ledger.clone();
        async move { ledger.charge(&new).await }
    };
    conflict(change(|new| new.llmid = None).await, "llmid");
    conflict(
        change(|new| new.model_name = Some("N".into())).await,
        "model",
    );
    conflict(
        change(|new| new.transno = Some("t ".into())).await,
        "transno",
    );
    conflict(change(|new| new.retry_count = None).await, "retry");
    conflict(change(|new| new.overrun = Overrun::Refuse).await, "overrun");
    // The first of several.
    let several = |new: &mut NewCharge| {
        new.transno = None;
        new.llmid = Some("o".into());
    };
    conflict(change(several).await, "llmid");
    let mut new = first();
    new.due = genledger::accounting::Due::Usage {
        currency: cny(),
        quantities: tokens(3),
    };
    conflict(ledger.charge(&new).await, "quantities.input");
    let more = sheet("CNY", Bucket::Input, "1.5", RatePer::One);
    conflict(ledger.charge(&first().price(more)).await, "price");
    new.due = genledger::accounting::Due::Amount(yuan("2"));
    conflict(ledger.charge(&new).await, "amount");
    // In another account of the customer, and by another operation.
    let top_up = NewTopUp::new(
        "c1",
        key("k"),
        genledger::accounting::Money::from_units(1, points()).unwrap(),
    );
    conflict(ledger.top_up(&top_up).await, "operation");
    let first = NewAuthorization::new("c1", key("h"), yuan("1"), minute());
    ledger.authorize(&first).await.unwrap();
    let mut ttl = first.clone();
    ttl.ttl = Duration::from_secs(61);
    conflict(ledger.authorize(&ttl).await, "ttl");
    let mut other = first.clone();
    other.max = genledger::accounting::Money::zero(points());
    conflict(ledger.authorize(&other).await, "currency");
    // Refusals are remembered as well.
    let poor = NewCharge::of_amount("c1", key("poor"), yuan("100"));
    assert_eq!(
        ledger.charge(&poor).await.unwrap_err().code(),
        Some("insufficient_funds")
    );
    world.top_up("rich", "1000").await;
    let error = ledger.charge(&poor).await.unwrap_err();
    assert!(Refusal::of(&error).unwrap().receipt.replayed);
    let mut less = poor.clone();
    less.due = genledger::accounting::Due::Amount(yuan("1"));
    conflict(ledger.charge(&less).await, "amount");
    // The key of another customer is another key, and a conflict has written nothing.
    let other = NewTopUp::new("c2", key("k"), yuan("1"));
    assert!(!ledger.top_up(&other).await.unwrap().replayed);
    assert_eq!(world.entries().await.len(), rows.1.len() + 4);
    assert_eq!(world.accounts().await.len(), 2);
    world.assert_consistent().await;
}

/// The text of a request is part of the format of the journal.
async fn the_text_of_a_request_is_canonical(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let sheet = sheet("CNY", Bucket::Second, "0", RatePer::One);
    let quantities = used(
        Bucket::Second,
        "12.50".parse::<rust_decimal::Decimal>().unwrap(),
    );
    let charge = NewCharge::of_usage("c1", key("k%1"), cny(), quantities, sheet.clone())
        .overrun(Overrun::Available)
        .llmid("m 1")
        .model_name("\u{6a21}")
        .transno("a\nb")
        .retry_count(3);
    let receipt = world.ledger.charge(&charge).await.unwrap();
    let hold = NewAuthorization::new("c1", key("h"), yuan("0"), minute());
    let hold = world
        .ledger
        .authorize(&hold)
        .await
        .unwrap()
        .record_id
        .unwrap();
    let settle = NewSettlement::of_amount("c1", key("s"), hold.clone(), yuan("0.00"));
    world
        .ledger
        .settle(&settle.late(genledger::accounting::Late::Charge))
        .await
        .unwrap();
    let delta = Cost::from_attos(-1).unwrap();
    let record = receipt.record_id.unwrap();
    let rerate = NewRerating::new("c1", key("d"), record.clone(), cny(), delta).debt(true);
    // Less than nothing cannot be charged.
    assert_eq!(
        world.ledger.rerate(&rerate).await.unwrap_err().code(),
        Some("exceeds_settled")
    );
    let limit = NewLimit::unlimited("c1", key("l"), cny());
    world.ledger.set_limit(&limit).await.unwrap();
    let texts: Vec<_> = world
        .entries()
        .await
        .into_iter()
        .map(|entry| entry.request)
        .collect();
    let begin = |operation: &str, key: &str| {
        format!(
            "genledger-request/1\noperation={operation}\ncustomer=c1\nkey={key}\ncurrency=CNY\n"
        )
    };
    assert_eq!(
        texts,
        [
            begin("charge", "k%251")
                + "q.second=12.5\noverrun=available\nllmid=m%201\nmodel=%E6%A8%A1\n"
                + &format!("price={}\ntransno=a%0Ab\nretry=3\n", sheet.version()),
            begin("authorize", "h") + "max=0\nttl=60\n",
            begin("settle", "s") + &format!("record={hold}\namount=0\nlate=charge\n"),
            begin("rerate", "d")
                + &format!("record={record}\ndebt=true\ndelta=-0.000000000000000001\n"),
            begin("limit", "l") + "limit=unlimited\n",
        ]
    );
}

genledger_testkit::store_cases!(
    every_operation_is_repeated_with_its_receipt,
    another_request_under_a_key_is_refused,
    the_text_of_a_request_is_canonical,
);
