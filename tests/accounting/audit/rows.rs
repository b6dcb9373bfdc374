//! Rows are deleted and inserted.

use std::sync::Arc;

use genledger::accounting::{
    AccountingRecord, Audit, AuditCheck, AuditMark, BalanceEntry, CustomerBalance, Discrepancy,
};
use genledger::contract::{ErrorKind, SessionExt, Store};
use genledger::id::AccountingRecordId;

use super::scene::{Row, audited, replace, scene};
use crate::ledger::world::World;
use crate::sample::{key, record};

async fn each_is_missed<E: Row>(store: &Arc<dyn Store>, world: &World) {
    for row in world.all::<E>().await {
        replace(store, &row, None).await;
        assert_ne!(audited(store).await, [], "{:?}", serde_json::to_value(&row));
        store.session().insert(&row).await.unwrap();
    }
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
        assert!(checks(&found).contains(&AuditCheck::Record));
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
    an_inserted_row_is_found,
    a_record_of_another_program_may_have_no_entry,
    bad_options_are_refused,
);
