//! Typed columns: what filters, orders, changes and aggregates are made of.

use std::fmt;
use std::marker::PhantomData;

use crate::entity::Entity;
use crate::error::Result;
use crate::field::Field;
use crate::sink::ParamSink;
use crate::table::{ColumnDef, TableDef};

/// Marks a column that filters may use: it leads an index or a key, or is declared
/// `#[column(filter)]`.
#[derive(Clone, Copy, Debug)]
pub enum Filterable {}

/// What a column must be for a filter to use it: [`Filterable`].
#[diagnostic::on_unimplemented(
    message = "a filter on this column would scan the table",
    label = "this column leads no index and no key",
    note = "let an index begin with it, or mark the field with `#[column(filter)]`"
)]
pub trait FilterAccess {}

impl FilterAccess for Filterable {}

/// Marks a column that is only set, read and summed up: a filter on it would scan the table.
#[derive(Clone, Copy, Debug)]
pub enum Unfiltered {}

/// A column of the entity `E` whose field has the type `T`. `#[derive(Entity)]` writes one
/// constant for each field.
pub struct Column<E, T, A = Filterable> {
    position: usize,
    marker: Marker<E, T, A>,
}

/// A column is shared between threads whatever its parameters are.
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

/// A value that can be compared with, or set into, a column of type `T`: a `T`, the inside of an
/// `Option`, or a `&str` for text.
pub trait Operand<T> {
    /// Writes the value.
    ///
    /// # Errors
    /// Those of the sink.
    fn write(self, sink: &mut dyn ParamSink) -> Result<()>;
}

impl<T: Field> Operand<T> for T {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        Field::write(&self, sink)
    }
}

impl<T: Field> Operand<T> for &T {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        Field::write(self, sink)
    }
}

impl<T: Field> Operand<Option<T>> for T {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        Field::write(&self, sink)
    }
}

impl Operand<String> for &str {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.text(self)
    }
}

impl Operand<Option<String>> for &str {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.text(self)
    }
}
