//! The statements of the contract: plain, owned data that a backend executes.
//!
//! A statement names columns by their position in its table and holds values that are already
//! encoded for them. It holds no closure and borrows nothing, so a backend may send it to another thread,
//! keep it for a retry, or group it with other statements.

pub(crate) mod aggregate;
pub(crate) mod change;
pub(crate) mod claim;
pub(crate) mod insert;
pub(crate) mod predicate;
pub(crate) mod read;
pub(crate) mod reply;
pub(crate) mod select;
pub(crate) mod update_each;
pub(crate) mod validate;

pub use aggregate::{Aggregate, Group, Measure};
pub use change::{Action, Assignment, Delete, Update, Upsert};
pub use claim::Claim;
pub use insert::{Duplicates, Insert};
pub use predicate::prefix::successor;
pub use predicate::{Comparison, Predicate};
pub use read::ReadStatement;
pub use reply::{ClaimedRows, GroupRow, Reply, UpdatedRows};
pub use select::{Direction, OrderBy, RowVisitor, Select};
pub use update_each::{KeyedUpdate, UpdateEach};

use crate::error::Result;
use crate::statement::validate::validate_predicate;
use crate::table::definition::TableDef;

/// A statement, apart from [`Select`], whose rows go to a visitor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Statement {
    /// Inserts rows; the reply is [`Reply::Inserted`].
    Insert(Insert),
    /// Inserts rows or changes those that are present; the reply is [`Reply::Done`].
    Upsert(Upsert),
    /// Changes the rows that a filter selects; the reply is [`Reply::Count`], or [`Reply::Rows`] where
    /// it returns the row.
    Update(Update),
    /// Changes many rows, each under a guard of its own; the reply is [`Reply::Updated`].
    UpdateEach(UpdateEach),
    /// Deletes the rows that a filter selects; the reply is [`Reply::Count`].
    Delete(Delete),
    /// Sums up rows; the reply is [`Reply::Groups`].
    Aggregate(Aggregate),
    /// Claims rows; the reply is [`Reply::Claimed`].
    Claim(Claim),
}

impl Statement {
    /// The table.
    #[must_use]
    pub fn table(&self) -> &'static TableDef {
        match self {
            Self::Insert(insert) => insert.rows.table(),
            Self::Upsert(upsert) => upsert.rows.table(),
            Self::Update(update) => update.table,
            Self::UpdateEach(update) => update.table,
            Self::Delete(delete) => delete.table,
            Self::Aggregate(aggregate) => aggregate.table,
            Self::Claim(claim) => claim.table,
        }
    }

    /// The name of the statement in events: `insert`, `update_each`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Insert(_) => "insert",
            Self::Upsert(_) => "upsert",
            Self::Update(_) => "update",
            Self::UpdateEach(_) => "update_each",
            Self::Delete(_) => "delete",
            Self::Aggregate(_) => "aggregate",
            Self::Claim(_) => "claim",
        }
    }

    /// Whether it only reads.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        matches!(self, Self::Aggregate(_))
    }

    /// The reply of a statement that has nothing to do, which is never sent.
    #[must_use]
    pub fn nothing_to_do(&self) -> Option<Reply> {
        match self {
            Self::Insert(insert) if insert.rows.is_empty() => Some(Reply::Inserted(Vec::new())),
            Self::Upsert(upsert) if upsert.rows.is_empty() => Some(Reply::Done),
            Self::UpdateEach(update) if update.updates.is_empty() => {
                Some(Reply::Updated(UpdatedRows::none(update.table)))
            }
            _ => None,
        }
    }

    /// Checks the statement. A [`Session`](crate::Session) does this, so a backend need not.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the contract does not allow it.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::Insert(_) => Ok(()),
            Self::Upsert(upsert) => upsert.validate(),
            Self::Update(update) => update.validate(),
            Self::UpdateEach(update) => update.validate(),
            Self::Delete(delete) => validate_predicate(delete.table, &delete.filter),
            Self::Aggregate(aggregate) => aggregate.validate(),
            Self::Claim(claim) => claim.validate(),
        }
    }
}
