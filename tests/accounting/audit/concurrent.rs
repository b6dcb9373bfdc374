//! Audits while operations continue.

use std::sync::Arc;

use chrono::TimeDelta;
use genledger::accounting::{Audit, Bucket, NewAuthorization, NewCharge, NewRefund, NewSettlement};
use genledger::contract::Store;
use tokio::task::yield_now;

use super::scene::{audited, found_by, price};
use crate::ledger::world::{World, minute, used, yuan};
use crate::sample::{cny, key};

/// The entries at which a test ends.
const ENOUGH: usize = 80;

/// Holds, settlements, charges and refunds of one account, one after the other, without an end.
async fn work(world: &World) {
    let ledger = &world.ledger;
    for number in 0_u64.. {
        let name = |what: &str| key(&format!("{what}-{number}"));
        let hold = NewAuthorization::new("c1", name("h"), yuan("1"), minute()).price(price());
        let hold = ledger.authorize(&hold).await.unwrap().record_id.unwrap();
        let charge = NewCharge::of_usage("c1", name("c"), cny(), used(Bucket::Input, 7), price());
        ledger.charge(&charge).await.unwrap();
        if number % 3 > 0 {
            let used = used(Bucket::Input, 5);
            let settle = NewSettlement::of_usage("c1", name("s"), hold.clone(), cny(), used);
            ledger.settle(&settle.price(price())).await.unwrap();
            let refund = NewRefund::all("c1", name("r"), hold, cny());
            // There may be nothing to refund.
            let _ = ledger.refund(&refund).await;
        }
        world.clock.advance(TimeDelta::seconds(10));
        ledger.sweep().await.unwrap();
        // In memory no statement waits.
        yield_now().await;
    }
}

async fn an_audit_at_the_same_time_finds_nothing(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    world.top_up("t", "100").await;
    let audits = async {
        while world.entries().await.len() < ENOUGH {
            let audit = Audit::new(Arc::clone(store)).page_size(20);
            assert_eq!(found_by(audit.clone()).await, []);
            assert_eq!(found_by(audit.incremental(0, 1_000_003)).await, []);
            yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = work(&world) => unreachable!(),
        () = audits => {}
    }
    assert_eq!(audited(store).await, []);
}

genledger_testkit::store_cases!(an_audit_at_the_same_time_finds_nothing);
