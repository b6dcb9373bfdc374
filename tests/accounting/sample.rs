//! Stores with the tables, and rows to put into them.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use genledger::accounting::{
    AccountingRecord, BalanceEntry, BalanceStatus, Currency, CustomerBalance, EntryKind,
    EntryOutcome, IdempotencyKey, NewAccountingRecord,
};
use genledger::contract::{Store, Violations};
use genledger::id::AccountingRecordIdGenerator;
use genledger::rust_decimal::Decimal;
use genledger::time::ManualClock;

pub(crate) fn noon() -> DateTime<Utc> {
    "2025-06-01T12:00:00.250001Z".parse().unwrap()
}

pub(crate) fn after(seconds: i64) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(seconds)
}

pub(crate) fn cny() -> Currency {
    Currency::iso("CNY").unwrap()
}

pub(crate) fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text).unwrap()
}

/// Ids of a clock that stands still.
pub(crate) fn ids_at(time: DateTime<Utc>) -> AccountingRecordIdGenerator {
    AccountingRecordIdGenerator::new(Arc::new(ManualClock::at(time)))
}

pub(crate) async fn migrated(store: &Arc<dyn Store>) {
    store
        .migrate(&[genledger::schema::accounting()])
        .await
        .unwrap();
}

pub(crate) fn new_record(request: &str) -> NewAccountingRecord {
    NewAccountingRecord::new("c1", "CNY")
        .llmid("m-1")
        .input_tokens(1_000)
        .output_tokens(50)
        .request_id(key(request))
}

pub(crate) fn record(request: &str) -> AccountingRecord {
    new_record(request).into_record(&ids_at(noon())).unwrap()
}

/// A hold of 4, made by the second entry of its account.
pub(crate) fn hold(request: &str) -> AccountingRecord {
    let mut record = record(request);
    record.state.held = 4.into();
    record.state.expires_at = Some(after(60));
    record.state.opened_seq = 2;
    record.state.last_seq = 2;
    record.state.digest = record.row_digest().unwrap();
    record
}

pub(crate) fn balance(customer: &str) -> CustomerBalance {
    CustomerBalance::opened(customer, cny(), noon()).unwrap()
}

/// The first entry of an account: a top-up of 10.
pub(crate) fn top_up(customer: &str) -> BalanceEntry {
    let request = format!(
        "genledger-request/1\noperation=top_up\ncustomer={customer}\nkey=k1\ncurrency=CNY\namount=10\n"
    );
    let mut entry = BalanceEntry {
        customer_id: customer.to_owned(),
        currency: "CNY".to_owned(),
        seq: 1,
        request_id: key("k1"),
        kind: EntryKind::TopUp,
        outcome: EntryOutcome::Done,
        record_id: None,
        reverses: None,
        asked: 10.into(),
        amount: 10.into(),
        hold: Decimal::ZERO,
        balance: 10.into(),
        reserved: Decimal::ZERO,
        credit_limit: Decimal::ZERO,
        residual: 0,
        status: BalanceStatus::Open,
        request,
        created_at: DateTime::from_timestamp_micros(1_800_000_000_000_000).unwrap(),
        digest: String::new(),
    };
    entry.digest = entry.row_digest(&"0".repeat(64)).unwrap();
    entry
}

pub(crate) fn broken(found: &Violations) -> Vec<(String, &'static str)> {
    let each = found.as_slice().iter();
    each.map(|one| (one.path().to_owned(), one.rule()))
        .collect()
}

pub(crate) fn one(path: &str, rule: &'static str) -> Vec<(String, &'static str)> {
    vec![(path.to_owned(), rule)]
}
