//! Conditions on keys are looked up: the results must be those of a scan.

use genledger_contract::row::{RowReader, Value};
use genledger_contract::statement::{Comparison, Direction, OrderBy, Predicate, Select};
use genledger_contract::{Entity, Session, SessionExt, Store};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

use crate::model::{Account, store};

const COLUMNS: [&str; 4] = ["region", "id", "badge", "small"];
const REGIONS: [&str; 3] = ["ap", "eu", "us"];

fn position(name: &str) -> usize {
    Account::TABLE.position(name).unwrap()
}

fn accounts() -> Vec<Account> {
    REGIONS
        .iter()
        .flat_map(|region| (0..6).map(|id| Account::new(region, id)))
        .enumerate()
        .map(|(number, account)| {
            let number = i32::try_from(number).unwrap();
            Account {
                badge: (number % 3 > 0).then_some(number),
                small: i16::try_from(number % 4).unwrap(),
                ..account
            }
        })
        .collect()
}

fn operand(column: &str, value: i64) -> Value {
    if column == "region" {
        Value::Text(REGIONS[usize::try_from(value).unwrap() % REGIONS.len()].to_owned())
    } else {
        Value::I64(value)
    }
}

fn condition() -> impl Strategy<Value = Predicate> {
    let column = prop::sample::select(COLUMNS.to_vec());
    let comparison = prop::sample::select(vec![
        Comparison::Eq,
        Comparison::Eq,
        Comparison::Ne,
        Comparison::Lt,
        Comparison::Le,
        Comparison::Gt,
        Comparison::Ge,
    ]);
    let compare = (column.clone(), comparison, 0..18_i64).prop_map(|(column, how, value)| {
        Predicate::compare(position(column), how, operand(column, value))
    });
    let list = (column, prop::collection::vec(0..18_i64, 0..4)).prop_map(|(column, values)| {
        Predicate::In {
            column: position(column),
            values: values.iter().map(|value| operand(column, *value)).collect(),
        }
    });
    prop_oneof![4 => compare, 1 => list]
}

fn filter() -> impl Strategy<Value = Predicate> {
    let leaf = prop::collection::vec(condition(), 1..4).prop_map(Predicate::And);
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Predicate::And),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Predicate::Or),
            inner.prop_map(|inner| Predicate::Not(Box::new(inner))),
        ]
    })
}

fn order() -> impl Strategy<Value = Vec<OrderBy>> {
    let one = (prop::sample::select(COLUMNS.to_vec()), any::<bool>());
    prop::collection::vec(one, 0..3).prop_map(|orders| {
        orders
            .into_iter()
            .map(|(column, descending)| OrderBy {
                column: position(column),
                direction: if descending {
                    Direction::Descending
                } else {
                    Direction::Ascending
                },
            })
            .collect()
    })
}

type Pair = (String, i64);

async fn selected(session: &dyn Session, select: Select) -> Vec<Pair> {
    let rows = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&rows);
    session
        .select(
            select,
            Box::new(move |row: &dyn RowReader| {
                let pair = (row.text(0)?.unwrap().to_owned(), row.integer(1)?.unwrap());
                sink.lock().unwrap().push(pair);
                Ok(())
            }),
        )
        .await
        .unwrap();
    std::mem::take(&mut rows.lock().unwrap())
}

/// The result of a scan.
fn expected(select: &Select) -> Vec<Pair> {
    let mut rows: Vec<Vec<Value>> = accounts()
        .iter()
        .map(|account| {
            vec![
                Value::Text(account.region.clone()),
                Value::I64(account.id),
                account.badge.map_or(Value::Null, Value::I32),
                Value::I16(account.small),
            ]
        })
        .collect();
    let value = |row: &[Value], column: usize| {
        let at = COLUMNS.iter().position(|name| position(name) == column);
        row[at.unwrap()].clone()
    };
    rows.retain(|row| {
        let values: Vec<Value> = (0..Account::TABLE.columns.len())
            .map(|column| {
                if COLUMNS.iter().any(|name| position(name) == column) {
                    value(row, column)
                } else {
                    Value::Null
                }
            })
            .collect();
        select.filter.selects(&|column| values[column].as_ref())
    });
    let mut order = select.order.clone();
    let ties = order
        .last()
        .map_or(Direction::Ascending, |last| last.direction);
    for column in Account::TABLE.key_positions() {
        order.push(OrderBy {
            column,
            direction: ties,
        });
    }
    rows.sort_by(|left, right| {
        order
            .iter()
            .map(|order| {
                let (left, right) = (value(left, order.column), value(right, order.column));
                order.direction.apply(left.as_ref().order(right.as_ref()))
            })
            .find(|order| order.is_ne())
            .unwrap()
    });
    let pairs = rows.into_iter().map(|row| match (&row[0], &row[1]) {
        (Value::Text(region), Value::I64(id)) => (region.clone(), *id),
        _ => unreachable!(),
    });
    match select.limit {
        Some(limit) => pairs.take(usize::try_from(limit).unwrap()).collect(),
        None => pairs.collect(),
    }
}

proptest! {
    #[test]
    fn every_way_to_find_rows_finds_the_same(
        filter in filter(),
        order in order(),
        limit in prop::option::of(0..20_u64),
    ) {
        let select = Select {
            table: Account::TABLE,
            columns: vec![position("region"), position("id")],
            filter,
            order,
            limit,
        };
        let found = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let store = store().await;
            let session = store.session();
            session.insert_many(&accounts()).await.unwrap();
            selected(&*session, select.clone()).await
        });
        prop_assert_eq!(found, expected(&select));
    }
}
