//! Conditions on rows as plain data.

mod debug;
pub(crate) mod depth;
mod evaluate;
pub(crate) mod prefix;

use crate::row::value::Value;

/// A condition over the columns of one table, by position. NULL compares to nothing, as in SQL: a
/// comparison with NULL is unknown, and unknown selects no row, not even under `Not`.
///
/// `Debug` shows the columns and not the values.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Predicate {
    /// Every row.
    True,
    /// No row.
    False,
    /// A comparison with a value that is not NULL.
    Compare {
        /// The column's position.
        column: usize,
        /// How to compare.
        comparison: Comparison,
        /// The value.
        value: Value,
    },
    /// A comparison with another column of the same row.
    CompareColumns {
        /// The column's position.
        column: usize,
        /// The value that is added to the column's value, exactly, before the comparison.
        plus: Option<Value>,
        /// How to compare.
        comparison: Comparison,
        /// The position of the other column.
        other: usize,
    },
    /// Equal to one of the values, none of which is NULL; an empty list selects nothing.
    In {
        /// The column's position.
        column: usize,
        /// The values.
        values: Vec<Value>,
    },
    /// The value is NULL.
    IsNull {
        /// The column's position.
        column: usize,
    },
    /// The text begins with this text, byte by byte.
    StartsWith {
        /// The column's position.
        column: usize,
        /// The text, not empty.
        prefix: String,
    },
    /// The text contains this text, byte by byte.
    Contains {
        /// The column's position.
        column: usize,
        /// The text, not empty.
        part: String,
    },
    /// All of them.
    And(Vec<Predicate>),
    /// At least one of them.
    Or(Vec<Predicate>),
    /// The negation; unknown stays unknown.
    Not(Box<Predicate>),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
}

impl Predicate {
    /// Both, flattened.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, other) | (other, Self::True) => other,
            (Self::And(mut all), Self::And(more)) => {
                all.extend(more);
                Self::And(all)
            }
            // Appended: inserting in front would move all others each time, which is quadratic.
            (Self::And(mut all), other) | (other, Self::And(mut all)) => {
                all.push(other);
                Self::And(all)
            }
            (one, other) => Self::And(vec![one, other]),
        }
    }

    /// At least one of them, flattened.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, other) | (other, Self::False) => other,
            (Self::Or(mut any), Self::Or(more)) => {
                any.extend(more);
                Self::Or(any)
            }
            (Self::Or(mut any), other) | (other, Self::Or(mut any)) => {
                any.push(other);
                Self::Or(any)
            }
            (one, other) => Self::Or(vec![one, other]),
        }
    }

    /// A comparison.
    #[must_use]
    pub const fn compare(column: usize, comparison: Comparison, value: Value) -> Self {
        Self::Compare {
            column,
            comparison,
            value,
        }
    }

    /// Equality of several columns with values, as of a key.
    #[must_use]
    pub fn equals(columns: &[usize], values: Vec<Value>) -> Self {
        columns
            .iter()
            .zip(values)
            .map(|(column, value)| Self::compare(*column, Comparison::Eq, value))
            .fold(Self::True, Self::and)
    }
}
