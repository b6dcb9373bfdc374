//! Many guarded updates as one statement.

use std::fmt;

use crate::row::value::Value;
use crate::statement::change::Assignment;
use crate::statement::predicate::Predicate;
use crate::table::definition::TableDef;

/// Changes rows one after the other, each under its own guard, and reports for each whether it matched. All
/// of it is one atomic step. The same key may appear several times; a later update sees the changes of the
/// earlier ones, also for unique keys.
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
    /// The condition that must hold beside the key.
    pub guard: Predicate,
    /// The changes of the row; never of a column of the primary key. Not empty.
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
