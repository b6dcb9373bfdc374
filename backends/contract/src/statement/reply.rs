//! The replies of statements.

use crate::error::{Error, Result};
use crate::row::rows::Rows;
use crate::row::value::Value;
use crate::statement::insert::RowOutcome;
use crate::table::definition::TableDef;

/// The reply to a [`Statement`](super::Statement), of the kind that the statement names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reply {
    /// Done; there is nothing to return.
    Done,
    /// The outcome of each row of an insert, in order.
    Inserted(Vec<RowOutcome>),
    /// How many rows matched.
    Count(u64),
    /// Rows as they are afterwards.
    Rows(Rows),
    /// The outcome of each update.
    Updated(UpdatedRows),
    /// One row for each group.
    Groups(Vec<GroupRow>),
    /// The rows that were claimed.
    Claimed(ClaimedRows),
}

/// A group of an [`Aggregate`](super::Aggregate).
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRow {
    /// The values of the groups, then those of the measures, with NULL in place of one that cannot be read.
    pub values: Vec<Value>,
    /// Why the first of these cannot be read.
    pub unreadable: Option<Error>,
}

impl From<Vec<Value>> for GroupRow {
    fn from(values: Vec<Value>) -> Self {
        Self {
            values,
            unreadable: None,
        }
    }
}

/// The outcomes of the updates of an [`UpdateEach`](super::UpdateEach).
#[derive(Clone, Debug)]
pub struct UpdatedRows {
    /// For each update, in order, whether its row was present and its guard held.
    pub matched: Vec<bool>,
    /// If requested, the rows that matched, in order, each as its update left it.
    pub rows: Rows,
}

impl UpdatedRows {
    /// No updates yet.
    #[must_use]
    pub const fn none(table: &'static TableDef) -> Self {
        Self {
            matched: Vec::new(),
            rows: Rows::new(table),
        }
    }
}

/// The rows that a [`Claim`](super::Claim) has claimed.
#[derive(Clone, Debug)]
pub struct ClaimedRows {
    /// The rows as they are afterwards, in the order of the claim.
    pub rows: Rows,
    /// Whether nothing was claimed although rows are free: other transactions hold locks on them.
    pub contended: bool,
}

/// One method for each kind of reply.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $pattern:pat => $value:expr, $type:ty;)+) => {
        impl Reply {
            $($(#[$doc])*
            ///
            /// # Errors
            /// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when the store returned a reply of another kind.
            pub fn $name(self) -> Result<$type> {
                match self {
                    $pattern => Ok($value),
                    _ => Err(Error::corrupt("the store returned another kind of reply")),
                }
            })+
        }
    };
}

kinds! {
    /// The outcome of each row of an insert.
    inserted: Self::Inserted(outcomes) => outcomes, Vec<RowOutcome>;
    /// Checks that the statement was done.
    done: Self::Done => (), ();
    /// How many rows matched.
    count: Self::Count(count) => count, u64;
    /// Rows as they are afterwards.
    rows: Self::Rows(rows) => rows, Rows;
    /// The outcome of each update.
    updated: Self::Updated(updated) => updated, UpdatedRows;
    /// One row for each group.
    groups: Self::Groups(groups) => groups, Vec<GroupRow>;
    /// The rows that were claimed.
    claimed: Self::Claimed(claimed) => claimed, ClaimedRows;
}
