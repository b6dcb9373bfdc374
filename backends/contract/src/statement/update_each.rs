//! Many guarded updates as one statement.

use std::fmt;

use super::{Assignment, Change, change_assignments};
use crate::entity::Entity;
use crate::error::Result;
use crate::filter::{Guard, Predicate};
use crate::session::key_values;
use crate::table::TableDef;
use crate::value::Value;

/// Changes rows one after the other, each under a guard of its own, and says of each whether it
/// matched. All of it is one atomic step. The same key may appear several times; a later update meets
/// what the earlier ones left, also where keys are unique.
#[derive(Clone, Debug)]
pub struct UpdateEach {
    /// The table.
    pub table: &'static TableDef,
    /// The updates in order.
    pub updates: Vec<KeyedUpdate>,
    /// Whether the rows are returned.
    pub returning: bool,
}

/// One guarded update of the row with a key.
#[derive(Clone, PartialEq)]
pub struct KeyedUpdate {
    /// The values of the primary key, in its order.
    pub key: Vec<Value>,
    /// What must hold beside the key.
    pub guard: Predicate,
    /// What becomes of the row; never a column of the primary key. Not empty.
    pub assignments: Vec<Assignment>,
}

impl KeyedUpdate {
    /// The condition that selects the row.
    #[must_use]
    pub fn filter(&self, table: &TableDef) -> Predicate {
        Predicate::equals(&table.key_positions(), self.key.clone()).and(self.guard.clone())
    }
}

impl fmt::Debug for KeyedUpdate {
    // Keys may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedUpdate")
            .field("guard", &self.guard)
            .field("assignments", &self.assignments)
            .finish_non_exhaustive()
    }
}

/// One guarded update of `E`, for [`update_each`](crate::SessionExt::update_each).
pub struct RowUpdate<E> {
    update: Result<KeyedUpdate>,
    marker: std::marker::PhantomData<fn() -> E>,
}

impl<E: Entity> RowUpdate<E> {
    /// Changes the row with this key if it satisfies the guard.
    #[must_use]
    pub fn new(
        key: &E::Key,
        guard: impl Into<Guard<E>>,
        changes: impl IntoIterator<Item = Change<E>>,
    ) -> Self {
        let update = || {
            Ok(KeyedUpdate {
                key: key_values::<E>(key)?,
                guard: guard.into().predicate()?,
                assignments: change_assignments(changes)?,
            })
        };
        Self {
            update: update(),
            marker: std::marker::PhantomData,
        }
    }

    pub(crate) fn into_untyped(self) -> Result<KeyedUpdate> {
        self.update
    }
}

impl<E> Clone for RowUpdate<E> {
    fn clone(&self) -> Self {
        Self {
            update: self.update.clone(),
            marker: self.marker,
        }
    }
}

impl<E> PartialEq for RowUpdate<E> {
    fn eq(&self, other: &Self) -> bool {
        self.update == other.update
    }
}

impl<E> fmt::Debug for RowUpdate<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.update.fmt(f)
    }
}
