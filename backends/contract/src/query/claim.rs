//! Typed claims, which become a [`Claim`] statement.

use std::fmt;
use std::marker::PhantomData;

use crate::entity::column::{Column, Indexed};
use crate::entity::field::Field;
use crate::entity::mapping::Entity;
use crate::entity::operand::{Operand, encode};
use crate::error::Result;
use crate::query::change::{Change, change_assignments, increment_version};
use crate::query::filter::Filter;
use crate::query::order::Order;
use crate::row::check::Purpose;
use crate::row::value::Value;
use crate::statement::claim::Claim;

/// A query that claims rows: which rows, how many, and the changes to them.
pub struct ClaimQuery<E> {
    filter: Filter<E>,
    order: Vec<Order<E>>,
    limit: u32,
    changes: Vec<Change<E>>,
    token: Result<(usize, Value)>,
    marker: PhantomData<fn() -> E>,
}

impl<E> Clone for ClaimQuery<E> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            order: self.order.clone(),
            limit: self.limit,
            changes: self.changes.clone(),
            token: self.token.clone(),
            marker: PhantomData,
        }
    }
}

impl<E> PartialEq for ClaimQuery<E> {
    fn eq(&self, other: &Self) -> bool {
        self.filter == other.filter
            && self.order == other.order
            && self.limit == other.limit
            && self.changes == other.changes
            && self.token == other.token
    }
}

impl<E> fmt::Debug for ClaimQuery<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimQuery")
            .field("filter", &self.filter)
            .field("order", &self.order)
            .field("limit", &self.limit)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

impl<E: Entity> ClaimQuery<E> {
    /// Claims one of the rows that the filter selects and stamps it with a token that no other
    /// claim uses. The filter must not select rows that are claimed already.
    #[must_use]
    pub fn new<T: Field, A>(
        filter: Filter<E, impl Indexed>,
        column: Column<E, T, A>,
        token: impl Operand<T>,
    ) -> Self {
        let encoded = encode(E::TABLE, column.position(), Purpose::Write, token);
        Self {
            filter: filter.marked(),
            order: Vec::new(),
            limit: 1,
            changes: Vec::new(),
            token: encoded.map(|encoded| (column.position(), encoded.value)),
            marker: PhantomData,
        }
    }

    /// Claims the first rows in this order.
    #[must_use]
    pub fn order_by(mut self, order: impl IntoIterator<Item = Order<E>>) -> Self {
        self.order.extend(order);
        self
    }

    /// Claims at most this many rows: 1 to 10,000.
    #[must_use]
    pub const fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Changes claimed rows, beside stamping them.
    #[must_use]
    pub fn set(mut self, change: Change<E>) -> Self {
        self.changes.push(change);
        self
    }

    /// The statement that a session executes for it.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when a value does not fit its column.
    pub fn into_statement(self) -> Result<Claim> {
        let (token_column, token) = self.token?;
        let mut assignments = change_assignments(self.changes)?;
        // Stamping a row changes it, also without other changes.
        increment_version(E::TABLE, &mut assignments);
        Ok(Claim {
            table: E::TABLE,
            filter: self.filter.predicate()?,
            order: self.order.into_iter().map(Order::into_untyped).collect(),
            limit: self.limit,
            assignments,
            token_column,
            token,
        })
    }
}
