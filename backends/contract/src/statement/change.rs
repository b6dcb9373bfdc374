//! Changing and deleting rows.

use std::fmt;
use std::sync::Arc;

use crate::row::batch::RowBatch;
use crate::row::value::Value;
use crate::statement::predicate::{Comparison, Predicate};
use crate::table::definition::TableDef;

/// The change of one column.
#[derive(Clone, PartialEq)]
pub struct Assignment {
    /// The column's position.
    pub column: usize,
    /// The new value.
    pub action: Action,
}

/// How the new value of a column is computed.
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
    /// The changes of a stored row; never of a column of the primary key.
    pub assignments: Vec<Assignment>,
}

/// Changes the rows that a filter selects. A guard is part of the filter: an update that matches nothing has
/// lost its race.
#[derive(Clone, Debug)]
pub struct Update {
    /// The table.
    pub table: &'static TableDef,
    /// The changes of the rows; never of a column of the primary key. Not empty.
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

/// Deletes the rows that a filter selects and returns their number.
#[derive(Clone, Debug)]
pub struct Delete {
    /// The table.
    pub table: &'static TableDef,
    /// Which rows.
    pub filter: Predicate,
}
