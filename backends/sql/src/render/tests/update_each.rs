//! Many updates in one statement.

use genledger_contract::Entity;
use genledger_contract::row::Value;
use genledger_contract::statement::{Action, Assignment, Comparison, Predicate, Select, Update};

use super::model::Parcel;
use crate::dialect::{Dialect, Limits, MYSQL, MYSQL_UNLOCKED, POSTGRES, POSTGRES_UNLOCKED};
use crate::lower::Lower;
use crate::shape::Lock;

const fn at(name: &str) -> usize {
    Parcel::TABLE.position(name).unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn key(number: i64) -> Vec<Value> {
    vec![Value::Text("north".to_owned()), Value::I64(number)]
}

fn update(number: i64) -> Update {
    let filter = Predicate::equals(&Parcel::TABLE.key_positions(), key(number))
        .and(Predicate::CompareColumns {
            column: at("owner"),
            plus: Some(Value::I32(1)),
            comparison: Comparison::Le,
            other: at("owner"),
        })
        .and(Predicate::compare(
            at("model"),
            Comparison::Eq,
            Value::Text("a".to_owned()),
        ));
    let assign = |column: &str, action| Assignment {
        column: at(column),
        action,
    };
    let update = Update {
        table: Parcel::TABLE,
        assignments: vec![
            assign("price", Action::Add(Value::Decimal(number.into()))),
            assign("other", Action::Set(Value::Json("{}".into()))),
            assign("note", Action::Set(Value::Text(number.to_string()))),
        ],
        filter,
        returning: false,
    };
    update.validate().unwrap();
    update
}

fn lower(dialect: &'static Dialect) -> Lower<'static> {
    Lower::new(dialect, Limits::of(dialect.family()), Parcel::TABLE)
}

#[test]
fn updates_of_postgres_are_one_statement() {
    let update = update(1);
    let render = |dialect, returning| {
        let row = lower(dialect).update_row(&update);
        row.statement(dialect, Parcel::TABLE, returning).to_string()
    };
    insta::assert_snapshot!(
        [
            render(&POSTGRES, false),
            render(&POSTGRES, true),
            render(&POSTGRES_UNLOCKED, false)
        ]
        .join("\n\n")
    );
    assert!(!render(&POSTGRES_UNLOCKED, false).contains(" FOR "));
}

/// With old statistics, an index for the guard may seem to be as good as the key.
#[test]
fn postgres_uses_no_index_for_the_guard_of_a_key() {
    let keyed = update(1);
    let rows = Update {
        filter: Predicate::equals(
            &[at("depot"), at("model")],
            ["north", "a"].map(text).to_vec(),
        ),
        ..update(1)
    };
    let sql =
        |dialect, update: &'static Update| lower(dialect).update(update).unwrap().sql().to_string();
    let (keyed, rows): (&'static _, &'static _) =
        (Box::leak(Box::new(keyed)), Box::leak(Box::new(rows)));
    assert!(
        sql(&POSTGRES, keyed).ends_with(r#"AND "model" = $7) IS TRUE"#),
        "{}",
        sql(&POSTGRES, keyed)
    );
    assert!(!sql(&MYSQL, keyed).contains("IS TRUE"));
    assert!(!sql(&POSTGRES, rows).contains("IS TRUE"));
}

#[test]
fn updates_of_mysql_are_looked_for_and_then_made() {
    let updates: Vec<Update> = (1..=3).map(update).collect();
    let filter = Predicate::Or(updates.iter().map(|one| one.filter.clone()).collect());
    let keys: Vec<Vec<Value>> = (1..=3).map(key).collect();
    let given: Vec<_> = keys
        .iter()
        .zip(&updates)
        .map(|(key, update)| (&key[..], &update.assignments[..]))
        .collect();
    let select = Select {
        columns: Parcel::TABLE.key_positions(),
        ..Select::all_columns(Parcel::TABLE, filter.clone())
    };
    let looked = lower(&MYSQL).select(&select, Lock::Update).unwrap();
    let made = lower(&MYSQL).update_by_key(&given, &filter).unwrap();
    insta::assert_snapshot!(format!("{}\n\n{}", looked.sql(), made.sql()));
    // Three are padded to four, each with its key and its value: twice, since JSON is the same for all.
    let params = made.params();
    let numbers = params
        .iter()
        .filter(|param| matches!(param.value, genledger_contract::row::ValueRef::I64(3)));
    assert_eq!(numbers.count(), 2 * 2 + 1);
    let unlocked = lower(&MYSQL_UNLOCKED)
        .select(&select, Lock::Update)
        .unwrap();
    assert!(!unlocked.sql().contains("FOR UPDATE"));
}
