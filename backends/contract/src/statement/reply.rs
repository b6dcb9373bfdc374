//! What a statement replies with.

use crate::error::{Error, Result};
use crate::row::rows::Rows;
use crate::row::value::Value;
use crate::statement::insert::RowOutcome;
use crate::table::definition::TableDef;

/// The reply to a [`Statement`](super::Statement), of the kind that the statement names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reply {
    /// It was done.
    Done,
    /// What became of each row of an insert, in order.
    Inserted(Vec<RowOutcome>),
    /// How many rows matched.
    Count(u64),
    /// Rows as they are afterwards.
    Rows(Rows),
    /// What became of each update.
    Updated(UpdatedRows),
    /// One row for each group: the groups, then the measures.
    Groups(Vec<Vec<Value>>),
    /// The rows that were claimed.
    Claimed(ClaimedRows),
}

/// What became of each update of an [`UpdateEach`](super::UpdateEach).
#[derive(Clone, Debug)]
pub struct UpdatedRows {
    /// For each update, in order, whether its row was there and its guard held.
    pub matched: Vec<bool>,
    /// Where it was asked for, the rows that matched, in order, each as its update left it.
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

/// The rows that a [`Claim`](super::Claim) took.
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
            /// [`Corrupt`](crate::ErrorKind::Corrupt) when the store replied with another kind.
            pub fn $name(self) -> Result<$type> {
                match self {
                    $pattern => Ok($value),
                    _ => Err(Error::corrupt("the store replied with another kind of answer")),
                }
            })+
        }
    };
}

kinds! {
    /// What became of each row of an insert.
    inserted: Self::Inserted(outcomes) => outcomes, Vec<RowOutcome>;
    /// Nothing but that it was done.
    done: Self::Done => (), ();
    /// How many rows matched.
    count: Self::Count(count) => count, u64;
    /// Rows as they are afterwards.
    rows: Self::Rows(rows) => rows, Rows;
    /// What became of each update.
    updated: Self::Updated(updated) => updated, UpdatedRows;
    /// One row for each group.
    groups: Self::Groups(groups) => groups, Vec<Vec<Value>>;
    /// The rows that were claimed.
    claimed: Self::Claimed(claimed) => claimed, ClaimedRows;
}
