//! Audits of what is new since the last one.

use std::sync::Arc;

use genledger::accounting::{
    AccountingRecord, Audit, AuditCheck, AuditMark, BalanceEntry, Discrepancy, NewRefund,
};
use genledger::contract::Store;

use super::scene::{Row, found_by, replace, scene};
use crate::ledger::world::{World, yuan};
use crate::sample::{cny, key};

/// As many as no id of the accounts of the scene is in the first one.
const PARTS: u32 = 1_000_003;

async fn part(store: &Arc<dyn Store>, part: u32, of: u32) -> Vec<Discrepancy> {
    found_by(
        Audit::new(Arc::clone(store))
            .page_size(3)
            .incremental(part, of),
    )
    .await
}

async fn entry(world: &World, seq: i64) -> BalanceEntry {
    let mut entries = world.entries().await.into_iter();
    let is =
        |one: &BalanceEntry| one.customer_id == "c1" && one.currency == "CNY" && one.seq == seq;
    entries.find(is).unwrap()
}

async fn what_is_new_is_checked_and_the_rest_in_turn(store: &Arc<dyn Store>) {
    let world = scene(store).await;
    let marks = world.all::<AuditMark>().await;
    let audit = Audit::new(Arc::clone(store)).incremental(0, PARTS);
    let read = audit.run(|_| {}).await.unwrap();
    // Two pending records, and nothing else.
    assert_eq!((read.entries, read.records, read.discrepancies), (0, 2, 0));
    // A change before the marks is found by one of the parts.
    let old = entry(&world, 3).await;
    let mut changed = old.clone();
    changed.amount -= yuan("1").amount();
    replace(store, &old, Some(&changed)).await;
    assert_eq!(part(store, 0, PARTS).await, []);
    let mut found = Vec::new();
    for number in 0..3 {
        found.extend(part(store, number, 3).await);
    }
    assert_eq!(found[0].check, AuditCheck::Digest);
    assert_eq!((found[0].table, found[0].seq), ("balance_entries", Some(3)));
    replace(store, &changed, Some(&old)).await;
    // A change after the mark is found at once; the mark stays where it was, also in an account that differs.
    world.top_up("new-1", "1").await;
    let last = world.top_up("new-2", "2").await.seq;
    let new = entry(&world, last - 1).await;
    let mut changed = new.clone();
    changed.amount += yuan("1").amount();
    replace(store, &new, Some(&changed)).await;
    let found = part(store, 0, PARTS).await;
    assert!(
        found.iter().all(|one| one.seq == Some(last - 1)),
        "{found:?}"
    );
    assert_eq!(found[0].check, AuditCheck::Digest);
    let kept = world.all::<AuditMark>().await;
    let seqs = |marks: &[AuditMark]| marks.iter().map(|one| one.seq).collect::<Vec<_>>();
    assert_eq!(seqs(&kept), seqs(&marks));
    // Repaired, the mark moves on.
    replace(store, &changed, Some(&new)).await;
    assert_eq!(part(store, 0, PARTS).await, []);
    let moved = world.all::<AuditMark>().await;
    let of_c1 = moved
        .iter()
        .find(|one| one.customer_id == "c1" && one.currency == "CNY");
    assert!(of_c1.is_some_and(|mark| mark.seq == last && mark.is_intact()));
}

async fn records_that_have_changed_are_checked(store: &Arc<dyn Store>) {
    let world = scene(store).await;
    let records = world.records().await;
    let is_charge = |one: &&AccountingRecord| one.request_id == Some(key("c-2"));
    let charge = records.iter().find(is_charge).unwrap();
    let mut changed = charge.clone();
    changed.model_name = Some("other".to_owned());
    let changed = changed.sealed(&[]);
    replace(store, charge, Some(&changed)).await;
    assert_eq!(part(store, 0, PARTS).await, []);
    // An old record, with a new entry.
    let refund = NewRefund::new("c1", key("r-9"), charge.id.clone(), yuan("0.5"));
    world.ledger.refund(&refund).await.unwrap();
    let found = part(store, 0, PARTS).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].column.as_deref(), Some("model_name"));
    // A pending one, without any.
    let pending = records
        .iter()
        .find(|one| one.request_id == Some(key("h-5")));
    let mut changed = pending.unwrap().clone();
    changed.state.held = 2.into();
    replace(store, pending.unwrap(), Some(&changed)).await;
    let found = part(store, 0, PARTS).await;
    assert!(found.iter().any(|one| one.check == AuditCheck::Holds));
}

/// A mark is only as good as its entry.
async fn a_mark_whose_entry_has_another_digest_is_found(store: &Arc<dyn Store>) {
    let world = scene(store).await;
    let mark = world.all::<AuditMark>().await.remove(0);
    let mut other = mark.clone();
    other.head_digest = "a".repeat(64);
    let other = other.sealed(&[]);
    replace(store, &mark, Some(&other)).await;
    let found = part(store, 0, PARTS).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0].check, found[0].table),
        (&AuditCheck::Mark, "audit_marks")
    );
    let refused = world.ledger.balance("c1", cny()).await.unwrap();
    assert!(refused.is_some());
}

genledger_testkit::store_cases!(
    what_is_new_is_checked_and_the_rest_in_turn,
    records_that_have_changed_are_checked,
    a_mark_whose_entry_has_another_digest_is_found,
);
