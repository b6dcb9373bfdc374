//! Rows in the store: what is read is what was written, unique keys, the orders of the indexes.

use std::sync::Arc;

use genledger::accounting::{
    AccountingRecord, BalanceEntry, Currency, CustomerBalance, RecordStateColumns, RecordStatus,
    UsageUnit,
};
use genledger::contract::{ErrorKind, Query, SessionExt, Store};
use genledger::json::JsonObject;

use crate::sample::{
    after, balance, hold, ids_at, key, migrated, new_record, noon, record, top_up,
};

async fn rows_are_read_as_they_were_written(store: &Arc<dyn Store>) {
    migrated(store).await;
    let session = store.session();
    let mut full = hold("a");
    full.model_name = Some("\u{6a21}\u{578b} %_".to_owned());
    full.pricing_id = Some("p-1".to_owned());
    full.unit = Some(UsageUnit::Second);
    full.quantity = Some("99999999999.9999".parse().unwrap());
    full.quantities = Some(JsonObject::from_text("{ \"second\":12.50 }"));
    full.transno = Some("t".to_owned());
    full.retry_count = i16::MAX;
    full.state.held = "999999999999.999999".parse().unwrap();
    full.state.adjusted = "-999999999999.999999".parse().unwrap();
    full.state.price = Some(JsonObject::from_text("{\"tier\":0}"));
    full.state.price_version = Some("a".repeat(64));
    full.state.log_id = Some(i64::MIN);
    full.state.log_digest = Some("b".repeat(64));
    full.state.digest = full.row_digest().unwrap();
    let bare = record("b");
    for record in [&full, &bare] {
        session.insert(record).await.unwrap();
        let read: AccountingRecord = session.get(&record.id).await.unwrap();
        assert_eq!(&read, record);
        assert!(read.is_intact());
    }
    let points = Currency::unit("POINTS", 0).unwrap();
    let mut account = CustomerBalance::opened("c9", points, noon()).unwrap();
    account.residual = 999_999_999_999_999_999;
    account.digest = account.row_digest().unwrap();
    session.insert(&account).await.unwrap();
    let read: CustomerBalance = session.get(&account.id).await.unwrap();
    assert_eq!(read, account);
    assert!(read.is_intact());
    let entry = top_up("c1");
    session.insert(&entry).await.unwrap();
    let at = ("c1".to_owned(), "CNY".to_owned(), 1);
    let read: BalanceEntry = session.get(&at).await.unwrap();
    assert_eq!(read, entry);
    assert_eq!(read.row_digest(&"0".repeat(64)).unwrap(), entry.digest);
}

async fn keys_are_unique_for_a_customer(store: &Arc<dyn Store>) {
    migrated(store).await;
    let session = store.session();
    let unique = |error: genledger::Error| assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    session.insert(&record("a")).await.unwrap();
    unique(session.insert(&record("a")).await.unwrap_err());
    let mut other = record("a");
    other.customer_id = "c2".to_owned();
    session.insert(&other).await.unwrap();
    // Any number of rows without a key.
    for _ in 0..2 {
        let mut without = record("b");
        without.request_id = None;
        session.insert(&without).await.unwrap();
    }
    // Two creators of an account create one.
    session.insert(&balance("c1")).await.unwrap();
    unique(session.insert(&balance("c1")).await.unwrap_err());
    session.insert(&top_up("c1")).await.unwrap();
    let mut next = top_up("c1");
    next.seq = 2;
    unique(session.insert(&next).await.unwrap_err());
    next.request_id = key("k2");
    next.seq = 1;
    unique(session.insert(&next).await.unwrap_err());
    next.seq = 2;
    session.insert(&next).await.unwrap();
    // The key of a customer is used once, in any currency.
    next.currency = "USD".to_owned();
    unique(session.insert(&next).await.unwrap_err());
}

async fn records_are_listed_by_their_indexes(store: &Arc<dyn Store>) {
    migrated(store).await;
    let session = store.session();
    let mut stored = Vec::new();
    for number in 0..6_i64 {
        let new = new_record(&format!("k-{number}")).llmid(format!("m-{}", number % 2));
        let mut record = new.into_record(&ids_at(after(number))).unwrap();
        record.state.opened_seq = 1;
        record.state.last_seq = 1;
        record.state.expires_at = Some(after(100 - number));
        session.insert(&record).await.unwrap();
        stored.push(record);
    }
    let ids = |records: Vec<AccountingRecord>| -> Vec<usize> {
        let place = |one: &AccountingRecord| stored.iter().position(|other| other == one).unwrap();
        records.iter().map(place).collect()
    };
    let newest = Query::matching(AccountingRecord::CUSTOMER_ID.eq("c1")).order_by([
        AccountingRecord::CUSTOMER_ID.desc(),
        AccountingRecord::CREATED_AT.desc(),
        AccountingRecord::ID.desc(),
    ]);
    let mut query = newest.page_size(4);
    let first = session.page(&query).await.unwrap();
    query = query.after(first.next.unwrap());
    let second = session.page(&query).await.unwrap();
    assert_eq!(
        (ids(first.items), ids(second.items)),
        (vec![5, 4, 3, 2], vec![1, 0])
    );
    let of_model = Query::matching(AccountingRecord::LLMID.eq("m-1")).order_by([
        AccountingRecord::LLMID.asc(),
        AccountingRecord::CREATED_AT.asc(),
        AccountingRecord::ID.asc(),
    ]);
    assert_eq!(ids(session.page(&of_model).await.unwrap().items), [1, 3, 5]);
    // The holds that are due.
    let pending = AccountingRecord::STATUS.eq(RecordStatus::Pending);
    let due = Query::matching(pending).order_by([
        AccountingRecord::STATUS.asc(),
        AccountingRecord::EXPIRES_AT.asc(),
        AccountingRecord::ID.asc(),
    ]);
    assert_eq!(
        ids(session.page(&due).await.unwrap().items),
        [5, 4, 3, 2, 1, 0]
    );
}

async fn amounts_are_stored_exactly_or_refused(store: &Arc<dyn Store>) {
    migrated(store).await;
    let session = store.session();
    for (amount, rule) in [
        ("0.0000001", "too_many_digits"),
        ("1000000000000", "out_of_range"),
    ] {
        let mut record = record("a");
        record.state.amount = amount.parse().unwrap();
        let refused = session.insert(&record).await.unwrap_err();
        assert_eq!(
            (refused.kind(), refused.code()),
            (ErrorKind::Invalid, Some(rule))
        );
    }
    // A price of many digits is a decimal of the column, not a float.
    let mut stored = record("b");
    stored.state.amount = "123456789012.345678".parse().unwrap();
    session.insert(&stored).await.unwrap();
    let read: AccountingRecord = session.get(&stored.id).await.unwrap();
    assert_eq!(read, stored);
}

genledger_testkit::store_cases!(
    rows_are_read_as_they_were_written,
    keys_are_unique_for_a_customer,
    records_are_listed_by_their_indexes,
    amounts_are_stored_exactly_or_refused,
);
