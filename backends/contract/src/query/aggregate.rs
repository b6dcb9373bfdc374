//! Typed aggregates: counts and sums by groups.

use std::fmt;
use std::marker::PhantomData;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::entity::column::{Column, Indexed};
use crate::entity::field::Field;
use crate::entity::mapping::Entity;
use crate::error::{Error, Result, Violation};
use crate::query::filter::Filter;
use crate::row::value::{Value, ValueRef};
use crate::statement::aggregate::{Aggregate, Group, Measure};
use crate::statement::predicate::Predicate;
use crate::statement::reply::GroupRow;
use crate::table::definition::TableDef;

/// A count that stops at a cap. In JSON `{"exactly":7}` or `{"at_least":10000}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Exactly this many rows.
    Exactly(u64),
    /// This many rows or more.
    AtLeast(u64),
}

impl Count {
    pub(crate) fn statement(
        table: &'static TableDef,
        filter: Predicate,
        cap: u64,
    ) -> Result<Aggregate> {
        if cap == 0 || i64::try_from(cap).is_err() {
            return Err(Violation::new("cap", "out_of_range", "must be from 1 to 2^63 - 1").into());
        }
        Ok(Aggregate {
            table,
            filter,
            groups: Vec::new(),
            measures: vec![Measure::Count],
            scan_limit: Some(cap),
        })
    }

    pub(crate) fn read(rows: &[GroupRow], cap: u64) -> Result<Self> {
        let count = rows
            .first()
            .and_then(|row| row.values.first())
            .and_then(|value| value.as_ref().as_i64())
            .and_then(|count| u64::try_from(count).ok())
            .ok_or_else(|| Error::corrupt("the count is not a number"))?;
        Ok(if count >= cap {
            Self::AtLeast(count)
        } else {
            Self::Exactly(count)
        })
    }
}

/// A query for counts, sums and extremes of rows, by groups.
pub struct AggregateQuery<E> {
    filter: Filter<E>,
    groups: Vec<Group>,
    measures: Vec<Measure>,
    marker: PhantomData<fn() -> E>,
}

impl<E> Clone for AggregateQuery<E> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            groups: self.groups.clone(),
            measures: self.measures.clone(),
            marker: PhantomData,
        }
    }
}

impl<E> PartialEq for AggregateQuery<E> {
    fn eq(&self, other: &Self) -> bool {
        self.filter == other.filter
            && self.groups == other.groups
            && self.measures == other.measures
    }
}

impl<E> fmt::Debug for AggregateQuery<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregateQuery")
            .field("filter", &self.filter)
            .field("groups", &self.groups)
            .field("measures", &self.measures)
            .finish()
    }
}

impl<E: Entity> AggregateQuery<E> {
    /// Over the rows that a filter selects.
    #[must_use]
    pub fn over(filter: Filter<E, impl Indexed>) -> Self {
        Self {
            filter: filter.marked(),
            groups: Vec::new(),
            measures: Vec::new(),
            marker: PhantomData,
        }
    }

    /// Groups by the values of a column; the result rows are ordered by them.
    #[must_use]
    pub fn group_by<T, A>(mut self, column: Column<E, T, A>) -> Self {
        self.groups.push(Group::Column(column.position()));
        self
    }

    /// Groups moments by spans of `seconds`; the value of a group is the start of its span in unix seconds.
    #[must_use]
    pub fn bucket<T, A>(mut self, column: Column<E, T, A>, seconds: i64) -> Self {
        self.groups.push(Group::Bucket {
            column: column.position(),
            seconds,
        });
        self
    }

    /// Counts rows.
    #[must_use]
    pub fn count(mut self) -> Self {
        self.measures.push(Measure::Count);
        self
    }

    /// Sums a number.
    #[must_use]
    pub fn sum<T: Field, A>(mut self, column: Column<E, T, A>) -> Self {
        self.measures.push(Measure::Sum(column.position()));
        self
    }

    /// The least value.
    #[must_use]
    pub fn min<T: Field, A>(mut self, column: Column<E, T, A>) -> Self {
        self.measures.push(Measure::Min(column.position()));
        self
    }

    /// The greatest value.
    #[must_use]
    pub fn max<T: Field, A>(mut self, column: Column<E, T, A>) -> Self {
        self.measures.push(Measure::Max(column.position()));
        self
    }

    pub(crate) fn into_statement(self) -> Result<Aggregate> {
        Ok(Aggregate {
            table: E::TABLE,
            filter: self.filter.predicate()?,
            groups: self.groups,
            measures: self.measures,
            scan_limit: None,
        })
    }
}

/// One result row: the groups in the order of the query, then the measures.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateRow(GroupRow);

impl AggregateRow {
    pub(crate) const fn new(row: GroupRow) -> Self {
        Self(row)
    }

    /// The row, or the error of a value that cannot be read.
    pub(crate) fn readable(row: GroupRow) -> Result<Self> {
        match row.unreadable {
            None => Ok(Self(row)),
            Some(error) => Err(error),
        }
    }

    /// Why the value of a group, or a least or greatest value, cannot be read; NULL is in its place. `None` if
    /// all values were read, as always in rows of [`aggregate`](crate::SessionExt::aggregate).
    #[must_use]
    pub const fn unreadable(&self) -> Option<&Error> {
        self.0.unreadable.as_ref()
    }

    /// The value at `index`; NULL when there are fewer.
    #[must_use]
    pub fn value(&self, index: usize) -> ValueRef<'_> {
        self.0
            .values
            .get(index)
            .map_or(ValueRef::Null, Value::as_ref)
    }

    /// The integer at `index`: a count, a bucket, a sum, or a group.
    ///
    /// # Errors
    /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when the value is not an integer.
    pub fn integer(&self, index: usize) -> Result<i64> {
        self.value(index)
            .as_i64()
            .ok_or_else(|| Error::corrupt("the aggregate is not an integer"))
    }

    /// The decimal at `index`.
    ///
    /// # Errors
    /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when the value is not a decimal.
    pub fn decimal(&self, index: usize) -> Result<Decimal> {
        match self.value(index) {
            ValueRef::Decimal(value) => Ok(value),
            _ => Err(Error::corrupt("the aggregate is not a decimal")),
        }
    }

    /// The text at `index`; `None` for NULL.
    ///
    /// # Errors
    /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when the value is not text.
    pub fn text(&self, index: usize) -> Result<Option<&str>> {
        match self.value(index) {
            ValueRef::Null => Ok(None),
            ValueRef::Text(value) => Ok(Some(value)),
            _ => Err(Error::corrupt("the aggregate is not text")),
        }
    }
}
