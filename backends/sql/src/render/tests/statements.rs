//! Statements and conditions. A condition is part of a delete, the shortest statement.

use std::sync::Arc;

use genledger_contract::Entity;
use genledger_contract::row::{RowBatch, Value, ValueRef};
use genledger_contract::statement::{
    Action, Aggregate, Assignment, Claim, Comparison, Delete, Direction, Group, Measure, OrderBy,
    Predicate, Select, Update, Upsert,
};

use super::each;
use super::model::{Parcel, Total};
use crate::ddl::create_table_sql;
use crate::dialect::{Dialect, Limits, MYSQL, MYSQL_UNLOCKED, POSTGRES, POSTGRES_UNLOCKED, SQLITE};
use crate::lower::{Lower, bulk_insert};
use crate::shape::Lock;

const fn at(name: &str) -> usize {
    Parcel::TABLE.position(name).unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A value with its content, which its `Debug` does not show.
fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::from("Null"),
        ValueRef::Bool(value) => format!("Bool({value:?})"),
        ValueRef::I16(value) => format!("I16({value:?})"),
        ValueRef::I32(value) => format!("I32({value:?})"),
        ValueRef::I64(value) => format!("I64({value:?})"),
        ValueRef::Decimal(value) => format!("Decimal({value:?})"),
        ValueRef::Text(value) => format!("Text({value:?})"),
        ValueRef::Bytes(value) => format!("Bytes({value:?})"),
        ValueRef::Json(value) => format!("Json({value:?})"),
        ValueRef::DateTime(value) => format!("DateTime({value:?})"),
    }
}

fn condition(filter: &Predicate) -> String {
    each(|dialect| {
        let delete = Delete {
            table: Parcel::TABLE,
            filter: filter.clone(),
        };
        Select::all_columns(Parcel::TABLE, filter.clone())
            .validate()
            .unwrap();
        let statement = Lower::new(dialect, Limits::of(dialect.family()), Parcel::TABLE)
            .delete(&delete)
            .unwrap();
        let values: Vec<_> = statement
            .params()
            .iter()
            .map(|param| shown(param.value))
            .collect();
        format!("{}\n{}", statement.sql(), values.join(", "))
    })
}

fn compare(column: &str, comparison: Comparison, value: Value) -> Predicate {
    Predicate::compare(at(column), comparison, value)
}

#[test]
fn create_table() {
    insta::assert_snapshot!(each(
        |dialect| create_table_sql(dialect, Parcel::TABLE).join(";\n")
    ));
}

#[test]
fn create_table_with_a_number_as_key() {
    insta::assert_snapshot!(each(
        |dialect| create_table_sql(dialect, Total::TABLE).join(";\n")
    ));
}

#[test]
fn compare_numbers() {
    insta::assert_snapshot!(condition(&Predicate::And(vec![
        compare("number", Comparison::Ge, Value::I64(7)),
        compare("owner", Comparison::Ne, Value::I64(7)),
        Predicate::Or(vec![
            compare("gone", Comparison::Eq, Value::Bool(true)),
            Predicate::Not(Box::new(Predicate::IsNull { column: at("note") })),
        ]),
    ])));
}

#[test]
fn compare_text_of_a_key() {
    insta::assert_snapshot!(condition(&compare("depot", Comparison::Eq, text("north"))));
}

#[test]
fn compare_text_that_no_key_holds() {
    insta::assert_snapshot!(condition(&compare("depot", Comparison::Eq, text("north "))));
}

#[test]
fn compare_text() {
    insta::assert_snapshot!(condition(&Predicate::And(vec![
        compare("model", Comparison::Eq, text("a")),
        compare("model", Comparison::Ne, text("b")),
        compare("model", Comparison::Lt, text("c\td")),
        compare("model", Comparison::Ge, text("e")),
    ])));
}

#[test]
fn in_a_list() {
    let numbers = (0..3).map(Value::I64).collect();
    insta::assert_snapshot!(condition(&Predicate::And(vec![
        Predicate::In {
            column: at("number"),
            values: numbers
        },
        Predicate::In {
            column: at("model"),
            values: vec![text("a"), text("b")]
        },
        Predicate::In {
            column: at("depot"),
            values: vec![text("one")]
        },
    ])));
}

#[test]
fn starts_with() {
    insta::assert_snapshot!(condition(&Predicate::StartsWith {
        column: at("model"),
        prefix: "gpt-4%".to_owned(),
    }));
}

#[test]
fn contains() {
    insta::assert_snapshot!(condition(&Predicate::Not(Box::new(Predicate::Contains {
        column: at("model"),
        part: "_4".to_owned(),
    }))));
}

#[test]
fn nothing() {
    insta::assert_snapshot!(condition(&Predicate::And(vec![
        Predicate::False,
        Predicate::Or(vec![]),
        Predicate::Not(Box::new(Predicate::True)),
    ])));
}

fn page() -> Select {
    let order = |column, direction| OrderBy {
        column: at(column),
        direction,
    };
    Select {
        table: Parcel::TABLE,
        columns: vec![at("depot"), at("number"), at("other")],
        filter: compare("number", Comparison::Gt, Value::I64(1)),
        order: vec![
            order("note", Direction::Ascending),
            order("label", Direction::Descending),
            order("at", Direction::Descending),
            order("number", Direction::Ascending),
        ],
        limit: Some(21),
    }
}

fn select(dialect: &'static Dialect, lock: Lock) -> String {
    let page = page();
    page.validate().unwrap();
    let statement = Lower::new(dialect, Limits::of(dialect.family()), Parcel::TABLE)
        .select(&page, lock)
        .unwrap();
    statement.sql().to_string()
}

#[test]
fn select_in_order() {
    insta::assert_snapshot!(each(|dialect| select(dialect, Lock::No)));
}

#[test]
fn select_with_locks() {
    insta::assert_snapshot!(each(|dialect| select(dialect, Lock::SkipLocked)));
    insta::assert_snapshot!(each(|dialect| select(dialect, Lock::Share)));
}

#[test]
fn no_lock_is_rendered_where_locks_are_stripped() {
    for dialect in [&SQLITE, &POSTGRES_UNLOCKED, &MYSQL_UNLOCKED] {
        for lock in [Lock::No, Lock::Share, Lock::SkipLocked] {
            let sql = select(dialect, lock);
            for word in ["FOR UPDATE", "FOR SHARE", "SKIP LOCKED", "LOCK IN"] {
                assert!(!sql.contains(word), "{sql}");
            }
        }
    }
    assert_eq!(POSTGRES.unlocked(), &POSTGRES_UNLOCKED);
    assert_eq!(MYSQL.unlocked(), &MYSQL_UNLOCKED);
}

#[test]
fn update() {
    let update = Update {
        table: Parcel::TABLE,
        assignments: vec![
            Assignment {
                column: at("price"),
                action: Action::Add(Value::Decimal(1.into())),
            },
            Assignment {
                column: at("other"),
                action: Action::Set(Value::Json("{}".into())),
            },
            Assignment {
                column: at("note"),
                action: Action::Set(Value::Null),
            },
        ],
        filter: compare("number", Comparison::Eq, Value::I64(1)),
        returning: false,
    };
    update.validate().unwrap();
    insta::assert_snapshot!(each(|dialect| {
        let statement = Lower::new(dialect, Limits::of(dialect.family()), Parcel::TABLE)
            .update(&update)
            .unwrap();
        statement.sql().to_string()
    }));
}

#[test]
fn update_returning() {
    let update = Update {
        table: Total::TABLE,
        assignments: vec![Assignment {
            column: Total::TABLE.position("count").unwrap(),
            action: Action::Add(Value::I64(1)),
        }],
        filter: Predicate::equals(&Total::TABLE.key_positions(), vec![Value::I64(1)]),
        returning: true,
    };
    update.validate().unwrap();
    insta::assert_snapshot!(
        [&SQLITE, &POSTGRES]
            .map(|dialect| {
                let statement = Lower::new(dialect, Limits::of(dialect.family()), Total::TABLE);
                let statement = statement.update_returning(&update).unwrap();
                statement.sql().to_string()
            })
            .join("\n")
    );
}

#[test]
fn a_claim_of_postgres_is_one_statement() {
    let claim = Claim {
        table: Total::TABLE,
        filter: Predicate::compare(
            Total::TABLE.position("count").unwrap(),
            Comparison::Eq,
            Value::I64(0),
        ),
        order: Vec::new(),
        limit: 10,
        assignments: Vec::new(),
        token_column: Total::TABLE.position("count").unwrap(),
        token: Value::I64(7),
    };
    let order = vec![OrderBy {
        column: 0,
        direction: Direction::Descending,
    }];
    let assignments = [Assignment {
        column: claim.token_column,
        action: Action::Set(claim.token.clone()),
    }];
    insta::assert_snapshot!(
        [&POSTGRES, &POSTGRES_UNLOCKED]
            .map(|dialect| {
                let statement = Lower::new(dialect, Limits::of(dialect.family()), Total::TABLE);
                let statement = statement.claim(&claim, &assignments, order.clone());
                statement.unwrap().sql().to_string()
            })
            .join("\n")
    );
}

#[test]
fn columns_are_compared() {
    let columns = |left: &str, plus, right: &str| Predicate::CompareColumns {
        column: at(left),
        plus,
        comparison: Comparison::Le,
        other: at(right),
    };
    insta::assert_snapshot!(condition(&columns("number", None, "number")));
    insta::assert_snapshot!(condition(&columns("number", Some(Value::I64(5)), "number")));
    insta::assert_snapshot!(condition(&columns("note", None, "model")));
}

#[test]
fn insert() {
    insta::assert_snapshot!(each(|dialect| {
        bulk_insert(dialect, Total::TABLE, 2, &[]).to_string()
    }));
}

#[test]
fn upsert() {
    let total = Total {
        hour: 1,
        count: 2,
        money: 3.into(),
        last: None,
    };
    let assign = |column: &str, action| Assignment {
        column: Total::TABLE.position(column).unwrap(),
        action,
    };
    let added = vec![
        assign("count", Action::AddInserted),
        assign("last", Action::Inserted),
    ];
    insta::assert_snapshot!(each(|dialect| {
        bulk_insert(dialect, Total::TABLE, 2, &added).to_string()
    }));
    let upsert = Upsert {
        rows: Arc::new(RowBatch::of(&[total]).unwrap()),
        assignments: vec![
            assign("count", Action::Add(Value::I64(1))),
            assign("money", Action::AddInserted),
            assign("last", Action::Set(Value::Json("1".into()))),
        ],
    };
    upsert.validate().unwrap();
    insta::assert_snapshot!(each(|dialect| {
        let values = (0..4).map(|column| upsert.rows.value(0, column));
        let statement = Lower::new(dialect, Limits::of(dialect.family()), Total::TABLE)
            .upsert(values, 1, &upsert.assignments)
            .unwrap();
        statement.sql().to_string()
    }));
}

#[test]
fn aggregate() {
    let aggregate = Aggregate {
        table: Parcel::TABLE,
        filter: compare("number", Comparison::Eq, Value::I64(1)),
        groups: vec![
            Group::Column(at("owner")),
            Group::Column(at("model")),
            Group::Bucket {
                column: at("at"),
                seconds: 900,
            },
            Group::Bucket {
                column: at("seen"),
                seconds: 3_600,
            },
        ],
        measures: vec![
            Measure::Count,
            Measure::Sum(at("slot")),
            Measure::Sum(at("price")),
            Measure::Min(at("model")),
            Measure::Max(at("gone")),
            Measure::Max(at("price")),
        ],
        scan_limit: None,
    };
    aggregate.validate().unwrap();
    insta::assert_snapshot!(each(|dialect| {
        let statement = Lower::new(dialect, Limits::of(dialect.family()), Parcel::TABLE)
            .aggregate(&aggregate)
            .unwrap();
        statement.sql().to_string()
    }));
}

#[test]
fn capped_count() {
    let count = Aggregate {
        table: Parcel::TABLE,
        filter: compare("number", Comparison::Gt, Value::I64(1)),
        groups: vec![],
        measures: vec![Measure::Count],
        scan_limit: Some(10_001),
    };
    count.validate().unwrap();
    insta::assert_snapshot!(each(|dialect| {
        let statement = Lower::new(dialect, Limits::of(dialect.family()), Parcel::TABLE)
            .aggregate(&count)
            .unwrap();
        let values = statement.params();
        let values: Vec<_> = values.iter().map(|param| shown(param.value)).collect();
        format!("{}\n{}", statement.sql(), values.join(", "))
    }));
}
