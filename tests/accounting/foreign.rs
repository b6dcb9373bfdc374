//! Rows that another program or a newer version wrote: readable, and never set.

use std::sync::Arc;

use genledger::accounting::{
    AccountingRecord, BalanceEntry, BalanceStatus, CustomerBalance, EntryKind, FailureReason,
    RecordStateColumns, RecordStatus, UsageUnit,
};
use genledger::contract::entity::JsonText;
use genledger::contract::{CodedEnum, Entity, ErrorKind, SessionExt, Store, Violation};
use genledger::uuid::Uuid;
use genledger::validate::Validate;

use crate::sample::{balance, migrated, record, top_up};

/// Columns of the table of records, without their types.
#[derive(Clone, Debug, Entity)]
#[entity(table = "accounting_records", key(id))]
struct RawRecord {
    /// The id.
    #[column(max_chars = 32)]
    id: String,
    /// The currency.
    #[column(max_chars = 8)]
    currency: String,
    /// The key.
    #[column(max_chars = 64)]
    request_id: Option<String>,
    /// The unit.
    #[column(max_chars = 16)]
    unit: Option<String>,
    /// The status.
    #[column(max_chars = 16)]
    status: String,
    /// The reason.
    #[column(max_chars = 32)]
    failure_reason: Option<String>,
    /// What was used.
    quantities: Option<JsonText>,
}

/// Columns of the table of balances, without their types.
#[derive(Clone, Debug, Entity)]
#[entity(table = "customer_balance", key(id))]
struct RawBalance {
    /// The id.
    #[column(uuid = "simple")]
    id: Uuid,
    /// The status.
    #[column(max_chars = 16)]
    status: String,
}

async fn records_of_other_programs_are_read(store: &Arc<dyn Store>) {
    migrated(store).await;
    let session = store.session();
    let stored = record("a");
    session.insert(&stored).await.unwrap();
    let id = stored.id.as_str().to_owned();
    let same = || RawRecord::ID.eq(id.as_str());
    let changes = [
        RawRecord::STATUS.set("created"),
        RawRecord::REQUEST_ID.set(Some(String::new())),
        RawRecord::CURRENCY.set("rmb"),
        RawRecord::QUANTITIES.set(Some(JsonText::new("[ 1 ]").unwrap())),
    ];
    assert!(session.update_if(&id, same(), changes).await.unwrap());
    let found: AccountingRecord = session.get(&stored.id).await.unwrap();
    assert_eq!(found.state.status, RecordStatus::Pending);
    assert_eq!(
        (
            found.request_id.as_ref().unwrap().as_str(),
            found.currency.as_str()
        ),
        ("", "rmb")
    );
    assert_eq!(found.quantities.as_ref().unwrap().as_str(), "[ 1 ]");
    assert!(!found.is_intact());
    let rules = found.violations();
    let rules: Vec<_> = rules.as_slice().iter().map(Violation::rule).collect();
    assert_eq!(rules, ["malformed_currency", "required", "not_an_object"]);

    let changes = [
        RawRecord::STATUS.set("reviewed"),
        RawRecord::UNIT.set(Some("pixel".to_owned())),
        RawRecord::FAILURE_REASON.set(Some("quota".to_owned())),
    ];
    assert!(session.update_if(&id, same(), changes).await.unwrap());
    let found: AccountingRecord = session.get(&stored.id).await.unwrap();
    let (status, unit) = (found.state.status.clone(), found.unit.clone().unwrap());
    let reason = found.state.failure_reason.clone().unwrap();
    assert_eq!(
        (status.as_str(), unit.as_str(), reason.as_str()),
        ("reviewed", "pixel", "quota")
    );
    assert!(!status.is_known() && !unit.is_known() && !reason.is_known());
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(
        serde_json::from_str::<AccountingRecord>(&json).unwrap(),
        found
    );
    // They can be searched for, and not set.
    let same = AccountingRecord::ID.eq(&stored.id);
    for change in [
        AccountingRecord::STATUS.set(&status),
        AccountingRecord::UNIT.set(Some(UsageUnit::from_str_code("pixel"))),
        AccountingRecord::FAILURE_REASON.set(Some(FailureReason::from_str_code("quota"))),
    ] {
        let refused = session.update_if(&stored.id, same.clone(), [change]).await;
        let error = refused.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Invalid, Some("unrecognized_code"))
        );
    }
}

async fn codes_of_accounts_and_entries_are_kept(store: &Arc<dyn Store>) {
    migrated(store).await;
    let session = store.session();
    let stored = balance("c1");
    session.insert(&stored).await.unwrap();
    let id = stored.id.get();
    let change = RawBalance::STATUS.set("closing");
    assert!(
        session
            .update_if(&id, RawBalance::ID.eq(id), [change])
            .await
            .unwrap()
    );
    let found: CustomerBalance = session.get(&stored.id).await.unwrap();
    assert_eq!(found.status, BalanceStatus::from_str_code("closing"));
    assert!(!found.is_intact());
    let refused = session.insert(&found).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    // An entry with an unknown code is not written.
    let mut entry = top_up("c1");
    entry.kind = EntryKind::from_str_code("bonus");
    let refused = session.insert::<BalanceEntry>(&entry).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
}

genledger_testkit::store_cases!(
    records_of_other_programs_are_read,
    codes_of_accounts_and_entries_are_kept,
);
