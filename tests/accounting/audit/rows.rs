//! Rows are deleted and inserted.

use std::sync::Arc;

use chrono::TimeDelta;
use genledger::accounting::{
    AccountingRecord, Audit, AuditCheck, AuditMark, BalanceEntry, Cost, CustomerBalance,
    Discrepancy, NewRefund, NewRerating,
};
use genledger::contract::{ErrorKind, SessionExt, Store};
use genledger::id::AccountingRecordId;
use genledger::json::JsonObject;

use super::scene::{Row, audited, replace, scene};
use crate::ledger::world::{World, yuan};
use crate::sample::{cny, key, record};

async fn each_is_missed<E: Row>(store: &Arc<dyn Store>, world: &World) {
    for row in world.all::<E>().await {
        replace(store, &row, None).await;
        assert_ne!(audited(store).await, [], "{:?}", serde_json::to_value(&row));
        store.session().insert(&row).await.unwrap();
    }
}

/// A number that is missing is reported as such, also where the digest of the next entry is not the only witness.
async fn a_missing_number_is_named(store: &Arc<dyn Store>) {
    let world = scene(store).await;
    let entries = world.entries().await;
    let is = |one: &&BalanceEntry| one.customer_id == "c1" && one.currency == "CNY" && one.seq == 2;
    let second = entries.iter().find(is).unwrap();
    replace(store, second, None).await;
    let found = audited(store).await;
    let gap = found.iter().find(|one| one.check == AuditCheck::Sequence);
    let gap = gap.unwrap();
    assert_eq!((gap.seq, gap.found.as_deref()), (Some(2), Some("3")));
}

/// An entry that is earlier than the one before it, although all digests are those of the rows.
async fn an_earlier_entry_is_found(store: &Arc<dyn Store>) {
    let world = scene(store).await;
    let entries = world.entries().await;
    let account = world.balance().await;
    let is = |one: &&BalanceEntry| one.digest == account.head_digest;
    let last = entries.iter().find(is).unwrap();
    let mut earlier = last.clone();
    earlier.created_at -= TimeDelta::seconds(30);
    let earlier = earlier.sealed(&entries);
    let mut forged = account.clone();
    forged.head_digest.clone_from(&earlier.digest);
    forged.updated_at = earlier.created_at;
    replace(store, last, Some(&earlier)).await;
    replace(store, &account, Some(&forged.sealed(&[]))).await;
    let checks = checks(&audited(store).await);
    // The mark knows the other digest.
    assert_eq!(checks, [AuditCheck::Mark, AuditCheck::Time]);
}

/// A record that something has set back to what it was, with its digest of that time.
async fn a_record_that_was_set_back_is_found(store: &Arc<dyn Store>) {
    let world = scene(store).await;
    let id = world.charge("c-9", "2").await;
    let before = world.record(&id).await;
    let refund = NewRefund::new("c1", key("r-9"), id.clone(), yuan("1"));
    let refund = world.ledger.refund(&refund).await.unwrap();
    let after = world.record(&id).await;
    replace(store, &after, Some(&before)).await;
    let found = audited(store).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0].check, found[0].seq),
        (&AuditCheck::Record, Some(refund.seq))
    );
    assert_eq!(found[0].column.as_deref(), Some("last_seq"));
}

async fn a_deleted_row_is_found(store: &Arc<dyn Store>) {
    let world = scene(store).await;
    each_is_missed::<CustomerBalance>(store, &world).await;
    each_is_missed::<BalanceEntry>(store, &world).await;
    each_is_missed::<AccountingRecord>(store, &world).await;
    // A mark only saves work.
    for mark in world.all::<AuditMark>().await {
        replace(store, &mark, None).await;
    }
    assert_eq!(audited(store).await, []);
}

/// What is found when a row was inserted, which is deleted again.
async fn with<E: Row>(store: &Arc<dyn Store>, row: E) -> Vec<Discrepancy> {
    store.session().insert(&row).await.unwrap();
    let found = audited(store).await;
    replace(store, &row, None).await;
    assert_eq!(audited(store).await, []);
    found
}

fn checks(found: &[Discrepancy]) -> Vec<AuditCheck> {
    found.iter().map(|one| one.check.clone()).collect()
}

/// Costs are calculated again: from other rates of a record, and of a rerating that has another residual, although all
/// digests are those of the rows.
async fn another_cost_is_found(store: &Arc<dyn Store>) {
    let world = scene(store).await;
    let records = world.records().await;
    let is_settled = |one: &&AccountingRecord| one.request_id == Some(key("h-1"));
    let settled = records.iter().find(is_settled).unwrap();
    let mut changed = settled.clone();
    let rates = r#"{"tier":0,"rates":{"input":["0.38",1000000]}}"#;
    changed.state.price = Some(JsonObject::from_text(rates));
    let changed = changed.sealed(&[]);
    replace(store, settled, Some(&changed)).await;
    let found = audited(store).await;
    assert_eq!(checks(&found), [AuditCheck::Cost]);
    assert_eq!(found[0].expected.as_deref(), Some("38000000000000"));
    replace(store, &changed, Some(settled)).await;
    let delta = Cost::from_attos(2_000_000_000_000).unwrap();
    let rerate = NewRerating::new("c1", key("q-9"), settled.id.clone(), cny(), delta);
    world.ledger.rerate(&rerate).await.unwrap();
    let entries = world.entries().await;
    let account = world.balance().await;
    let is = |one: &&BalanceEntry| one.digest == account.head_digest;
    let last = entries.iter().find(is).unwrap();
    let mut other = last.clone();
    other.residual -= 1;
    let other = other.sealed(&entries);
    let mut forged = account.clone();
    forged.head_digest.clone_from(&other.digest);
    forged.residual = other.residual;
    replace(store, last, Some(&other)).await;
    replace(store, &account, Some(&forged.sealed(&[]))).await;
    assert_eq!(checks(&audited(store).await), [AuditCheck::Cost]);
}

async fn an_inserted_row_is_found(store: &Arc<dyn Store>) {
    let world = scene(store).await;
    let entries = world.entries().await;
    let mut of_c1 = entries
        .iter()
        .filter(|one| one.customer_id == "c1" && one.currency == "CNY");
    // The next entry of an account, with all digests.
    let mut next = of_c1.next_back().unwrap().clone();
    next.seq += 1;
    next.request_id = key("new");
    let next = next.sealed(&entries);
    assert_eq!(checks(&with(store, next).await), [AuditCheck::Sequence]);
    // The first one of an account that does not exist.
    let mut first = entries[0].clone();
    first.customer_id = "c0".to_owned();
    let first = first.sealed(&entries);
    assert_eq!(checks(&with(store, first).await), [AuditCheck::Account]);
    // An account without entries, and one that states a last one.
    let mut account = world.balance().await;
    account.customer_id = "c3".to_owned();
    account.id = genledger::id::CustomerBalanceId::of("c3", "CNY");
    let found = with(store, account.clone().sealed(&[])).await;
    assert!(checks(&found).contains(&AuditCheck::Sequence));
    account.last_entry_seq = 0;
    account.reserved = 0.into();
    let found = with(store, account.sealed(&[])).await;
    assert!(checks(&found).contains(&AuditCheck::Account));
    // A second record of an entry.
    let records = world.records().await;
    for row in &records {
        let mut other = row.clone();
        other.id = AccountingRecordId::new("other").unwrap();
        other.request_id = Some(key("other"));
        let found = with(store, other.clone().sealed(&[])).await;
        let checks_of_record = checks(&found);
        let of_record = checks_of_record
            .iter()
            .filter(|check| **check == AuditCheck::Record);
        assert_eq!(of_record.count(), 1, "{found:?}");
        // Of an account that does not exist.
        other.customer_id = "c0".to_owned();
        let found = with(store, other.sealed(&[])).await;
        assert_eq!(checks(&found), [AuditCheck::Account]);
    }
    // A mark of an account that does not exist, and one that is before its account.
    let mark = world.all::<AuditMark>().await.remove(0);
    let mut other = mark.clone();
    other.customer_id = "c0".to_owned();
    let found = with(store, other.sealed(&[])).await;
    assert_eq!(checks(&found), [AuditCheck::Account]);
    let mut later = mark.clone();
    later.seq += 1_000;
    replace(store, &mark, Some(&later.clone().sealed(&[]))).await;
    assert_eq!(checks(&audited(store).await), [AuditCheck::Mark]);
}

/// A record that no entry has created is of another program.
async fn a_record_of_another_program_may_have_no_entry(store: &Arc<dyn Store>) {
    scene(store).await;
    let found = with(store, record("foreign")).await;
    assert_eq!(found, []);
    let mut holding = record("foreign");
    holding.state.held = 1.into();
    let found = with(store, holding.sealed(&[])).await;
    assert_eq!(checks(&found), [AuditCheck::Record, AuditCheck::Holds]);
}

async fn bad_options_are_refused(store: &Arc<dyn Store>) {
    let world = World::new(store).await;
    let audit = Audit::new(Arc::clone(&world.store));
    for (audit, path) in [
        (audit.clone().page_size(0), "page_size"),
        (audit.clone().page_size(1_001), "page_size"),
        (audit.clone().incremental(2, 2), "part"),
        (audit.incremental(0, 0), "part"),
    ] {
        let error = audit.run(|_| {}).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.violations()[0].path(), path);
    }
}

genledger_testkit::store_cases!(
    a_deleted_row_is_found,
    a_missing_number_is_named,
    an_earlier_entry_is_found,
    a_record_that_was_set_back_is_found,
    another_cost_is_found,
    an_inserted_row_is_found,
    a_record_of_another_program_may_have_no_entry,
    bad_options_are_refused,
);
