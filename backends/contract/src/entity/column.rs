//! Typed columns, from which filters, orders, changes and aggregates are built.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use crate::entity::mapping::Entity;
use crate::error::Result;
use crate::row::value::Value;
use crate::table::definition::{ColumnDef, TableDef};

/// Marks a column, or a [`Filter`](crate::Filter), that selects rows by an index or a key, or that is
/// declared `#[column(filter)]`.
#[derive(Clone, Copy, Debug)]
pub enum Filterable {}

/// Marks a column that no index and no key begins with. A condition on it would scan the table, so it
/// is only a [`Guard`](crate::query::Guard) beside a key.
#[derive(Clone, Copy, Debug)]
pub enum Unindexed {}

/// A mark of conditions that select rows by themselves: [`Filterable`], and nothing else.
///
/// Methods that read or write many rows accept a `Filter<E, impl Indexed>`, so that a condition that would
/// scan the table does not compile, and the compiler's message explains what to do.
#[diagnostic::on_unimplemented(
    message = "no index and no key begins with this column: the condition would scan the table",
    label = "this would read every row",
    note = "let an index begin with the column, declare it `#[column(filter)]`, or use the condition as \
            a `Guard` beside a key"
)]
pub trait Indexed: sealed::Sealed {}

impl Indexed for Filterable {}

mod sealed {
    /// Other crates cannot add marks.
    pub trait Sealed {}

    impl Sealed for super::Filterable {}
}

/// The mark of two joined conditions: [`Filterable`] only if both are.
pub trait Joins<B> {
    /// The mark of both together.
    type Both;
}

impl Joins<Self> for Filterable {
    type Both = Self;
}

impl Joins<Unindexed> for Filterable {
    type Both = Unindexed;
}

impl<B> Joins<B> for Unindexed {
    type Both = Self;
}

/// A column of the entity `E` whose field has the type `T`. `#[derive(Entity)]` writes one
/// constant for each field.
pub struct Column<E, T, A = Filterable> {
    position: usize,
    marker: Marker<E, T, A>,
}

/// Makes a column `Send` and `Sync` for any parameters.
type Marker<E, T, A> = PhantomData<fn() -> (E, T, A)>;

impl<E, T, A> Clone for Column<E, T, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T, A> Copy for Column<E, T, A> {}

impl<E: Entity, T, A> fmt::Debug for Column<E, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", E::TABLE.name, self.definition().name)
    }
}

impl<E: Entity, T, A> Column<E, T, A> {
    /// The column with this name. In a const context a name that does not exist is a compile error.
    ///
    /// # Panics
    /// When the table has no such column.
    #[must_use]
    #[track_caller]
    pub const fn named(name: &str) -> Self {
        let table: &TableDef = E::TABLE;
        let Some(position) = table.position(name) else {
            panic!("the table has no such column")
        };
        Self {
            position,
            marker: PhantomData,
        }
    }

    /// The position of the column in its table.
    #[must_use]
    pub const fn position(self) -> usize {
        self.position
    }

    /// The description of the column.
    #[must_use]
    pub const fn definition(self) -> &'static ColumnDef {
        &E::TABLE.columns[self.position]
    }
}

/// The column as the path of a [`Violation`](crate::Violation).
impl<E: Entity, T, A> From<Column<E, T, A>> for Cow<'static, str> {
    fn from(column: Column<E, T, A>) -> Self {
        Self::Borrowed(column.definition().path())
    }
}

/// A numeric column plus a value, to be compared with another column: `RESERVED.offset(amount)`.
pub struct ColumnSum<E, T, A = Filterable> {
    pub(crate) column: Column<E, T, A>,
    pub(crate) plus: Result<Value>,
}

impl<E: Entity, T, A> fmt::Debug for ColumnSum<E, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} + ..", self.column)
    }
}
