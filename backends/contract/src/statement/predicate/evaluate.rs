//! The meaning of a filter, which every backend must implement.

use std::cmp::Ordering;

use crate::row::value::ValueRef;
use crate::statement::predicate::{Comparison, Predicate};

impl Predicate {
    /// Whether a row is selected; `value` returns the row's value of a column.
    #[must_use]
    pub fn selects<'a>(&self, value: &dyn Fn(usize) -> ValueRef<'a>) -> bool {
        self.evaluate(value) == Some(true)
    }

    /// Three-valued logic: `None` is unknown.
    fn evaluate<'a>(&self, value: &dyn Fn(usize) -> ValueRef<'a>) -> Option<bool> {
        match self {
            Self::True => Some(true),
            Self::False => Some(false),
            Self::Compare {
                column,
                comparison,
                value: operand,
            } => {
                let stored = value(*column);
                if stored.is_null() || operand.as_ref().is_null() {
                    return None;
                }
                Some(comparison.holds(stored.order(operand.as_ref())))
            }
            Self::CompareColumns {
                column,
                plus,
                comparison,
                other,
            } => {
                let (left, right) = (value(*column), value(*other));
                if left.is_null() || right.is_null() {
                    return None;
                }
                let order = match plus {
                    Some(plus) => left
                        .exact()?
                        .plus(plus.as_ref().exact()?)
                        .cmp(&right.exact()?),
                    None => left.order(right),
                };
                Some(comparison.holds(order))
            }
            Self::In { column, values } => {
                let stored = value(*column);
                if stored.is_null() {
                    return None;
                }
                Some(values.iter().any(|operand| stored.same(operand.as_ref())))
            }
            Self::IsNull { column } => Some(value(*column).is_null()),
            Self::StartsWith { column, prefix } => {
                Some(value(*column).as_text()?.starts_with(prefix.as_str()))
            }
            Self::Contains { column, part } => {
                Some(value(*column).as_text()?.contains(part.as_str()))
            }
            Self::And(all) => {
                let mut known = Some(true);
                for one in all {
                    match one.evaluate(value) {
                        Some(false) => return Some(false),
                        None => known = None,
                        Some(true) => {}
                    }
                }
                known
            }
            Self::Or(any) => {
                let mut known = Some(false);
                for one in any {
                    match one.evaluate(value) {
                        Some(true) => return Some(true),
                        None => known = None,
                        Some(false) => {}
                    }
                }
                known
            }
            Self::Not(inner) => inner.evaluate(value).map(|known| !known),
        }
    }
}

impl Comparison {
    /// Whether a value in this order to the operand satisfies the comparison.
    #[must_use]
    pub const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
        }
    }
}
