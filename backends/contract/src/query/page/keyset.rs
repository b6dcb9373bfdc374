//! The parts of an order, and the condition that selects the rows after a given one.
//!
//! In a table of another program a required column may be NULL, and databases sort NULL differently. So the
//! rows without a value in such a column of the order come after all others, as parts of their own: no
//! statement depends on where a database sorts NULL, and that of the first part uses the index of the order.

use crate::row::value::Value;
use crate::statement::predicate::{Comparison, Predicate};
use crate::statement::select::{Direction, OrderBy};
use crate::table::definition::TableDef;

/// Some of the rows, in their order.
pub(super) struct Part {
    pub(super) filter: Predicate,
    pub(super) order: Vec<OrderBy>,
}

/// The parts of a total order: first the rows with values in all of its required columns; then, for each of
/// these columns, the rows without a value in it and with values in those before it, in the order of the columns
/// up to it and of the key. With the values of a row: only the rows after it.
pub(super) fn parts(table: &TableDef, order: &[OrderBy], after: Option<&[Value]>) -> Vec<Part> {
    let key = table.key_positions();
    let required: Vec<usize> = (0..order.len())
        .filter(|position| {
            let column = order[*position].column;
            !table.columns[column].nullable && !key.contains(&column)
        })
        .collect();
    let current = after.map(|values| {
        let is_missing = |position: &usize| values[*position] == Value::Null;
        required.iter().copied().find(is_missing)
    });
    let all = std::iter::once(None).chain(required.iter().copied().map(Some));
    all.skip_while(|missing| current.is_some_and(|current| current != *missing))
        .map(|missing| {
            let after = after.filter(|_| current == Some(missing));
            let kept = (0..order.len()).filter(|position| {
                missing.is_none_or(|missing| *position <= missing)
                    || key.contains(&order[*position].column)
            });
            let kept: Vec<usize> = kept.collect();
            let start = after.map_or(Predicate::True, |values| {
                let compared = kept.iter().filter(|position| Some(**position) != missing);
                let compared: Vec<(OrderBy, &Value)> = compared
                    .map(|position| (order[*position], &values[*position]))
                    .collect();
                self::after(table, &compared)
            });
            let filter = required.iter().fold(start, |filter, position| {
                let column = order[*position].column;
                let is_null = Predicate::IsNull { column };
                match missing {
                    Some(missing) if *position == missing => filter.and(is_null),
                    Some(missing) if *position > missing => filter,
                    // The bound of the first column says that.
                    _ if *position == 0 && after.is_some() => filter,
                    _ => filter.and(Predicate::Not(Box::new(is_null))),
                }
            });
            let order = kept.into_iter().map(|position| order[position]).collect();
            Part { filter, order }
        })
        .collect()
}

/// Rows that come after the row with these values: expanded, since `MySQL` reads the whole table for
/// a row value `(a, b) > (?, ?)`, and with the bound of the first column repeated in front, since no
/// planner derives it from the alternatives.
fn after(table: &TableDef, values: &[(OrderBy, &Value)]) -> Predicate {
    let mut equal = Predicate::True;
    let mut any = Predicate::False;
    for (order, value) in values {
        any = any.or(equal.clone().and(beyond(table, order, value)));
        equal = equal.and(same(order.column, value));
    }
    match values {
        [(first, value), _, ..] if **value != Value::Null => bound(table, first, value).and(any),
        _ => any,
    }
}

fn same(column: usize, value: &Value) -> Predicate {
    match value {
        Value::Null => Predicate::IsNull { column },
        value => Predicate::compare(column, Comparison::Eq, value.clone()),
    }
}

/// NULL is less than every value: it comes first when ascending and last when descending.
fn beyond(table: &TableDef, order: &OrderBy, value: &Value) -> Predicate {
    let column = order.column;
    match (order.direction, value) {
        (Direction::Ascending, Value::Null) => {
            Predicate::Not(Box::new(Predicate::IsNull { column }))
        }
        (Direction::Descending, Value::Null) => Predicate::False,
        (Direction::Ascending, value) => Predicate::compare(column, Comparison::Gt, value.clone()),
        (Direction::Descending, value) => {
            let less = Predicate::compare(column, Comparison::Lt, value.clone());
            if table.columns[column].nullable {
                less.or(Predicate::IsNull { column })
            } else {
                less
            }
        }
    }
}

fn bound(table: &TableDef, order: &OrderBy, value: &Value) -> Predicate {
    match order.direction {
        Direction::Ascending => Predicate::compare(order.column, Comparison::Ge, value.clone()),
        Direction::Descending if table.columns[order.column].nullable => Predicate::True,
        Direction::Descending => Predicate::compare(order.column, Comparison::Le, value.clone()),
    }
}
