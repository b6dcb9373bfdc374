//! What a claim took.

use std::fmt;

use crate::entity::mapping::Entity;
use crate::error::Result;
use crate::session::read::{Unreadable, lenient};
use crate::statement::reply::ClaimedRows;

/// The result of a claim.
#[derive(Clone)]
pub struct Claimed<E: Entity> {
    /// The rows as they are afterwards, in the order of the claim.
    pub rows: Vec<E>,
    /// Rows that were claimed but cannot be read.
    pub unreadable: Vec<Unreadable<E>>,
    /// Whether nothing was claimed although rows are free: other transactions hold locks on them, so claim
    /// again soon.
    pub contended: bool,
}

impl<E: Entity> Claimed<E> {
    pub(crate) fn from_reply(claimed: &ClaimedRows) -> Self {
        let rows = claimed.rows.iter().map(|row| lenient::<E>(&row));
        Self::from_rows(rows, claimed.contended)
    }

    pub(crate) fn from_rows(
        all: impl IntoIterator<Item = Result<E, Unreadable<E>>>,
        contended: bool,
    ) -> Self {
        let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
        for row in all {
            match row {
                Ok(row) => rows.push(row),
                Err(row) => unreadable.push(row),
            }
        }
        Self {
            rows,
            unreadable,
            contended,
        }
    }

    /// The rows, where all of them can be read.
    ///
    /// # Errors
    /// Returns the error of the first row that cannot be read.
    pub fn into_rows(self) -> Result<Vec<E>> {
        match self.unreadable.into_iter().next() {
            Some(unreadable) => Err(unreadable.error),
            None => Ok(self.rows),
        }
    }
}

impl<E: Entity + fmt::Debug> fmt::Debug for Claimed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed")
            .field("rows", &self.rows)
            .field("unreadable", &self.unreadable)
            .field("contended", &self.contended)
            .finish()
    }
}
