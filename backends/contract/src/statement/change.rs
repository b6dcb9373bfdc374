//! Changing and deleting rows.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::batch::RowBatch;
use crate::column::{Column, Operand};
use crate::encode::{Purpose, encode};
use crate::entity::Entity;
use crate::error::Result;
use crate::field::Field;
use crate::filter::{Comparison, Predicate};
use crate::table::TableDef;
use crate::value::Value;

/// What becomes of one column.
#[derive(Clone, PartialEq)]
pub struct Assignment {
    /// The column's position.
    pub column: usize,
    /// The new value.
    pub action: Action,
}

/// How the new value of a column comes about.
#[derive(Clone, PartialEq)]
pub enum Action {
    /// This value.
    Set(Value),
    /// The stored value plus this one; NULL stays NULL. An overflow is an error.
    Add(Value),
    /// The value of the row that was to be inserted (upsert only).
    Inserted,
    /// The stored value plus that of the row that was to be inserted (upsert only).
    AddInserted,
}

impl fmt::Debug for Assignment {
    // Values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {} {:?}", self.column, self.action)
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Set(_) => "Set(..)",
            Self::Add(_) => "Add(..)",
            Self::Inserted => "Inserted",
            Self::AddInserted => "AddInserted",
        })
    }
}

/// Inserts rows; where the primary key is present, changes the stored row instead.
///
/// No key may appear twice in the rows: which of them came first would differ between databases.
#[derive(Clone, Debug)]
pub struct Upsert {
    /// The rows.
    pub rows: Arc<RowBatch>,
    /// What becomes of a stored row; never a column of the primary key.
    pub assignments: Vec<Assignment>,
}

/// Changes the rows that a filter selects. A guard is part of the filter: an update that matched
/// nothing lost its race.
#[derive(Clone, Debug)]
pub struct Update {
    /// The table.
    pub table: &'static TableDef,
    /// What becomes of the rows; never a column of the primary key. Not empty.
    pub assignments: Vec<Assignment>,
    /// Which rows.
    pub filter: Predicate,
    /// Whether the row is returned as it is afterwards; only where the filter holds a value for each
    /// column of the primary key.
    pub returning: bool,
}

impl Update {
    /// The condition on the primary key, where the filter holds a value for each of its columns.
    #[must_use]
    pub fn key(&self) -> Option<Predicate> {
        let parts = match &self.filter {
            Predicate::And(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        };
        let of_column = |position: usize| {
            parts.iter().find(|part| {
                matches!(part, Predicate::Compare { column, comparison: Comparison::Eq, .. }
                    if *column == position)
            })
        };
        let mut key = Predicate::True;
        for position in self.table.key_positions() {
            key = key.and(of_column(position)?.clone());
        }
        Some(key)
    }
}

/// Deletes the rows that a filter selects and returns how many they were.
#[derive(Clone, Debug)]
pub struct Delete {
    /// The table.
    pub table: &'static TableDef,
    /// Which rows.
    pub filter: Predicate,
}

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

/// The untyped assignments of typed changes.
pub(crate) fn assignments<E>(
    changes: impl IntoIterator<Item = Change<E>>,
) -> Result<Vec<Assignment>> {
    changes
        .into_iter()
        .map(|change| change.assignment)
        .collect()
}
