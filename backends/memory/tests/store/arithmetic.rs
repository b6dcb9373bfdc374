//! Sums and additions at the bounds of their columns.

use chrono::DateTime;
use genledger_contract::query::AggregateQuery;
use genledger_contract::row::Value;
use genledger_contract::statement::{Action, Assignment, Predicate, Statement, Update};
use genledger_contract::{Entity, Error, ErrorKind, Filter, Session, SessionExt, Store};
use rust_decimal::Decimal;

use crate::model::{Account, store};

#[track_caller]
fn rule(error: &Error) -> &'static str {
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    assert_eq!(error.table(), Some("accounts"));
    error.violations()[0].rule()
}

fn update(column: &str, action: Action) -> Statement {
    Statement::Update(Update {
        table: Account::TABLE,
        assignments: vec![Assignment {
            column: Account::TABLE.position(column).unwrap(),
            action,
        }],
        filter: Predicate::True,
        returning: false,
    })
}

#[tokio::test]
async fn a_column_refuses_what_it_cannot_hold() {
    let store = store().await;
    let session = store.session();
    let account = Account {
        small: 32_000,
        balance: Decimal::new(999_999, 2),
        percent: Some(99),
        ..Account::new("eu", 1)
    };
    session.insert(&account).await.unwrap();
    let cent = Value::Decimal(Decimal::new(1, 2));
    for (column, action, expected) in [
        ("small", Action::Add(Value::I16(1000)), "overflow"),
        ("small", Action::Add(Value::I64(i64::MAX)), "overflow"),
        ("balance", Action::Add(cent), "overflow"),
        ("percent", Action::Add(Value::I32(2)), "out_of_range"),
        ("small", Action::Set(Value::Null), "required"),
        ("small", Action::Set(Value::Bool(true)), "wrong_kind"),
        (
            "balance",
            Action::Set(Value::Decimal(Decimal::new(1, 3))),
            "too_many_digits",
        ),
    ] {
        let error = session.execute(update(column, action)).await;
        assert_eq!(rule(&error.unwrap_err()), expected, "{column}");
    }
    let found: Account = session.get(&("eu".to_owned(), 1)).await.unwrap();
    assert_eq!(found, account);
}

#[tokio::test]
async fn an_addition_that_does_not_fit_ends_its_transaction() {
    let store = store().await;
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Account::new("eu", 1)).await.unwrap();
    let add = update("percent", Action::Add(Value::I32(1)));
    assert_eq!(transaction.execute(add).await.unwrap().count().unwrap(), 1);
    let add = update("small", Action::Add(Value::I32(40_000)));
    let error = transaction.execute(add).await.unwrap_err();
    assert_eq!(rule(&error), "overflow");
    let error = transaction.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
}

#[tokio::test]
async fn a_range_is_that_of_the_sum() {
    let store = store().await;
    let session = store.session();
    let account = Account {
        percent: Some(50),
        ..Account::new("eu", 1)
    };
    session.insert(&account).await.unwrap();
    let add = |value: i32| session.update_where(Filter::all(), [Account::PERCENT.plus(value)]);
    assert_eq!(add(-50).await.unwrap(), 1);
    assert_eq!(rule(&add(-1).await.unwrap_err()), "out_of_range");
    assert_eq!(rule(&add(101).await.unwrap_err()), "out_of_range");
}

#[tokio::test]
async fn decimals_are_stored_with_the_digits_of_their_column() {
    let store = store().await;
    let session = store.session();
    session.insert(&Account::new("eu", 1)).await.unwrap();
    let add = Action::Add(Value::Decimal(Decimal::new(15, 1)));
    session.execute(update("balance", add)).await.unwrap();
    let found: Account = session.get(&("eu".to_owned(), 1)).await.unwrap();
    assert_eq!(found.balance.to_string(), "1.50");
}

#[tokio::test]
async fn buckets_round_down_and_absent_moments_are_a_group() {
    let store = store().await;
    let session = store.session();
    let millis = [Some(-1), Some(-900_000), Some(-900_001), Some(0), None];
    let accounts: Vec<Account> = (0..)
        .zip(millis)
        .map(|(id, millis)| Account {
            since: millis.map(|millis| DateTime::from_timestamp_millis(millis).unwrap()),
            ..Account::new("eu", id)
        })
        .collect();
    session.insert_many(&accounts).await.unwrap();
    let query = AggregateQuery::over(Filter::all())
        .bucket(Account::SINCE, 900)
        .count()
        .sum(Account::BALANCE)
        .max(Account::SMALL);
    let rows = session.aggregate(query).await.unwrap();
    let found: Vec<(Value, Value)> = rows
        .iter()
        .map(|row| (row.value(0).into(), row.value(1).into()))
        .collect();
    let group = |bucket, count| (bucket, Value::I64(count));
    assert_eq!(
        found,
        [
            group(Value::Null, 1),
            group(Value::I64(-1800), 1),
            group(Value::I64(-900), 2),
            group(Value::I64(0), 1),
        ]
    );
    assert_eq!(rows[0].decimal(2).unwrap(), Decimal::ZERO);
    assert_eq!(Value::from(rows[0].value(3)), Value::I16(0));
}
