//! The range of primary keys that a filter can select, so that not all rows are scanned.

use std::cmp::Ordering;

use genledger_contract::row::ValueRef;
use genledger_contract::statement::{Comparison, Predicate};

use super::key::Key;

/// A range of keys: equal in their first columns, and bounded in the next one. Every row that the
/// filter selects is inside; not every row inside is selected.
pub(crate) struct KeyRange<'p> {
    equal: Vec<ValueRef<'p>>,
    low: Option<(Comparison, ValueRef<'p>)>,
    high: Option<(Comparison, ValueRef<'p>)>,
}

impl<'p> KeyRange<'p> {
    /// The least range that the conditions on the columns of the primary key allow.
    pub(crate) fn of(filter: &'p Predicate, key: &[usize]) -> Self {
        let mut equal = Vec::new();
        for column in key {
            match comparisons(filter, *column).find(|(how, _)| *how == Comparison::Eq) {
                Some((_, value)) => equal.push(value),
                None => break,
            }
        }
        let next = key.get(equal.len());
        let bound = |wanted: [Comparison; 2]| {
            next.and_then(|column| {
                comparisons(filter, *column).find(|(how, _)| wanted.contains(how))
            })
        };
        Self {
            low: bound([Comparison::Gt, Comparison::Ge]),
            high: bound([Comparison::Lt, Comparison::Le]),
            equal,
        }
    }

    /// Whether a key is before, in or after the range.
    pub(crate) fn locate(&self, key: &Key) -> Ordering {
        let mut values = key
            .values()
            .iter()
            .map(genledger_contract::row::Value::as_ref);
        for (operand, value) in self.equal.iter().zip(&mut values) {
            let order = value.order(*operand);
            if order.is_ne() {
                return order;
            }
        }
        let Some(value) = values.next() else {
            return Ordering::Equal;
        };
        let outside = |bound: &Option<(Comparison, ValueRef<'p>)>| {
            bound.is_some_and(|(how, operand)| !how.holds(value.order(operand)))
        };
        if outside(&self.low) {
            Ordering::Less
        } else if outside(&self.high) {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    }
}

/// The conditions that every selected row satisfies.
fn conjuncts(filter: &Predicate) -> Box<dyn Iterator<Item = &Predicate> + '_> {
    match filter {
        Predicate::And(all) => Box::new(all.iter().flat_map(conjuncts)),
        one => Box::new(std::iter::once(one)),
    }
}

/// The comparisons that every selected row's value of a column satisfies.
pub(crate) fn comparisons(
    filter: &Predicate,
    column: usize,
) -> impl Iterator<Item = (Comparison, ValueRef<'_>)> {
    conjuncts(filter).filter_map(move |one| match one {
        Predicate::Compare {
            column: compared,
            comparison,
            value,
        } if *compared == column => Some((*comparison, value.as_ref())),
        _ => None,
    })
}

/// The list that every selected row's value of a column is in.
pub(crate) fn listed(
    filter: &Predicate,
    column: usize,
) -> Option<&[genledger_contract::row::Value]> {
    conjuncts(filter).find_map(|one| match one {
        Predicate::In {
            column: compared,
            values,
        } if *compared == column => Some(values.as_slice()),
        _ => None,
    })
}
