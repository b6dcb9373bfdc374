//! Rows that cannot be read, in tables whose columns may be NULL.

use std::sync::Arc;

use genledger::accounting::{
    AccountingRecord, Audit, AuditCheck, AuditMark, BalanceEntry, CustomerBalance, Discrepancy,
    Ledger, NewTopUp,
};
use genledger::contract::table::{ColumnDef, TableDef};
use genledger::contract::{Entity, MigrationSet, SessionExt, Store};
use genledger::uuid::Uuid;

use super::scene::found_by;
use crate::ledger::world::yuan;
use crate::sample::{key, record};

/// A balance without most of its columns.
#[derive(Clone, Debug, Entity)]
#[entity(table = "customer_balance", key(id))]
struct RawBalance {
    /// The id.
    #[column(uuid = "simple")]
    id: Uuid,
    /// The digest.
    #[column(max_chars = 64)]
    digest: Option<String>,
}

/// An entry without most of its columns.
#[derive(Clone, Debug, Entity)]
#[entity(table = "balance_entries", key(customer_id, currency, seq))]
struct RawEntry {
    /// The customer.
    #[column(max_chars = 32)]
    customer_id: String,
    /// The currency.
    #[column(max_chars = 8)]
    currency: String,
    /// The number.
    #[column(filter)]
    seq: i64,
    /// The digest.
    #[column(max_chars = 64)]
    digest: Option<String>,
}

/// A record without most of its columns.
#[derive(Clone, Debug, Entity)]
#[entity(table = "accounting_records", key(id))]
struct RawRecord {
    /// The id.
    #[column(max_chars = 32)]
    id: String,
    /// The digest.
    #[column(max_chars = 64)]
    digest: Option<String>,
}

/// A mark without most of its columns.
#[derive(Clone, Debug, Entity)]
#[entity(table = "audit_marks", key(customer_id, currency))]
struct RawMark {
    /// The customer.
    #[column(max_chars = 32)]
    customer_id: String,
    /// The currency.
    #[column(max_chars = 8)]
    currency: String,
    /// The digest.
    #[column(max_chars = 64)]
    digest: Option<String>,
}

/// A table whose digest may be NULL.
fn loose(table: &'static TableDef) -> &'static TableDef {
    let columns: Vec<ColumnDef> = table
        .columns
        .iter()
        .map(|column| ColumnDef {
            nullable: column.nullable || column.name == "digest",
            ..*column
        })
        .collect();
    Box::leak(Box::new(TableDef {
        columns: columns.leak(),
        ..*table
    }))
}

async fn unreadable(store: &Arc<dyn Store>) -> Vec<(&'static str, String)> {
    let found = found_by(Audit::new(Arc::clone(store))).await;
    let is_unreadable = |one: &&Discrepancy| one.check == AuditCheck::Unreadable;
    let found = found.iter().filter(is_unreadable);
    found.map(|one| (one.table, one.key.clone())).collect()
}

async fn rows_that_cannot_be_read_are_reported(store: &Arc<dyn Store>) {
    let tables: Vec<_> = [
        AccountingRecord::TABLE,
        CustomerBalance::TABLE,
        BalanceEntry::TABLE,
        AuditMark::TABLE,
    ]
    .map(loose)
    .to_vec();
    store
        .migrate(&[MigrationSet::of("loose", tables.leak())])
        .await
        .unwrap();
    let session = store.session();
    let ledger = Ledger::new(Arc::clone(store));
    for number in 1..=3 {
        let new = NewTopUp::new("c1", key(&format!("t-{number}")), yuan("1"));
        ledger.top_up(&new).await.unwrap();
    }
    let foreign = record("foreign");
    session.insert(&foreign).await.unwrap();
    let marking = Audit::new(Arc::clone(store)).marking(true);
    assert_eq!(found_by(marking.clone()).await, []);
    // An entry: the others are still checked.
    let none = None::<String>;
    let second = RawEntry::CUSTOMER_ID.eq("c1") & RawEntry::SEQ.eq(2);
    let change = [RawEntry::DIGEST.set(none.clone())];
    session.update_where(second, change).await.unwrap();
    let found = unreadable(store).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "balance_entries");
    assert!(found[0].1.contains('2'), "{found:?}");
    // A record.
    let change = [RawRecord::DIGEST.set(none.clone())];
    let of_record = RawRecord::ID.eq(foreign.id.as_str());
    session.update_where(of_record, change).await.unwrap();
    let found = unreadable(store).await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].0, "accounting_records");
    // An incremental audit reports it as well, since it is pending.
    let found = found_by(Audit::new(Arc::clone(store)).incremental(0, 1)).await;
    assert!(found.iter().any(|one| one.table == "accounting_records"));
    // A mark.
    let change = [RawMark::DIGEST.set(none.clone())];
    let of_mark = RawMark::CUSTOMER_ID.eq("c1");
    session.update_where(of_mark, change).await.unwrap();
    let mut tables: Vec<_> = unreadable(store)
        .await
        .into_iter()
        .map(|one| one.0)
        .collect();
    tables.sort_unstable();
    let three = ["accounting_records", "audit_marks", "balance_entries"];
    assert_eq!(tables, three);
    // The account.
    let id = genledger::id::CustomerBalanceId::of("c1", "CNY");
    let change = [RawBalance::DIGEST.set(none)];
    let of_account = RawBalance::ID.eq(id.get());
    session.update_where(of_account, change).await.unwrap();
    let found = unreadable(store).await;
    assert_eq!(found[0].0, "customer_balance");
}

genledger_testkit::store_cases!(rows_that_cannot_be_read_are_reported);
