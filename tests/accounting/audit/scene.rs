//! Accounts with every kind of entry, and what an audit finds in them.

use std::sync::Arc;

use chrono::TimeDelta;
use genledger::accounting::{
    AccountingRecord, Audit, AuditMark, BalanceEntry, BalanceStatus, Bucket, Cost, CustomerBalance,
    Discrepancy, Late, Money, NewAdjustment, NewAuthorization, NewCharge, NewLimit, NewRefund,
    NewRerating, NewReversal, NewSettlement, NewStatus, NewTopUp, NewVoid, PriceSheet, RatePer,
};
use genledger::contract::{Entity, SessionExt, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ledger::world::{World, minute, points, sheet, used, yuan};
use crate::sample::{cny, key};

/// A row that a test replaces by another one.
pub(crate) trait Row: Entity + Clone + Serialize + DeserializeOwned {
    /// The row with the digest of its values; `rows` are all of its table.
    fn sealed(self, rows: &[Self]) -> Self;
}

impl Row for CustomerBalance {
    fn sealed(mut self, _: &[Self]) -> Self {
        self.digest = self.row_digest().unwrap();
        self
    }
}

impl Row for BalanceEntry {
    fn sealed(mut self, rows: &[Self]) -> Self {
        let before = rows.iter().find(|row| {
            (&row.customer_id, &row.currency, row.seq + 1)
                == (&self.customer_id, &self.currency, self.seq)
        });
        let previous = before.map_or_else(|| "0".repeat(64), |before| before.digest.clone());
        self.digest = self.row_digest(&previous).unwrap();
        self
    }
}

impl Row for AccountingRecord {
    fn sealed(mut self, _: &[Self]) -> Self {
        self.state.digest = self.row_digest().unwrap();
        self
    }
}

impl Row for AuditMark {
    fn sealed(mut self, _: &[Self]) -> Self {
        self.digest = self.row_digest().unwrap();
        self
    }
}

pub(crate) fn price() -> Arc<PriceSheet> {
    Arc::new(sheet("CNY", Bucket::Input, "0.37", RatePer::Million))
}

/// What an audit of everything finds.
pub(crate) async fn audited(store: &Arc<dyn Store>) -> Vec<Discrepancy> {
    found_by(Audit::new(Arc::clone(store)).page_size(3)).await
}

pub(crate) async fn found_by(audit: Audit) -> Vec<Discrepancy> {
    let mut found = Vec::new();
    let audited = audit.run(|one| found.push(one)).await.unwrap();
    assert_eq!(audited.discrepancies, u64::try_from(found.len()).unwrap());
    found
}

/// Deletes a row, and inserts another one, if there is one.
pub(crate) async fn replace<E: Row>(store: &Arc<dyn Store>, row: &E, other: Option<&E>) {
    let session = store.session();
    assert!(session.delete::<E>(&row.key()).await.unwrap());
    if let Some(other) = other {
        session.insert(other).await.unwrap();
    }
}

/// Accounts with every kind of entry, done and refused, each with a mark.
pub(crate) async fn scene(store: &Arc<dyn Store>) -> World {
    let world = World::new(store).await;
    let ledger = &world.ledger;
    world.top_up("t", "10").await;
    let hold = NewAuthorization::new("c1", key("h-1"), yuan("4"), minute())
        .llmid("l-1")
        .model_name("m-1")
        .transno("order 7")
        .retry_count(2)
        .price(price());
    let hold = ledger.authorize(&hold).await.unwrap().record_id.unwrap();
    let used_up = used(Bucket::Input, 100);
    let settle = NewSettlement::of_usage("c1", key("s-1"), hold, cny(), used_up);
    ledger.settle(&settle.price(price())).await.unwrap();
    let usage =
        |name: &str| NewCharge::of_usage("c1", key(name), cny(), used(Bucket::Input, 30), price());
    let priced = ledger.charge(&usage("c-1")).await.unwrap();
    let priced = priced.record_id.unwrap();
    let charged = world.charge("c-2", "2").await;
    let refund = NewRefund::new("c1", key("r-1"), charged.clone(), yuan("1")).reason("sorry, %");
    let refunded = ledger.refund(&refund).await.unwrap();
    ledger
        .refund(&NewRefund::all("c1", key("r-2"), charged.clone(), cny()))
        .await
        .unwrap();
    ledger
        .reverse(&NewReversal::new("c1", cny(), refunded.seq))
        .await
        .unwrap();
    let delta = Cost::from_attos(-3_000_000_000_001).unwrap();
    let rerate = NewRerating::new("c1", key("q-1"), priced, cny(), delta);
    ledger.rerate(&rerate.price(price())).await.unwrap();
    let delta = Cost::from_attos(5_000_000_000_000).unwrap();
    let rerate = NewRerating::new("c1", key("q-2"), charged, cny(), delta);
    ledger.rerate(&rerate).await.unwrap();
    let voided = world.hold("h-2", "1").await;
    ledger
        .void(&NewVoid::new("c1", key("v-1"), voided.clone(), cny()))
        .await
        .unwrap();
    ledger
        .void(&NewVoid::new("c1", key("v-2"), voided, cny()))
        .await
        .unwrap_err();
    let late = world.hold("h-3", "1").await;
    world.hold("h-4", "1").await;
    world.clock.advance(TimeDelta::seconds(60));
    assert_eq!(ledger.sweep().await.unwrap().expired.len(), 2);
    let settle = NewSettlement::of_amount("c1", key("s-2"), late, yuan("0.5"));
    ledger.settle(&settle.late(Late::Charge)).await.unwrap();
    world.hold("h-5", "1").await;
    world.hold("h-6", "0").await;
    let much = NewAuthorization::new("c1", key("h-7"), yuan("1000"), minute());
    ledger.authorize(&much).await.unwrap_err();
    let status = |name: &str, status| NewStatus::new("c1", key(name), cny(), status);
    let frozen = status("f-1", BalanceStatus::Frozen).reason("why");
    ledger.set_status(&frozen).await.unwrap();
    ledger.charge(&usage("c-3")).await.unwrap_err();
    ledger
        .set_status(&status("f-2", BalanceStatus::Open))
        .await
        .unwrap();
    let limit = NewLimit::new("c1", key("l-1"), yuan("5.5"));
    ledger.set_limit(&limit).await.unwrap();
    let less = NewAdjustment::new("c1", key("a-1"), yuan("-1"));
    ledger.adjust(&less).await.unwrap();
    let some = Money::from_units(5, points()).unwrap();
    ledger
        .top_up(&NewTopUp::new("c1", key("p"), some))
        .await
        .unwrap();
    ledger
        .set_limit(&NewLimit::unlimited("c2", key("l"), cny()))
        .await
        .unwrap();
    world.assert_consistent().await;
    let audit = Audit::new(Arc::clone(store)).marking(true);
    assert_eq!(found_by(audit.with_clock(world.clock.clone())).await, []);
    assert_eq!(audited(store).await, []);
    world
}
