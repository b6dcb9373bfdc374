//! Every column of every row is changed, with its digest and without.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use genledger::accounting::{AccountingRecord, AuditMark, BalanceEntry, CustomerBalance};
use genledger::contract::Store;
use genledger::contract::table::{Code, ColumnDef, ColumnType};
use genledger::rust_decimal::Decimal;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::scene::{Row, audited, replace, scene};
use crate::ledger::world::World;

/// Other values of a column.
fn others(column: &ColumnDef, value: &Value) -> Vec<Value> {
    let mut others = Vec::new();
    if column.nullable && !value.is_null() {
        others.push(Value::Null);
    }
    let text = value.as_str().unwrap_or_default();
    let codes = column.codes.iter().filter_map(|code| match code.code {
        Code::Text(word) => Some(word),
        Code::Integer(_) => None,
    });
    let mut codes = codes.filter(|word| *word != text);
    others.push(match column.column_type {
        ColumnType::I16 | ColumnType::I32 | ColumnType::I64 => {
            let number = value.as_i64().unwrap_or(0);
            let (first, last) = column.range.unwrap_or((0, 30_000));
            json!(match number {
                _ if number + 1_000 <= last => number + 1_000,
                _ if number > first => number - 1,
                _ => number + 1,
            })
        }
        ColumnType::Decimal { .. } => {
            let amount: Decimal = value.to_string().parse().unwrap_or_default();
            let one = if amount > Decimal::from(1_000) {
                Decimal::NEGATIVE_ONE
            } else {
                Decimal::ONE
            };
            json!((amount + one).to_string())
        }
        ColumnType::DateTime { .. } => json!(value.as_i64().unwrap_or(1_800_000_000_000_000) + 1),
        ColumnType::Json => json!({"other": 1}),
        ColumnType::Uuid(_) => json!("00000000000080008000000000000001"),
        _ if !column.codes.is_empty() => json!(codes.next().unwrap()),
        _ if column.name == "currency" => json!("USD"),
        _ if text.len() == 64 => {
            let digit = if text.starts_with('a') { "b" } else { "a" };
            json!(format!("{digit}{}", &text[1..]))
        }
        _ if column.name.ends_with("digest") || column.name == "price_version" => {
            json!("a".repeat(64))
        }
        _ => {
            let most = text.len().min(30);
            json!(format!("{}x", &text[..most]))
        }
    });
    others
}

/// Changes the rows of a table one by one, and returns the columns where no discrepancy was found.
async fn missed<E: Row>(
    store: &Arc<dyn Store>,
    world: &World,
    is_sealed: bool,
) -> BTreeSet<(&'static str, &'static str)> {
    let rows = world.all::<E>().await;
    assert!(!rows.is_empty());
    // Each row in memory; on a server, where a change takes longer, some of them.
    let backend = store.capability().backend.to_lowercase();
    let is_server = !["memory", "sqlite"].contains(&backend.as_str());
    let step = if is_server { 4 } else { 1 };
    let mut missed = BTreeSet::new();
    for row in rows.iter().step_by(step) {
        // As text, since a number would be a float.
        let json = serde_json::to_string(row).unwrap();
        let json: BTreeMap<&str, &RawValue> = serde_json::from_str(&json).unwrap();
        for column in E::TABLE.columns {
            if is_sealed && column.name == "digest" {
                continue;
            }
            let value: Value = serde_json::from_str(json[column.name].get()).unwrap();
            for other in others(column, &value) {
                assert_ne!(value, other, "{}", column.name);
                let other = serde_json::to_string(&other).unwrap();
                let other: &RawValue = serde_json::from_str(&other).unwrap();
                let mut changed = json.clone();
                changed.insert(column.name, other);
                let changed = serde_json::to_string(&changed).unwrap();
                let changed: E = serde_json::from_str(&changed).unwrap();
                let changed = if is_sealed {
                    changed.sealed(&rows)
                } else {
                    changed
                };
                replace(store, row, Some(&changed)).await;
                if audited(store).await.is_empty() {
                    missed.insert((E::TABLE.name, column.name));
                }
                replace(store, &changed, Some(row)).await;
            }
        }
    }
    assert_eq!(audited(store).await, []);
    missed
}

async fn a_changed_column_is_found(store: &Arc<dyn Store>) {
    let world = scene(store).await;
    let none = BTreeSet::new();
    assert_eq!(missed::<CustomerBalance>(store, &world, false).await, none);
    assert_eq!(missed::<BalanceEntry>(store, &world, false).await, none);
    assert_eq!(missed::<AccountingRecord>(store, &world, false).await, none);
    assert_eq!(missed::<AuditMark>(store, &world, false).await, none);
}

/// A digest is not a secret: what has its digest is found by the rows around it, but for what nothing else states: the
/// scale of a declared unit, when an account was checked, the id of a price, and the rates of a rerating.
async fn a_changed_column_with_its_digest_is_found(store: &Arc<dyn Store>) {
    let world = scene(store).await;
    let mut found = missed::<CustomerBalance>(store, &world, true).await;
    found.extend(missed::<BalanceEntry>(store, &world, true).await);
    found.extend(missed::<AccountingRecord>(store, &world, true).await);
    found.extend(missed::<AuditMark>(store, &world, true).await);
    let alone = BTreeSet::from([
        ("accounting_records", "price"),
        ("accounting_records", "pricing_id"),
        ("audit_marks", "checked_at"),
        ("customer_balance", "scale"),
    ]);
    assert!(found.is_subset(&alone), "{found:?}");
}

genledger_testkit::store_cases!(
    a_changed_column_is_found,
    a_changed_column_with_its_digest_is_found,
);
