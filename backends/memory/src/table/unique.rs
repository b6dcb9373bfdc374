//! Unique keys beside the primary key.

use std::collections::BTreeSet;

use genledger_contract::Result;
use genledger_contract::row::Value;
use genledger_contract::table::{TableDef, UniqueDef};

use super::Table;
use super::changes::Changes;
use super::key::{Key, Row};
use crate::error;
use crate::map::Map;

/// The rows by their values of a unique key.
#[derive(Clone)]
pub(crate) struct Unique {
    pub(crate) definition: &'static UniqueDef,
    columns: Vec<usize>,
    /// The column that marks deleted rows, for a key among live rows.
    deleted: Option<usize>,
    /// From the unique key's values to the primary key.
    owners: Map<Key, Key>,
}

impl Unique {
    pub(crate) fn new(table: &TableDef, definition: &'static UniqueDef) -> Self {
        Self {
            definition,
            columns: table.positions(definition.columns),
            deleted: table
                .soft_delete
                .filter(|_| definition.live_only)
                .and_then(|name| table.position(name)),
            owners: Map::new(),
        }
    }

    /// The columns, if the key applies to every row.
    pub(crate) fn columns_of_all_rows(&self) -> Option<&[usize]> {
        self.deleted.is_none().then_some(&self.columns)
    }

    /// The values that no other row may have; `None` for a row that cannot collide.
    pub(crate) fn claimed_by(&self, row: &Row) -> Option<Key> {
        let live = self
            .deleted
            .is_none_or(|column| row[column] == Value::Bool(false));
        let whole = self
            .columns
            .iter()
            .all(|column| row[*column] != Value::Null);
        (live && whole).then(|| Key::of(row, &self.columns))
    }

    pub(crate) fn owner(&self, values: &Key) -> Option<&Key> {
        self.owners.get(values)
    }

    pub(crate) fn release(&mut self, row: &Row) {
        if let Some(values) = self.claimed_by(row) {
            self.owners.remove(&values);
        }
    }

    pub(crate) fn take(&mut self, row: &Row, key: &Key) {
        if let Some(values) = self.claimed_by(row) {
            self.owners.insert(values, key.clone());
        }
    }
}

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
                        unique.definition.columns,
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
                    unique.definition.columns,
                ));
            }
        }
        Ok(())
    }
}
