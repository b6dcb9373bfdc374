//! What a new row gets that is not given, and its JSON.

use genledger::accounting::{
    AccountingRecord, BalanceEntry, BalanceStatus, Currency, CustomerBalance, NewAccountingRecord,
    RecordStatus, UsageUnit,
};
use genledger::contract::table::TableDef;
use genledger::contract::{Entity, ErrorKind};
use genledger::json::JsonObject;
use genledger::rust_decimal::Decimal;

use crate::sample::{balance, cny, hold, ids_at, noon, record, top_up};

#[test]
fn a_record_gets_its_defaults() {
    let record = record("k");
    assert_eq!(record.id.as_str().len(), 32);
    assert_eq!(record.total_tokens, Some(1_050));
    assert_eq!(
        (record.unit, record.quantity, record.retry_count),
        (None, None, 0)
    );
    let state = record.state;
    assert_eq!(
        (state.status, state.amount),
        (RecordStatus::Pending, Decimal::ZERO)
    );
    assert_eq!((state.opened_seq, state.last_seq), (0, 0));
    assert_eq!((state.created_at, state.updated_at), (noon(), noon()));
    // Times have microseconds.
    let fine = noon() + chrono::TimeDelta::nanoseconds(999);
    let new = NewAccountingRecord::new("c", "CNY").into_record(&ids_at(fine));
    assert_eq!(new.unwrap().state.created_at, noon());
    let account = CustomerBalance::opened("c", cny(), fine).unwrap();
    assert_eq!(account.updated_at, noon());
    // Ids sort by time.
    let ids = ids_at(noon());
    let all: Vec<_> = (0..100).map(|_| ids.generate()).collect();
    assert!(all.is_sorted_by(|one, next| one < next));
}

#[test]
fn an_account_is_opened_empty() {
    let account = balance("c1");
    assert_eq!(
        (account.balance, account.available),
        (Decimal::ZERO, Decimal::ZERO)
    );
    assert_eq!(
        (account.scale, account.status.clone()),
        (6, BalanceStatus::Open)
    );
    assert!(account.is_intact() && !account.is_unlimited());
    assert_eq!(account.currency().unwrap(), cny());
    let points = Currency::unit("POINTS", 2).unwrap();
    let mut account = CustomerBalance::opened("c1", points, noon()).unwrap();
    assert_eq!(account.currency().unwrap(), points);
    account.credit_limit = "999999999999.99".parse().unwrap();
    assert!(account.is_unlimited());
    account.scale = 9;
    assert_eq!(account.currency().unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_row_is_the_same_after_json() {
    let mut full = hold("k");
    full.unit = Some(UsageUnit::Second);
    full.quantity = Some(Decimal::new(125, 1));
    full.quantities = Some(JsonObject::from_text("{\"input\": 1000}"));
    full.state.price = Some(JsonObject::from_text("not JSON"));
    full.state.price_version = Some("a".repeat(64));
    for record in [record("k"), full.clone()] {
        let json = serde_json::to_string(&record).unwrap();
        let mut read: AccountingRecord = serde_json::from_str(&json).unwrap();
        // A text that is not JSON is a text in JSON.
        if let Some(price) = &mut read.state.price {
            assert_eq!(price.as_str(), "\"not JSON\"");
            *price = JsonObject::from_text("not JSON");
        }
        assert_eq!(read, record);
    }
    let json = serde_json::to_value(&full).unwrap();
    assert_eq!(json["quantities"]["input"], 1_000);
    assert_eq!(json["status"], "pending");
    assert_eq!(json["created_at"], noon().timestamp_micros());
    let account = balance("c1");
    let json = serde_json::to_string(&account).unwrap();
    assert!(json.contains("\"id\":\"18085dfaa5ee8eca8bcf24ccc677b813\""));
    assert_eq!(
        serde_json::from_str::<CustomerBalance>(&json).unwrap(),
        account
    );
    let entry = top_up("c1");
    let json = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<BalanceEntry>(&json).unwrap(), entry);
}

#[test]
fn a_new_record_is_read_from_json() {
    let json = r#"{"customer_id":"c","currency":"POINTS","input_tokens":"7","unit":"image","quantity":2.5,
        "request_id":"k","amount":9,"status":"accounted","held":3,"total_tokens":1}"#;
    let new: NewAccountingRecord = serde_json::from_str(json).unwrap();
    let record = new.into_record(&ids_at(noon())).unwrap();
    assert_eq!(
        (record.unit, record.quantity),
        (Some(UsageUnit::Image), Some(Decimal::new(25, 1)))
    );
    // What the library sets is not read.
    assert_eq!(record.total_tokens, Some(7));
    assert_eq!(
        (record.state.amount, record.state.status),
        (Decimal::ZERO, RecordStatus::Pending)
    );
    assert!(serde_json::from_str::<NewAccountingRecord>(r#"{"customer_id":"c"}"#).is_err());
}

/// The columns and indexes that existing tables have are here.
#[test]
fn the_columns_of_existing_tables_are_kept() {
    let table: &TableDef = AccountingRecord::TABLE;
    let column = |name: &str| table.columns.iter().find(|column| column.name == name);
    for (name, nullable) in [
        ("id", false),
        ("customer_id", false),
        ("llmid", true),
        ("model_name", true),
        ("pricing_id", true),
        ("input_tokens", true),
        ("output_tokens", true),
        ("total_tokens", true),
        ("quantity", true),
        ("amount", false),
        ("currency", false),
        ("request_id", true),
        ("transno", true),
        ("status", false),
        ("created_at", false),
        ("updated_at", false),
    ] {
        let column = column(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(column.nullable, nullable, "{name}");
    }
    // Each of their indexes is the beginning of one.
    let leads: Vec<&str> = table
        .indexes
        .iter()
        .map(|index| index.columns[0].name)
        .collect();
    assert_eq!(leads, ["customer_id", "llmid", "status"]);
    assert_eq!(table.unique[0].columns, ["customer_id", "request_id"]);
}
