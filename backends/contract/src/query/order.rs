//! Typed orders, which become [`OrderBy`].

use std::fmt;
use std::marker::PhantomData;

use crate::entity::column::Column;
use crate::entity::mapping::Entity;
use crate::statement::select::{Direction, OrderBy};

/// A column of `E` to order by. NULL is less than every value.
pub struct Order<E> {
    order: OrderBy,
    marker: PhantomData<fn() -> E>,
}

impl<E> Clone for Order<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Order<E> {}

impl<E> PartialEq for Order<E> {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl<E> fmt::Debug for Order<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.order.fmt(f)
    }
}

impl<E> Order<E> {
    pub(crate) const fn into_untyped(self) -> OrderBy {
        self.order
    }
}

impl<E: Entity, T, A> Column<E, T, A> {
    /// The least value first.
    #[must_use]
    pub const fn asc(self) -> Order<E> {
        self.order(Direction::Ascending)
    }

    /// The greatest value first.
    #[must_use]
    pub const fn desc(self) -> Order<E> {
        self.order(Direction::Descending)
    }

    const fn order(self, direction: Direction) -> Order<E> {
        Order {
            order: OrderBy {
                column: self.position(),
                direction,
            },
            marker: PhantomData,
        }
    }
}
