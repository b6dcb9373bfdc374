//! Lowers predicates to conditions.

use genledger_contract::row::Value;
use genledger_contract::statement::{Comparison, Predicate, successor};

use super::{Lower, text};
use crate::dialect::Family;
use crate::shape::{Condition, TextAs};

/// Lists are padded to a few lengths, so that few statements are prepared.
const STEP: usize = 1_024;

impl<'a> Lower<'a> {
    pub(super) fn predicate(&mut self, predicate: &'a Predicate) -> Condition {
        lower(self, predicate)
    }

    /// The condition of an update. If it contains the primary key, an index for the other parts is of no use, and
    /// `PostgreSQL` must not take one because of old statistics: with `ready = 0`, an index on that column was read to
    /// its end for each row.
    pub(super) fn update_condition(&mut self, predicate: &'a Predicate) -> Condition {
        let Predicate::And(all) = predicate else {
            return lower(self, predicate);
        };
        let keys = self.table.key_positions();
        let is_key = |one: &Predicate| match one {
            Predicate::Compare {
                column,
                comparison: Comparison::Eq,
                ..
            } => keys.contains(column),
            _ => false,
        };
        let (key, guard): (Vec<_>, Vec<_>) = all.iter().partition(|one| is_key(one));
        if self.dialect.family() != Family::Postgres || key.len() != keys.len() || guard.is_empty()
        {
            return lower(self, predicate);
        }
        let key = key.into_iter().map(|one| lower(self, one));
        let mut all: Vec<_> = key.collect();
        let guard = guard.into_iter().map(|one| lower(self, one)).collect();
        all.push(Condition::OfKey(Box::new(Condition::And(guard))));
        Condition::And(all)
    }
}

fn lower<'a>(to: &mut Lower<'a>, predicate: &'a Predicate) -> Condition {
    match predicate {
        Predicate::Compare {
            column,
            comparison,
            value,
        } => compare(to, *column, *comparison, value),
        Predicate::CompareColumns {
            column,
            plus,
            comparison,
            other,
        } => {
            let column_type = to.table.columns[*column].column_type;
            Condition::CompareColumns {
                column: *column,
                plus: plus
                    .as_ref()
                    .map(|plus| to.given(plus.as_ref(), column_type)),
                comparison: *comparison,
                other: *other,
            }
        }
        Predicate::In { column, values } => within(to, *column, values),
        Predicate::IsNull { column } => Condition::IsNull { column: *column },
        Predicate::StartsWith { column, prefix } => starts_with(to, *column, prefix),
        Predicate::Contains { column, part } => {
            let column_type = to.table.columns[*column].column_type;
            Condition::Contains {
                column: *column,
                slot: to.given(genledger_contract::row::ValueRef::Text(part), column_type),
            }
        }
        Predicate::And(all) if all.is_empty() => Condition::True,
        Predicate::And(all) => Condition::And(all.iter().map(|one| lower(to, one)).collect()),
        Predicate::Or(any) if any.is_empty() => Condition::False,
        Predicate::Or(any) => Condition::Or(any.iter().map(|one| lower(to, one)).collect()),
        Predicate::Not(inner) => Condition::Not(Box::new(lower(to, inner))),
        Predicate::True => Condition::True,
        Predicate::False => Condition::False,
        // A condition of a newer contract matches no row, not even inside `Not`.
        _ => Condition::Unknown,
    }
}

fn compare<'a>(
    to: &mut Lower<'a>,
    column: usize,
    comparison: Comparison,
    value: &'a Value,
) -> Condition {
    let column_type = to.table.columns[column].column_type;
    let slot = to.given(value.as_ref(), column_type);
    let Value::Text(text) = value else {
        return plain(column, comparison, slot);
    };
    if to.dialect.family() != Family::MySql || to.is_exact(column, text) {
        return plain(column, comparison, slot);
    }
    let exact = Condition::Compare {
        column,
        comparison,
        slot,
        text: TextAs::Bytes,
    };
    // The exact comparison cannot use an index, so a wider condition that can is added.
    let wide = match comparison {
        Comparison::Ne => return exact,
        Comparison::Lt | Comparison::Le | Comparison::Gt | Comparison::Ge
            if !to.is_ordered(column) =>
        {
            return exact;
        }
        Comparison::Eq => plain(column, Comparison::Eq, slot),
        Comparison::Lt | Comparison::Le => {
            let bound = to.text(text::upper_bound(text), column_type);
            plain(column, Comparison::Le, bound)
        }
        Comparison::Gt | Comparison::Ge => {
            let bound = to.text(text::lower_bound(text), column_type);
            plain(column, Comparison::Ge, bound)
        }
    };
    Condition::And(vec![wide, exact])
}

const fn plain(column: usize, comparison: Comparison, slot: usize) -> Condition {
    Condition::Compare {
        column,
        comparison,
        slot,
        text: TextAs::Column,
    }
}

fn within<'a>(to: &mut Lower<'a>, column: usize, values: &'a [Value]) -> Condition {
    let Some(last) = values.last() else {
        return Condition::False;
    };
    let column_type = to.table.columns[column].column_type;
    let mut exact = true;
    let first = to.values.len();
    for value in values {
        to.given(value.as_ref(), column_type);
        if let Value::Text(text) = value {
            exact &= to.is_exact(column, text);
        }
    }
    let count = if values.len() < STEP {
        values.len().next_power_of_two()
    } else {
        values.len().next_multiple_of(STEP)
    };
    // A repeated value changes nothing.
    for _ in values.len()..count {
        to.given(last.as_ref(), column_type);
    }
    let contained = |text| Condition::In {
        column,
        first,
        count,
        text,
    };
    if to.dialect.family() == Family::MySql && !exact {
        Condition::And(vec![contained(TextAs::Column), contained(TextAs::Bytes)])
    } else {
        contained(TextAs::Column)
    }
}

/// A half-open range if the column is ordered by bytes. Otherwise a wider range that can use an index,
/// and a comparison of the first bytes.
fn starts_with<'a>(to: &mut Lower<'a>, column: usize, prefix: &'a str) -> Condition {
    let column_type = to.table.columns[column].column_type;
    let given = to.given(genledger_contract::row::ValueRef::Text(prefix), column_type);
    let padded = to.dialect.family() == Family::MySql;
    let converted = to.dialect.is_converted(&to.table.columns[column]);
    if padded && converted {
        return Condition::PrefixBytes {
            column,
            slot: given,
        };
    }
    let low = if padded {
        to.text(text::lower_bound(prefix), column_type)
    } else {
        given
    };
    let text = if converted {
        TextAs::Read
    } else {
        TextAs::Column
    };
    let bound = |comparison, slot| Condition::Compare {
        column,
        comparison,
        slot,
        text,
    };
    let mut all = vec![bound(Comparison::Ge, low)];
    if let Some(successor) = successor(prefix) {
        let high = to.text(successor, column_type);
        all.push(bound(Comparison::Lt, high));
    }
    if padded {
        all.push(Condition::PrefixBytes {
            column,
            slot: given,
        });
    }
    Condition::And(all)
}
