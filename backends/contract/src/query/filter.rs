//! Filters: typed conditions over the columns of one entity.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use crate::entity::column::{Filterable, Joins, Unindexed};
use crate::error::Result;
use crate::statement::predicate::Predicate;
use crate::statement::predicate::depth::{Junction, MAX_FILTER_DEPTH, too_deep};

/// A typed condition on the rows of `E`.
///
/// An operand that no column can hold (a NUL character in text), and conditions that are nested more
/// than [`MAX_FILTER_DEPTH`] levels deep, are errors of the statement that uses the filter, so that
/// conditions can be chained without a `?` at each step. A chain of any length is one level.
///
/// ```
/// # use genledger_contract::{Entity, Filter};
/// # /// A price.
/// # #[derive(Clone, Debug, Entity)]
/// # #[entity(crate = genledger_contract, table = "prices", key(id), index(region, cents))]
/// # struct Price {
/// #     /// Its number.
/// #     id: i64,
/// #     /// Where.
/// #     #[column(max_chars = 16)]
/// #     region: String,
/// #     /// How much, in cents.
/// #     #[column(filter)]
/// #     cents: i64,
/// # }
/// let cheap: Filter<Price> = Price::REGION.eq("eu") & Price::CENTS.lt(100);
/// assert!(cheap.predicate().is_ok());
/// ```
///
/// A filter selects rows by itself: its columns begin an index or a key. A [`Guard`] may hold any column, and
/// is accepted only together with a key.
pub struct Filter<E, A = Filterable> {
    predicate: Result<Predicate>,
    /// The nesting depth of the predicate.
    depth: usize,
    marker: PhantomData<fn() -> (E, A)>,
}

/// A condition on a row that is selected by its key: any column may be in it. Every [`Filter`] is one.
pub type Guard<E> = Filter<E, Unindexed>;

impl<E, A> Clone for Filter<E, A> {
    fn clone(&self) -> Self {
        Self {
            predicate: self.predicate.clone(),
            depth: self.depth,
            marker: PhantomData,
        }
    }
}

impl<E, A> PartialEq for Filter<E, A> {
    fn eq(&self, other: &Self) -> bool {
        self.predicate == other.predicate
    }
}

impl<E, A> fmt::Debug for Filter<E, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.predicate {
            Ok(predicate) => predicate.fmt(f),
            Err(error) => error.fmt(f),
        }
    }
}

impl<E> Default for Filter<E> {
    fn default() -> Self {
        Self::all()
    }
}

impl<E> From<Filter<E>> for Guard<E> {
    fn from(filter: Filter<E>) -> Self {
        filter.marked()
    }
}

impl<E> Filter<E> {
    /// Every row.
    #[must_use]
    pub const fn all() -> Self {
        Self::constant(Predicate::True)
    }

    /// No row.
    #[must_use]
    pub const fn none() -> Self {
        Self::constant(Predicate::False)
    }

    const fn constant(predicate: Predicate) -> Self {
        Self {
            predicate: Ok(predicate),
            depth: 0,
            marker: PhantomData,
        }
    }
}

impl<E, A> Filter<E, A> {
    /// Rows that satisfy both.
    #[must_use]
    pub fn and<B>(self, other: Filter<E, B>) -> Filter<E, A::Both>
    where
        A: Joins<B>,
    {
        self.marked().join(other.marked(), Junction::And)
    }

    /// Rows that satisfy this filter and, where there is one, the other.
    #[must_use]
    pub fn and_maybe(self, other: Option<Self>) -> Self {
        match other {
            Some(other) => self.join(other, Junction::And),
            None => self,
        }
    }

    /// Rows that satisfy at least one.
    #[must_use]
    pub fn or<B>(self, other: Filter<E, B>) -> Filter<E, A::Both>
    where
        A: Joins<B>,
    {
        self.marked().join(other.marked(), Junction::Or)
    }

    /// The untyped condition.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when an operand fits no column, or when conditions are
    /// nested too deep.
    pub fn predicate(&self) -> Result<Predicate> {
        self.predicate.clone()
    }

    pub(crate) fn from_result(predicate: Result<Predicate>) -> Self {
        let depth = predicate.as_ref().map_or(0, Predicate::depth);
        Self::with_depth(predicate, depth)
    }

    fn with_depth(predicate: Result<Predicate>, depth: usize) -> Self {
        let predicate = match predicate {
            Ok(_) if depth > MAX_FILTER_DEPTH => Err(too_deep().into()),
            predicate => predicate,
        };
        Self {
            predicate,
            depth,
            marker: PhantomData,
        }
    }

    /// The same condition with another mark.
    pub(crate) fn marked<B>(self) -> Filter<E, B> {
        Filter {
            predicate: self.predicate,
            depth: self.depth,
            marker: PhantomData,
        }
    }

    fn join(self, other: Self, junction: Junction) -> Self {
        match (self.predicate, other.predicate) {
            (Ok(left), Ok(right)) => {
                let depth = junction.depth((&left, self.depth), (&right, other.depth));
                Self::with_depth(Ok(junction.join(left, right)), depth)
            }
            (Err(error), _) | (_, Err(error)) => Self::with_depth(Err(error), 0),
        }
    }
}

impl<E, A: Joins<B>, B> BitAnd<Filter<E, B>> for Filter<E, A> {
    type Output = Filter<E, A::Both>;

    fn bitand(self, other: Filter<E, B>) -> Self::Output {
        self.and(other)
    }
}

impl<E, A: Joins<B>, B> BitOr<Filter<E, B>> for Filter<E, A> {
    type Output = Filter<E, A::Both>;

    fn bitor(self, other: Filter<E, B>) -> Self::Output {
        self.or(other)
    }
}

impl<E, A> Not for Filter<E, A> {
    type Output = Self;

    fn not(self) -> Self {
        match self.predicate {
            // A double negation cancels out in three-valued logic as well.
            Ok(Predicate::Not(inner)) => Self::with_depth(Ok(*inner), self.depth - 1),
            Ok(predicate) => {
                Self::with_depth(Ok(Predicate::Not(Box::new(predicate))), self.depth + 1)
            }
            Err(error) => Self::with_depth(Err(error), 0),
        }
    }
}
