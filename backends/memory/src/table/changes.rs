//! The changes of a statement to a table: computed first, then applied at once.

use std::collections::BTreeMap;

use super::Table;
use super::key::{Key, Row};

/// The rows that a statement writes by their primary key; `None` for those that it deletes.
pub(crate) type Changes = BTreeMap<Key, Option<Row>>;

impl Table {
    /// Applies changes that were checked.
    pub(crate) fn apply(&mut self, changes: Changes) {
        for unique in &mut self.unique {
            for old in changes.keys().filter_map(|key| self.rows.get(key)) {
                unique.release(old);
            }
            for (key, new) in &changes {
                if let Some(new) = new {
                    unique.take(new, key);
                }
            }
        }
        for (key, new) in changes {
            match new {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            }
        }
    }
}
