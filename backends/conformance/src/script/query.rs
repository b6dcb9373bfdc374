//! Random reads: pages in any order, and aggregates by any groups.

use genledger_contract::query::{AggregateQuery, MAX_PAGE_SIZE, Order};
use genledger_contract::table::{ColumnType, TableDef};
use genledger_contract::{Entity, Query};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Strategy};
use proptest::sample::{select, subsequence};

use super::condition::{Condition, comparable, condition};
use super::dynamic::{Dynamic, column};

/// Columns to order by, and whether the greatest comes first.
pub(super) type Orders = Vec<(usize, bool)>;

pub(super) fn orders<E: Entity>(orders: &Orders) -> Vec<Order<Dynamic<E>>> {
    let order = |(at, descending): &(usize, bool)| {
        let column = column::<E>(*at);
        if *descending {
            column.desc()
        } else {
            column.asc()
        }
    };
    orders.iter().map(order).collect()
}

/// An order of up to three columns.
pub(super) fn any_orders(table: &'static TableDef) -> BoxedStrategy<Orders> {
    let columns: Vec<usize> = comparable(table)
        .into_iter()
        .filter(|at| table.columns[*at].column_type != ColumnType::LongText)
        .collect();
    let most = columns.len().min(3);
    subsequence(columns, 0..=most)
        .prop_shuffle()
        .prop_flat_map(|columns| {
            let directions = vec(proptest::bool::ANY, columns.len());
            directions.prop_map(move |directions| columns.iter().copied().zip(directions).collect())
        })
        .boxed()
}

/// Pages of a size in an order.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    pub(super) condition: Condition,
    pub(super) orders: Orders,
    pub(super) size: u32,
}

impl Walk {
    pub(super) fn query<E: Entity>(&self) -> Query<Dynamic<E>> {
        Query::matching(self.condition.filter())
            .order_by(orders(&self.orders))
            .page_size(self.size)
    }
}

pub(super) fn any_walk(table: &'static TableDef, extremes: bool) -> BoxedStrategy<Walk> {
    let sizes = vec![MAX_PAGE_SIZE, 1, 2, 3, 5, 8, 0];
    (condition(table, extremes), any_orders(table), select(sizes))
        .prop_map(|(condition, orders, size)| Walk {
            condition,
            orders,
            size,
        })
        .boxed()
}

/// A measure of an aggregate.
#[derive(Clone, Copy, Debug)]
pub(super) enum Measure {
    Count,
    Sum(usize),
    Min(usize),
    Max(usize),
}

/// Sums by groups; a group of `Some(seconds)` is a span.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub(super) condition: Condition,
    pub(super) groups: Vec<(usize, Option<i64>)>,
    pub(super) measures: Vec<Measure>,
}

impl Sums {
    pub(super) fn query<E: Entity>(&self) -> AggregateQuery<Dynamic<E>> {
        let over = AggregateQuery::over(self.condition.filter());
        let grouped = self
            .groups
            .iter()
            .fold(over, |query, (at, seconds)| match seconds {
                Some(seconds) => query.bucket(column::<E>(*at), *seconds),
                None => query.group_by(column::<E>(*at)),
            });
        self.measures
            .iter()
            .fold(grouped, |query, measure| match measure {
                Measure::Count => query.count(),
                Measure::Sum(at) => query.sum(column::<E>(*at)),
                Measure::Min(at) => query.min(column::<E>(*at)),
                Measure::Max(at) => query.max(column::<E>(*at)),
            })
    }
}

fn is_unix(table: &TableDef, at: usize) -> bool {
    matches!(
        table.columns[at].column_type,
        ColumnType::UnixSeconds | ColumnType::UnixMillis
    )
}

fn is_number(table: &TableDef, at: usize) -> bool {
    matches!(
        table.columns[at].column_type,
        ColumnType::I16 | ColumnType::I32 | ColumnType::I64 | ColumnType::Decimal { .. }
    )
}

pub(super) fn any_sums(table: &'static TableDef, extremes: bool) -> BoxedStrategy<Sums> {
    let columns = comparable(table);
    let groups =
        subsequence(columns.clone(), 0..=columns.len().min(2)).prop_flat_map(move |columns| {
            let spans = select(vec![None, Some(1), Some(60), Some(900), Some(86_400)]);
            vec(spans, columns.len()).prop_map(move |spans| {
                let group =
                    |(at, span): (&usize, Option<i64>)| (*at, span.filter(|_| is_unix(table, *at)));
                columns.iter().zip(spans).map(group).collect::<Vec<_>>()
            })
        });
    let mut measures = vec![Measure::Count];
    for at in columns {
        if is_number(table, at) {
            measures.push(Measure::Sum(at));
        }
        measures.extend([Measure::Min(at), Measure::Max(at)]);
    }
    let measures = vec(select(measures), 1..4);
    (condition(table, extremes), groups, measures)
        .prop_map(|(condition, groups, measures)| Sums {
            condition,
            groups,
            measures,
        })
        .boxed()
}
