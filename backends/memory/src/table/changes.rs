//! The changes of a statement to a table: computed first, then applied at once.

use std::collections::{BTreeMap, BTreeSet};

use genledger_contract::Result;

use super::Table;
use super::key::{Key, Row};
use crate::error;

/// The rows that a statement writes by their primary key; `None` for those that it deletes.
pub(crate) type Changes = BTreeMap<Key, Option<Row>>;

/// The values of the rows that a statement has changed so far, for each unique key.
#[derive(Default)]
pub(crate) struct TakenValues(Vec<BTreeSet<Key>>);

impl Table {
    /// Refuses changes after which two rows would have the same unique key. Keys are checked at the end of
    /// the statement: two rows may exchange their values.
    ///
    /// # Errors
    /// Returns `UniqueViolation`.
    pub(crate) fn check_unique(&self, changes: &Changes) -> Result<()> {
        for unique in &self.unique {
            let mut taken = BTreeSet::new();
            for row in changes.values().flatten() {
                let Some(values) = unique.claimed_by(row) else {
                    continue;
                };
                let owned_by_other = unique
                    .owner(&values)
                    .is_some_and(|owner| !changes.contains_key(owner));
                if owned_by_other || !taken.insert(values) {
                    return Err(error::unique_violation(
                        self.definition,
                        unique.definition.name,
                    ));
                }
            }
        }
        Ok(())
    }

    /// Refuses one more change of a statement after which two rows would have the same unique key, where keys
    /// are checked after each change.
    ///
    /// # Errors
    /// Returns `UniqueViolation`.
    pub(crate) fn take_unique(
        &self,
        taken: &mut TakenValues,
        changes: &Changes,
        key: &Key,
        new: &Row,
    ) -> Result<()> {
        taken.0.resize_with(self.unique.len(), BTreeSet::new);
        let earlier = changes.get(key).and_then(Option::as_ref);
        for (unique, taken) in self.unique.iter().zip(&mut taken.0) {
            if let Some(values) = earlier.and_then(|row| unique.claimed_by(row)) {
                taken.remove(&values);
            }
            let Some(values) = unique.claimed_by(new) else {
                continue;
            };
            let owned_by_other = unique
                .owner(&values)
                .is_some_and(|owner| owner != key && !changes.contains_key(owner));
            if owned_by_other || !taken.insert(values) {
                return Err(error::unique_violation(
                    self.definition,
                    unique.definition.name,
                ));
            }
        }
        Ok(())
    }

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
