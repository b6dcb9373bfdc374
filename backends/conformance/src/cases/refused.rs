//! Statements that the contract does not allow: every one is refused before anything is sent.

use std::sync::Arc;

use genledger_contract::query::MAX_FILTER_VALUES;
use genledger_contract::row::{RowBatch, Value};
use genledger_contract::statement::{
    Action, Aggregate, Assignment, Claim, Comparison, Delete, Direction, Group, Measure, OrderBy,
    Predicate, Select, Statement, Update, Upsert,
};
use genledger_contract::table::TableDef;
use genledger_contract::{Entity, SessionExt};

use crate::check::breaks;
use crate::databases::Databases;
use crate::model::{Account, Entry, Job, Member, Specimen};

fn position(table: &TableDef, name: &str) -> usize {
    table.position(name).unwrap()
}

fn compare(table: &TableDef, name: &str, value: Value) -> Predicate {
    Predicate::compare(position(table, name), Comparison::Eq, value)
}

/// Predicates of `Specimen`, and the rule that each violates.
fn impossible() -> Vec<(Predicate, &'static str)> {
    let table = Specimen::TABLE;
    let unknown = |column| Predicate::compare(column, Comparison::Lt, Value::I64(1));
    vec![
        (unknown(table.columns.len()), "unknown_column"),
        (unknown(usize::MAX), "unknown_column"),
        (Predicate::IsNull { column: 1000 }, "unknown_column"),
        (compare(table, "number", Value::Null), "null_comparison"),
        (
            Predicate::Not(Box::new(Predicate::In {
                column: position(table, "big"),
                values: vec![Value::I64(1); MAX_FILTER_VALUES + 1],
            })),
            "too_many_values",
        ),
        (
            compare(table, "document", Value::Json("{}".to_owned())),
            "not_comparable",
        ),
        (
            Predicate::In {
                column: position(table, "raw"),
                values: vec![Value::Bytes(vec![1])],
            },
            "not_comparable",
        ),
        (
            Predicate::StartsWith {
                column: position(table, "big"),
                prefix: "1".to_owned(),
            },
            "not_text",
        ),
        (
            Predicate::Contains {
                column: position(table, "document"),
                part: "1".to_owned(),
            },
            "not_text",
        ),
        (
            Predicate::Not(Box::new(Predicate::Or(vec![
                Predicate::True,
                Predicate::And(vec![Predicate::True, unknown(1000)]),
            ]))),
            "unknown_column",
        ),
    ]
}

/// A filter that names no column of the table, compares what is never compared, or compares with
/// NULL, is refused in every statement that has one.
pub(crate) async fn filters(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert(&Specimen::new(1)).await.unwrap();
    let table = Specimen::TABLE;
    for (filter, rule) in impossible() {
        let select = Select::all_columns(table, filter.clone());
        breaks(session.select(select, Box::new(|_| Ok(()))).await, rule);
        let set = Assignment {
            column: position(table, "big"),
            action: Action::Set(Value::I64(9)),
        };
        let update = Update {
            table,
            assignments: vec![set],
            filter: filter.clone(),
            returning: false,
        };
        breaks(session.execute(Statement::Update(update)).await, rule);
        let delete = Delete {
            table,
            filter: filter.clone(),
        };
        breaks(session.execute(Statement::Delete(delete)).await, rule);
        let aggregate = Aggregate {
            table,
            filter,
            groups: vec![],
            measures: vec![Measure::Count],
            scan_limit: None,
        };
        breaks(session.execute(Statement::Aggregate(aggregate)).await, rule);
    }
    let found = session.get::<Specimen>(&Specimen::new(1).key()).await;
    assert_eq!(found.unwrap(), Specimen::new(1));
}

/// Selects without columns, and orders by columns that are never compared, are refused.
pub(crate) async fn selects(databases: &Databases) {
    let session = databases.migrated().await.session();
    let table = Specimen::TABLE;
    let mut empty = Select::all_columns(table, Predicate::True);
    empty.columns.clear();
    let mut unknown = Select::all_columns(table, Predicate::True);
    unknown.columns.push(table.columns.len());
    let ordered = |column| {
        let mut select = Select::all_columns(table, Predicate::True);
        select.order.push(OrderBy {
            column,
            direction: Direction::Ascending,
        });
        select
    };
    for (select, rule) in [
        (empty, "empty"),
        (unknown, "unknown_column"),
        (ordered(position(table, "raw")), "not_comparable"),
        (ordered(position(table, "story")), "unbounded_order"),
        (ordered(1000), "unknown_column"),
    ] {
        let outcome = session.select(select, Box::new(|_| Ok(()))).await;
        breaks(outcome, rule);
    }
}

/// Updates and upserts that the types do not allow are refused as untyped statements too.
pub(crate) async fn changes(databases: &Databases) {
    let session = databases.migrated().await.session();
    let update = |table: &'static TableDef, assignments| Update {
        table,
        assignments,
        filter: Predicate::True,
        returning: false,
    };
    let set = |column, action| Assignment { column, action };
    let one = || Action::Set(Value::I64(1));
    for (update, rule) in [
        (update(Account::TABLE, vec![]), "empty"),
        (
            update(Account::TABLE, vec![set(100, one())]),
            "unknown_column",
        ),
        (update(Account::TABLE, vec![set(0, one())]), "key_change"),
        (
            update(
                Account::TABLE,
                vec![set(position(Account::TABLE, "version"), Action::Inserted)],
            ),
            "not_an_upsert",
        ),
        (
            update(
                Entry::TABLE,
                vec![set(position(Entry::TABLE, "tokens"), one())],
            ),
            "append_only",
        ),
    ] {
        breaks(session.execute(Statement::Update(update)).await, rule);
    }
    // Not every database can return the rows of a condition without a key.
    let returning = Update {
        returning: true,
        ..update(
            Account::TABLE,
            vec![set(position(Account::TABLE, "version"), one())],
        )
    };
    breaks(
        session.execute(Statement::Update(returning)).await,
        "no_key",
    );
    let members = RowBatch::of(&[Member::new(1, "ann")]).unwrap();
    let entries = RowBatch::of(&[Entry::new(1, 1)]).unwrap();
    for (rows, column, rule) in [
        (members, "version", "second_unique_key"),
        (entries, "tokens", "append_only"),
    ] {
        let upsert = Upsert {
            assignments: vec![set(position(rows.table(), column), Action::Inserted)],
            rows: Arc::new(rows),
        };
        breaks(session.execute(Statement::Upsert(upsert)).await, rule);
    }
}

/// Aggregates and claims that are not valid are refused.
pub(crate) async fn aggregates_and_claims(databases: &Databases) {
    let session = databases.migrated().await.session();
    let aggregate = |groups, measures, scan_limit| Aggregate {
        table: Entry::TABLE,
        filter: Predicate::True,
        groups,
        measures,
        scan_limit,
    };
    let model = position(Entry::TABLE, "model");
    for (aggregate, rule) in [
        (aggregate(vec![], vec![], None), "empty"),
        (
            aggregate(vec![], vec![Measure::Sum(100)], None),
            "unknown_column",
        ),
        (
            aggregate(vec![], vec![Measure::Sum(model)], None),
            "not_a_number",
        ),
        (
            aggregate(vec![Group::Column(model)], vec![Measure::Count], Some(9)),
            "not_a_count",
        ),
        (
            aggregate(vec![], vec![Measure::Sum(0)], Some(9)),
            "not_a_count",
        ),
    ] {
        breaks(session.execute(Statement::Aggregate(aggregate)).await, rule);
    }
    let claim = |limit, token| Claim {
        table: Job::TABLE,
        filter: Predicate::True,
        order: vec![],
        limit,
        assignments: vec![],
        token_column: position(Job::TABLE, "token"),
        token,
    };
    let token = || Value::Text("t".to_owned());
    let mut of_log = claim(1, Value::I64(1));
    of_log.table = Entry::TABLE;
    of_log.token_column = position(Entry::TABLE, "tokens");
    for (claim, rule) in [
        (claim(0, token()), "out_of_range"),
        (claim(1, Value::Null), "required"),
        (of_log, "append_only"),
    ] {
        let outcome = session.execute(Statement::Claim(claim)).await;
        breaks(outcome, rule);
    }
}

/// An empty list of values in a statement selects nothing, and its negation selects all rows.
pub(crate) async fn an_empty_list_is_allowed(databases: &Databases) {
    let session = databases.migrated().await.session();
    session.insert_many(&Account::many([1, 2])).await.unwrap();
    let bonus = position(Account::TABLE, "bonus");
    let id = position(Account::TABLE, "id");
    let count = async |filter| {
        let aggregate = Aggregate {
            table: Account::TABLE,
            filter,
            groups: vec![],
            measures: vec![Measure::Count],
            scan_limit: None,
        };
        let reply = session.execute(Statement::Aggregate(aggregate)).await;
        reply.unwrap().groups().unwrap()[0].values[0].clone()
    };
    let empty = |column| Predicate::In {
        column,
        values: vec![],
    };
    assert_eq!(count(empty(id)).await, Value::I64(0));
    assert_eq!(count(empty(bonus)).await, Value::I64(0));
    let not = |inner| Predicate::Not(Box::new(inner));
    assert_eq!(count(not(empty(id))).await, Value::I64(2));
    assert_eq!(count(Predicate::And(vec![])).await, Value::I64(2));
    assert_eq!(count(Predicate::Or(vec![])).await, Value::I64(0));
}
