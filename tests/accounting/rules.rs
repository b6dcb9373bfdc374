//! The rules of records, balances and entries.

use genledger::accounting::{
    AccountingRecord, BalanceEntry, BalanceStatus, Currency, CustomerBalance, EntryKind,
    EntryOutcome, FailureReason, NewAccountingRecord, RecordStatus, UsageUnit,
};
use genledger::contract::ErrorKind;
use genledger::id::{AccountingRecordId, CustomerBalanceId};
use genledger::json::JsonObject;
use genledger::rust_decimal::Decimal;
use genledger::validate::Validate;

use crate::sample::{after, balance, broken, hold, ids_at, key, noon, one, record, top_up};

type Broken = Vec<(String, &'static str)>;

fn of_record(change: impl FnOnce(&mut AccountingRecord)) -> Broken {
    let mut record = record("k");
    change(&mut record);
    broken(&record.violations())
}

fn of_hold(change: impl FnOnce(&mut AccountingRecord)) -> Broken {
    let mut record = hold("k");
    change(&mut record);
    broken(&record.violations())
}

fn of_balance(change: impl FnOnce(&mut CustomerBalance)) -> Broken {
    let mut balance = balance("c1");
    change(&mut balance);
    broken(&balance.violations())
}

fn of_entry(change: impl FnOnce(&mut BalanceEntry)) -> Broken {
    let mut entry = top_up("c1");
    change(&mut entry);
    broken(&entry.violations())
}

fn stored_key(text: &str) -> genledger::accounting::IdempotencyKey {
    serde_json::from_value(text.into()).unwrap()
}

#[test]
fn each_rule_of_the_use_is_checked() {
    assert_eq!(of_record(|_| {}), []);
    let customer = |text: &str| of_record(|record| record.customer_id = text.to_owned());
    assert_eq!(customer(""), one("customer_id", "required"));
    assert_eq!(customer("a b"), one("customer_id", "not_visible_ascii"));
    assert_eq!(customer("\u{e9}"), one("customer_id", "not_visible_ascii"));
    assert_eq!(customer(&"x".repeat(32)), []);
    assert_eq!(customer(&"x".repeat(33)), one("customer_id", "too_long"));
    let id: AccountingRecordId = serde_json::from_str("\"a b\"").unwrap();
    assert_eq!(of_record(|record| record.id = id), one("id", "malformed"));
    for code in ["", "cny", "C", "X23456789"] {
        let found = of_record(|record| record.currency = code.to_owned());
        assert!(
            found.contains(&("currency".to_owned(), "malformed_currency")),
            "{code}"
        );
    }
    let request = |text: &str| of_record(|record| record.request_id = Some(stored_key(text)));
    assert_eq!(request(""), one("request_id", "required"));
    assert_eq!(request(" a"), one("request_id", "not_visible_ascii"));
    assert_eq!(request(&"x".repeat(65)), one("request_id", "too_long"));
    assert_eq!(of_record(|record| record.request_id = None), []);
    let long = of_record(|record| record.transno = Some("\u{e9}".repeat(65)));
    assert_eq!(long, one("transno", "too_long"));
    let long = of_record(|record| record.model_name = Some("x".repeat(129)));
    assert_eq!(long, one("model_name", "too_long"));
    let negative = of_record(|record| record.retry_count = -1);
    assert_eq!(negative, one("retry_count", "out_of_range"));
}

#[test]
fn a_total_is_a_sum_and_a_quantity_has_a_unit() {
    let tokens = |input, output, total| {
        of_record(|record| {
            record.input_tokens = input;
            record.output_tokens = output;
            record.total_tokens = total;
        })
    };
    let wrong = one("total_tokens", "not_the_sum");
    assert_eq!(tokens(None, None, None), []);
    assert_eq!(tokens(None, None, Some(0)), wrong);
    assert_eq!(tokens(Some(1), None, Some(1)), []);
    assert_eq!(tokens(Some(1), Some(2), Some(3)), []);
    assert_eq!(tokens(Some(1), Some(2), Some(4)), wrong);
    assert_eq!(tokens(Some(1), Some(2), None), wrong);
    assert_eq!(tokens(Some(i64::MAX), Some(1), None), wrong);
    assert_eq!(
        tokens(Some(-1), None, Some(-1)),
        one("input_tokens", "negative")
    );
    let quantity = |unit: Option<UsageUnit>, quantity: Option<Decimal>| {
        of_record(|record| {
            record.unit = unit;
            record.quantity = quantity;
        })
    };
    assert_eq!(
        quantity(Some(UsageUnit::Image), Some(Decimal::new(15, 1))),
        []
    );
    assert_eq!(quantity(Some(UsageUnit::Token), None), []);
    assert_eq!(
        quantity(Some(UsageUnit::Image), None),
        one("quantity", "required")
    );
    assert_eq!(
        quantity(None, Some(1.into())),
        one("quantity", "not_allowed")
    );
    let second = Some(UsageUnit::Second);
    assert_eq!(
        quantity(second.clone(), Some((-1).into())),
        one("quantity", "negative")
    );
    let fine = Some(Decimal::new(1, 5));
    assert_eq!(quantity(second, fine), one("quantity", "too_many_digits"));
    let unknown = Some(UsageUnit::from_str_code("pixel"));
    assert_eq!(
        quantity(unknown, Some(1.into())),
        one("unit", "unrecognized_code")
    );
    let text = |text: &str| Some(JsonObject::from_text(text));
    let list = of_record(|record| record.quantities = text("[]"));
    assert_eq!(list, one("quantities", "not_an_object"));
    assert_eq!(of_record(|record| record.quantities = text("{}")), []);
}

#[test]
fn a_status_requires_what_belongs_to_it() {
    assert_eq!(of_hold(|_| {}), []);
    let missing = of_hold(|record| record.state.expires_at = None);
    assert_eq!(missing, one("expires_at", "required"));
    let in_status = |status| of_hold(|record| record.state.status = status);
    assert_eq!(
        in_status(RecordStatus::Accounted),
        [
            ("expires_at".to_owned(), "not_allowed"),
            ("accounted_at".to_owned(), "required")
        ]
    );
    assert_eq!(
        in_status(RecordStatus::Failed),
        [
            ("expires_at".to_owned(), "not_allowed"),
            ("failure_reason".to_owned(), "required")
        ]
    );
    let unknown = RecordStatus::from_str_code("next");
    assert_eq!(in_status(unknown), one("status", "unrecognized_code"));
    let settled = |change: fn(&mut AccountingRecord)| {
        of_hold(|record| {
            record.state.status = RecordStatus::Accounted;
            record.state.expires_at = None;
            record.state.accounted_at = Some(after(1));
            record.state.amount = 4.into();
            change(record);
        })
    };
    assert_eq!(settled(|_| {}), []);
    assert_eq!(settled(|record| record.state.refunded = 4.into()), []);
    let more = settled(|record| record.state.refunded = Decimal::new(4_000_001, 6));
    assert_eq!(more, one("refunded", "exceeds_settled"));
    let corrected = settled(|record| {
        record.state.refunded = 4.into();
        record.state.adjusted = (-1).into();
    });
    assert_eq!(corrected, one("refunded", "exceeds_settled"));
    for (path, change) in [
        (
            "amount",
            (|record| record.state.amount = 1.into()) as fn(&mut AccountingRecord),
        ),
        ("shortfall", |record| record.state.shortfall = 1.into()),
        ("adjusted", |record| record.state.adjusted = 1.into()),
        ("refunded", |record| record.state.refunded = 1.into()),
    ] {
        assert_eq!(of_hold(change), one(path, "not_settled"));
        // Rows of other programs have no entry.
        assert_eq!(of_record(change), []);
    }
    let refused = of_hold(|record| {
        record.state.status = RecordStatus::Failed;
        record.state.expires_at = None;
        record.state.failure_reason = Some(FailureReason::InsufficientFunds);
    });
    assert_eq!(refused, one("held", "refused"));
}

#[test]
fn each_rule_of_the_state_is_checked() {
    let digits = "a".repeat(64);
    let negative = of_record(|record| record.state.held = (-1).into());
    assert_eq!(negative, one("held", "negative"));
    let large = of_record(|record| record.state.amount = 1_000_000_000_000_i64.into());
    assert_eq!(large, one("amount", "out_of_range"));
    let fine = of_record(|record| record.state.amount = Decimal::new(1, 7));
    assert_eq!(fine, one("amount", "too_many_digits"));
    // A hold keeps the version before anything is used.
    let version = of_record(|record| record.state.price_version = Some(digits.clone()));
    assert_eq!(version, []);
    let price = of_record(|record| record.state.price = Some(JsonObject::from_text("{}")));
    assert_eq!(price, one("price_version", "required"));
    let log = of_record(|record| record.state.log_id = Some(7));
    assert_eq!(log, one("log_digest", "required"));
    let log = of_record(|record| record.state.log_digest = Some(digits.clone()));
    assert_eq!(log, one("log_id", "required"));
    for wrong in [
        String::new(),
        "A".repeat(64),
        "a".repeat(63),
        "g".repeat(64),
    ] {
        let found = of_record(|record| record.state.digest = wrong.clone());
        assert_eq!(found, one("digest", "not_a_digest"));
    }
    let order = of_hold(|record| record.state.last_seq = 1);
    assert_eq!(order, one("last_seq", "before_opened"));
    let order = of_record(|record| record.state.updated_at = after(-1));
    assert_eq!(order, one("updated_at", "before_created"));
}

#[test]
fn all_broken_rules_of_a_record_are_reported_together() {
    let new = NewAccountingRecord::new("", "cny")
        .input_tokens(i64::MAX)
        .output_tokens(1)
        .transno("x".repeat(65))
        .quantity(Decimal::new(1, 5))
        .quantities(JsonObject::from_text("[]"));
    let found = broken(&new.violations());
    let found: Vec<_> = found
        .iter()
        .map(|(path, rule)| (path.as_str(), *rule))
        .collect();
    let expected = [
        ("quantity", "too_many_digits"),
        ("transno", "too_long"),
        ("customer_id", "required"),
        ("currency", "malformed_currency"),
        ("total_tokens", "not_the_sum"),
        ("quantity", "not_allowed"),
        ("quantities", "not_an_object"),
    ];
    assert_eq!(found, expected);
    let error = new.into_record(&ids_at(noon())).unwrap_err();
    assert_eq!(
        (error.kind(), error.violations().len()),
        (ErrorKind::Invalid, expected.len())
    );
}

#[test]
fn each_rule_of_a_balance_is_checked() {
    assert_eq!(of_balance(|_| {}), []);
    let other = of_balance(|balance| balance.customer_id = "c2".to_owned());
    assert_eq!(other, one("id", "not_of_the_customer"));
    let other = of_balance(|balance| balance.currency = "USD".to_owned());
    assert_eq!(other, one("id", "not_of_the_customer"));
    for scale in [-1, 7] {
        let found = of_balance(|balance| balance.scale = scale);
        assert_eq!(found, one("scale", "out_of_range"));
    }
    assert_eq!(
        of_balance(|balance| balance.scale = 2),
        one("scale", "scale_mismatch")
    );
    let room = |balance: i64, limit: Decimal, reserved: i64, available: Decimal| {
        of_balance(|account| {
            account.balance = balance.into();
            account.credit_limit = limit;
            account.reserved = reserved.into();
            account.available = available;
        })
    };
    let wrong = one("available", "not_the_room");
    assert_eq!(room(10, 5.into(), 4, 11.into()), []);
    assert_eq!(room(10, 5.into(), 4, 12.into()), wrong);
    assert_eq!(room(-2, 0.into(), 0, (-2).into()), []);
    let most: Decimal = "999999999999.999999".parse().unwrap();
    assert_eq!(room(-5, most, 3, most), []);
    assert_eq!(room(-5, most, 3, most - Decimal::from(8)), wrong);
    assert_eq!(room(999_999_999_999, 1.into(), 0, most), []);
    let low = of_balance(|account| {
        account.balance = -most;
        account.reserved = 1.into();
        account.available = -most;
    });
    assert_eq!(low, []);
    let negative = of_balance(|account| {
        account.reserved = (-1).into();
        account.available = 1.into();
    });
    assert_eq!(negative, one("reserved", "negative"));
    let unit = |residual| of_balance(|balance| balance.residual = residual);
    assert_eq!(unit(999_999_999_999), []);
    assert_eq!(unit(1_000_000_000_000), one("residual", "not_below_a_unit"));
    assert_eq!(unit(-1), one("residual", "out_of_range"));
    let status = of_balance(|balance| balance.status = BalanceStatus::from_str_code("x"));
    assert_eq!(status, one("status", "unrecognized_code"));
    let head = of_balance(|balance| balance.head_digest.clear());
    assert_eq!(head, one("head_digest", "not_a_digest"));
    let points = Currency::unit("POINTS", 0).unwrap();
    let mut balance = CustomerBalance::opened("c1", points, noon()).unwrap();
    balance.residual = 999_999_999_999_999_999;
    assert_eq!(broken(&balance.violations()), []);
    balance.balance = Decimal::new(5, 1);
    balance.available = balance.balance;
    assert_eq!(
        broken(&balance.violations()),
        [
            ("balance".to_owned(), "too_many_digits"),
            ("available".to_owned(), "too_many_digits")
        ]
    );
    let refused = CustomerBalance::opened("a b", points, noon()).unwrap_err();
    assert_eq!(refused.violations()[0].rule(), "not_visible_ascii");
}

#[test]
fn each_rule_of_an_entry_is_checked() {
    assert_eq!(of_entry(|_| {}), []);
    assert_eq!(of_entry(|entry| entry.seq = 0), one("seq", "out_of_range"));
    assert_eq!(
        of_entry(|entry| entry.currency = "c".to_owned()),
        one("currency", "malformed_currency")
    );
    assert_eq!(
        of_entry(|entry| entry.request_id = stored_key("")),
        one("request_id", "required")
    );
    // Keys of the library are stored as well.
    assert_eq!(
        of_entry(|entry| entry.request_id = stored_key("~reverse:CNY:1")),
        []
    );
    assert_eq!(
        of_entry(|entry| entry.request.clear()),
        one("request", "required")
    );
    let long = of_entry(|entry| entry.request = "x".repeat(4097));
    assert_eq!(long, one("request", "too_long"));
    let refused = of_entry(|entry| {
        entry.outcome = EntryOutcome::InsufficientFunds;
        entry.hold = 1.into();
    });
    assert_eq!(
        refused,
        [
            ("amount".to_owned(), "refused"),
            ("hold".to_owned(), "refused")
        ]
    );
    let reverse = |kind, reverses| {
        of_entry(|entry| {
            entry.kind = kind;
            entry.seq = 5;
            entry.reverses = reverses;
        })
    };
    assert_eq!(reverse(EntryKind::Reverse, Some(4)), []);
    assert_eq!(
        reverse(EntryKind::Reverse, None),
        one("reverses", "required")
    );
    assert_eq!(
        reverse(EntryKind::Reverse, Some(5)),
        one("reverses", "not_earlier")
    );
    assert_eq!(
        reverse(EntryKind::Adjust, Some(4)),
        one("reverses", "not_allowed")
    );
    let unknown = of_entry(|entry| entry.kind = EntryKind::from_str_code("x"));
    assert_eq!(unknown, one("kind", "unrecognized_code"));
    let unknown = of_entry(|entry| entry.outcome = EntryOutcome::from_str_code("x"));
    assert_eq!(unknown, one("outcome", "unrecognized_code"));
}

#[test]
fn rows_have_the_digests_of_their_values() {
    // The vectors of the specification.
    assert_eq!(
        CustomerBalanceId::of("c1", "CNY").to_string(),
        "18085dfaa5ee8eca8bcf24ccc677b813"
    );
    assert!(top_up("c1").digest.starts_with("c2679f0ab5bb14ed"));
    // Each value changes the digest, and a value that looks like two columns is not two columns.
    let mut entry = top_up("c1");
    let before = entry.digest.clone();
    entry.request.push_str("amount=3\n");
    let zeros = "0".repeat(64);
    assert_ne!(entry.row_digest(&zeros).unwrap(), before);
    assert_ne!(top_up("c1").row_digest(&before).unwrap(), before);
    let mut record = record("k");
    assert!(record.is_intact());
    record.state.amount = "1.50".parse().unwrap();
    let first = record.row_digest().unwrap();
    record.state.amount = "1.5".parse().unwrap();
    assert_eq!(record.row_digest().unwrap(), first);
    assert!(!record.is_intact());
    record.request_id = Some(key("l"));
    assert_ne!(record.row_digest().unwrap(), first);
}
