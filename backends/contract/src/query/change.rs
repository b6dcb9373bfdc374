//! Typed changes of columns.

use std::fmt;
use std::marker::PhantomData;

use crate::entity::column::Column;
use crate::entity::field::Field;
use crate::entity::mapping::Entity;
use crate::entity::operand::{Operand, encode};
use crate::error::Result;
use crate::row::check::Purpose;
use crate::row::value::Value;
use crate::statement::change::{Action, Assignment};
use crate::table::definition::TableDef;

/// One typed change of a column of `E`.
pub struct Change<E> {
    assignment: Result<Assignment>,
    marker: PhantomData<fn() -> E>,
}

impl<E> Clone for Change<E> {
    fn clone(&self) -> Self {
        Self {
            assignment: self.assignment.clone(),
            marker: PhantomData,
        }
    }
}

impl<E> PartialEq for Change<E> {
    fn eq(&self, other: &Self) -> bool {
        self.assignment == other.assignment
    }
}

impl<E> fmt::Debug for Change<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.assignment.fmt(f)
    }
}

impl<E: Entity, T: Field, A> Column<E, T, A> {
    /// Sets the column to a value.
    #[must_use]
    pub fn set(self, value: impl Operand<T>) -> Change<E> {
        self.change(value, Purpose::Write, Action::Set)
    }

    /// Adds a value to a number; NULL stays NULL.
    #[must_use]
    pub fn plus(self, value: impl Operand<T>) -> Change<E> {
        self.change(value, Purpose::Add, Action::Add)
    }

    /// In an upsert: takes the value of the row that was to be inserted.
    #[must_use]
    pub fn inserted(self) -> Change<E> {
        self.action(Action::Inserted)
    }

    /// In an upsert: adds the value of the row that was to be inserted.
    #[must_use]
    pub fn add_inserted(self) -> Change<E> {
        self.action(Action::AddInserted)
    }

    fn change(
        self,
        value: impl Operand<T>,
        purpose: Purpose,
        action: fn(Value) -> Action,
    ) -> Change<E> {
        let encoded = encode(E::TABLE, self.position(), purpose, value);
        Change {
            assignment: encoded.map(|encoded| Assignment {
                column: self.position(),
                action: action(encoded.value),
            }),
            marker: PhantomData,
        }
    }

    fn action(self, action: Action) -> Change<E> {
        Change {
            assignment: Ok(Assignment {
                column: self.position(),
                action,
            }),
            marker: PhantomData,
        }
    }
}

/// A list of typed changes.
pub type Changes<E> = Vec<Change<E>>;

/// The untyped assignments of typed changes. They increment the version of an entity that has one, unless
/// they change it themselves.
pub(crate) fn change_assignments<E: Entity>(
    changes: impl IntoIterator<Item = Change<E>>,
) -> Result<Vec<Assignment>> {
    let changes = changes.into_iter().map(|change| change.assignment);
    let mut assignments = changes.collect::<Result<Vec<_>>>()?;
    if !assignments.is_empty() {
        increment_version(E::TABLE, &mut assignments);
    }
    Ok(assignments)
}

/// Increments the version, if the table has one and the assignments do not change it themselves.
pub(crate) fn increment_version(table: &TableDef, assignments: &mut Vec<Assignment>) {
    if let Some(column) = table.version_position()
        && assignments.iter().all(|change| change.column != column)
    {
        assignments.push(Assignment {
            column,
            action: Action::Add(Value::I64(1)),
        });
    }
}
