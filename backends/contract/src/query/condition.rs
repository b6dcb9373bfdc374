//! The methods of a column that build conditions.

use crate::entity::column::{Column, ColumnSum};
use crate::entity::field::{Field, TextField};
use crate::entity::mapping::Entity;
use crate::entity::operand::{Operand, encode};
use crate::error::Result;
use crate::query::filter::{Filter, Guard};
use crate::query::text::TextMatch;
use crate::row::check::Purpose;
use crate::row::encode::Encoded;
use crate::row::value::Value;
use crate::statement::predicate::{Comparison, Predicate};

impl<E: Entity, T: Field, A> Column<E, T, A> {
    /// The value equals this one. `None` selects no row: use [`is_null`](Self::is_null).
    #[must_use]
    pub fn eq(self, value: impl Operand<T>) -> Filter<E, A> {
        self.compare(Comparison::Eq, value)
    }

    /// The value is not NULL and differs from this one.
    #[must_use]
    pub fn ne(self, value: impl Operand<T>) -> Filter<E, A> {
        self.compare(Comparison::Ne, value)
    }

    /// The value is less than this one.
    #[must_use]
    pub fn lt(self, value: impl Operand<T>) -> Filter<E, A> {
        self.compare(Comparison::Lt, value)
    }

    /// The value is at most this one.
    #[must_use]
    pub fn le(self, value: impl Operand<T>) -> Filter<E, A> {
        self.compare(Comparison::Le, value)
    }

    /// The value is greater than this one.
    #[must_use]
    pub fn gt(self, value: impl Operand<T>) -> Filter<E, A> {
        self.compare(Comparison::Gt, value)
    }

    /// The value is at least this one.
    #[must_use]
    pub fn ge(self, value: impl Operand<T>) -> Filter<E, A> {
        self.compare(Comparison::Ge, value)
    }

    /// The value is one of these; an empty list selects no row. A filter holds at most
    /// [`MAX_FILTER_VALUES`](crate::query::MAX_FILTER_VALUES) values in all.
    #[must_use]
    pub fn is_in<V: Operand<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<E, A> {
        let values: Result<Vec<Encoded>> = values
            .into_iter()
            .map(|value| encode(E::TABLE, self.position(), Purpose::Compare, value))
            .collect();
        Filter::from_result(values.map(|values| {
            let column = self.position();
            let (exact, between): (Vec<Encoded>, Vec<Encoded>) = values
                .into_iter()
                .filter(|encoded| encoded.value != Value::Null)
                .partition(|encoded| encoded.exact);
            let values: Vec<Value> = exact.into_iter().map(|encoded| encoded.value).collect();
            match between.into_iter().next() {
                _ if !values.is_empty() => Predicate::In { column, values },
                Some(encoded) => never(column, encoded.value),
                None => Predicate::False,
            }
        }))
    }

    fn compare(self, comparison: Comparison, value: impl Operand<T>) -> Filter<E, A> {
        let encoded = encode(E::TABLE, self.position(), Purpose::Compare, value);
        Filter::from_result(encoded.map(|encoded| predicate(self.position(), comparison, encoded)))
    }
}

/// The comparisons with another column of the row. A value that is NULL compares to nothing.
macro_rules! with_columns {
    ($($(#[$doc:meta])* $name:ident $comparison:ident;)+) => {
        impl<E: Entity, T: Field, A> Column<E, T, A> {
            $($(#[$doc])*
            #[must_use]
            pub fn $name<U, B>(self, other: Column<E, U, B>) -> Guard<E> {
                columns(self.position(), Ok(None), Comparison::$comparison, other)
            })+

            /// This column plus a value, to be compared with another column: `reserved + 5 <= balance`
            /// is `RESERVED.offset(5).le_column(BALANCE)`. The sum is exact; it never overflows.
            #[must_use]
            pub fn offset(self, value: impl Operand<T>) -> ColumnSum<E, T, A> {
                let encoded = encode(E::TABLE, self.position(), Purpose::Add, value);
                ColumnSum {
                    column: self,
                    plus: encoded.map(|encoded| encoded.value),
                }
            }
        }

        impl<E: Entity, T: Field, A> ColumnSum<E, T, A> {
            $($(#[$doc])*
            #[must_use]
            pub fn $name<U, B>(self, other: Column<E, U, B>) -> Guard<E> {
                let plus = self.plus.map(Some);
                columns(self.column.position(), plus, Comparison::$comparison, other)
            })+
        }
    };
}

with_columns! {
    /// The value equals that of another column.
    eq_column Eq;
    /// The value differs from that of another column.
    ne_column Ne;
    /// The value is less than that of another column.
    lt_column Lt;
    /// The value is at most that of another column.
    le_column Le;
    /// The value is greater than that of another column.
    gt_column Gt;
    /// The value is at least that of another column.
    ge_column Ge;
}

fn columns<E: Entity, U, B>(
    column: usize,
    plus: Result<Option<Value>>,
    comparison: Comparison,
    other: Column<E, U, B>,
) -> Guard<E> {
    Filter::from_result(plus.map(|plus| {
        if plus == Some(Value::Null) {
            return Predicate::False;
        }
        Predicate::CompareColumns {
            column,
            plus,
            comparison,
            other: other.position(),
        }
    }))
}

impl<E: Entity, T: Field, A> Column<E, Option<T>, A> {
    /// The value is NULL.
    #[must_use]
    pub fn is_null(self) -> Filter<E, A> {
        Filter::from_result(Ok(Predicate::IsNull {
            column: self.position(),
        }))
    }

    /// The value is not NULL.
    #[must_use]
    pub fn is_not_null(self) -> Filter<E, A> {
        !self.is_null()
    }
}

impl<E: Entity, T: TextField, A> Column<E, T, A> {
    /// The text matches: exactly, by its beginning, or by what it contains. Every character counts
    /// as itself; there are no wildcards.
    #[must_use]
    pub fn matches(self, text: &TextMatch) -> Filter<E, A> {
        let column = self.position();
        let checked = encode::<String>(E::TABLE, column, Purpose::Compare, text.text());
        Filter::from_result(checked.map(|encoded| match text {
            TextMatch::Exact(_) => predicate(column, Comparison::Eq, encoded),
            TextMatch::Prefix(prefix) if prefix.is_empty() => not_null(column),
            TextMatch::Contains(part) if part.is_empty() => not_null(column),
            TextMatch::Prefix(prefix) => Predicate::StartsWith {
                column,
                prefix: prefix.clone(),
            },
            TextMatch::Contains(part) => Predicate::Contains {
                column,
                part: part.clone(),
            },
        }))
    }

    /// The text begins with this one.
    #[must_use]
    pub fn starts_with(self, prefix: impl Into<String>) -> Filter<E, A> {
        self.matches(&TextMatch::Prefix(prefix.into()))
    }

    /// The text contains this one.
    #[must_use]
    pub fn contains(self, part: impl Into<String>) -> Filter<E, A> {
        self.matches(&TextMatch::Contains(part.into()))
    }
}

/// The empty prefix matches every text, but not NULL.
fn not_null(column: usize) -> Predicate {
    Predicate::Not(Box::new(Predicate::IsNull { column }))
}

/// False of every value and, as any comparison, unknown of NULL.
fn never(column: usize, value: Value) -> Predicate {
    Predicate::compare(column, Comparison::Le, value.clone()).and(Predicate::compare(
        column,
        Comparison::Gt,
        value,
    ))
}

/// A comparison with a value that the column cannot hold exactly is made with the column's greatest value
/// below it: `x >= 1.5` of whole seconds is `x > 1`.
fn predicate(column: usize, comparison: Comparison, encoded: Encoded) -> Predicate {
    if encoded.value == Value::Null {
        return Predicate::False;
    }
    let comparison = match (comparison, encoded.exact) {
        (comparison, true) => comparison,
        (Comparison::Eq, false) => return never(column, encoded.value),
        (Comparison::Ne, false) => {
            return Predicate::Not(Box::new(never(column, encoded.value)));
        }
        (Comparison::Ge | Comparison::Gt, false) => Comparison::Gt,
        (Comparison::Lt | Comparison::Le, false) => Comparison::Le,
    };
    Predicate::compare(column, comparison, encoded.value)
}
