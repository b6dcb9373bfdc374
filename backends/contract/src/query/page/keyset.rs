//! The condition that selects the rows after a given one.

use crate::row::value::Value;
use crate::statement::predicate::{Comparison, Predicate};
use crate::statement::select::{Direction, OrderBy};
use crate::table::definition::TableDef;

/// Rows that come after the row with these values: expanded, since `MySQL` reads the whole table for
/// a row value `(a, b) > (?, ?)`, and with the bound of the first column repeated in front, since no
/// planner derives it from the alternatives.
pub(super) fn after(table: &TableDef, order: &[OrderBy], values: &[Value]) -> Predicate {
    let mut equal = Predicate::True;
    let mut any = Predicate::False;
    for (order, value) in order.iter().zip(values) {
        any = any.or(equal.clone().and(beyond(table, order, value)));
        equal = equal.and(same(order.column, value));
    }
    match (order.first(), values.first()) {
        (Some(first), Some(value)) if *value != Value::Null && order.len() > 1 => {
            bound(table, first, value).and(any)
        }
        _ => any,
    }
}

fn same(column: usize, value: &Value) -> Predicate {
    match value {
        Value::Null => Predicate::IsNull { column },
        value => Predicate::compare(column, Comparison::Eq, value.clone()),
    }
}

/// NULL is less than every value: it comes first when ascending and last when descending. In a column that should
/// have no NULL its place is that of the database.
fn beyond(table: &TableDef, order: &OrderBy, value: &Value) -> Predicate {
    let column = order.column;
    match (order.direction, value) {
        (direction, Value::Null) if !table.columns[column].nullable => Predicate::AfterNull {
            column,
            descending: direction == Direction::Descending,
        },
        (Direction::Ascending, Value::Null) => {
            Predicate::Not(Box::new(Predicate::IsNull { column }))
        }
        (Direction::Descending, Value::Null) => Predicate::False,
        (Direction::Ascending, value) => Predicate::compare(column, Comparison::Gt, value.clone()),
        (Direction::Descending, value) => Predicate::compare(column, Comparison::Lt, value.clone())
            .or(Predicate::IsNull { column }),
    }
}

fn bound(table: &TableDef, order: &OrderBy, value: &Value) -> Predicate {
    match order.direction {
        Direction::Ascending => Predicate::compare(order.column, Comparison::Ge, value.clone()),
        Direction::Descending if table.columns[order.column].nullable => Predicate::True,
        Direction::Descending => Predicate::compare(order.column, Comparison::Le, value.clone()),
    }
}
