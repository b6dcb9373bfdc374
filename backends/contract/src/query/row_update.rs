//! One of many guarded updates.

use std::fmt;
use std::marker::PhantomData;

use crate::entity::key::key_values;
use crate::entity::mapping::Entity;
use crate::error::Result;
use crate::query::change::{Change, change_assignments};
use crate::query::filter::Guard;
use crate::statement::update_each::KeyedUpdate;

/// One guarded update of `E`, for [`update_each`](crate::SessionExt::update_each).
pub struct RowUpdate<E> {
    update: Result<KeyedUpdate>,
    marker: PhantomData<fn() -> E>,
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
                key: key_values(E::TABLE, key)?,
                guard: guard.into().predicate()?,
                assignments: change_assignments(changes)?,
            })
        };
        Self {
            update: update(),
            marker: PhantomData,
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
