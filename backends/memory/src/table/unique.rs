//! Unique keys beside the primary key.

use genledger_contract::row::Value;
use genledger_contract::table::{TableDef, UniqueDef};

use super::key::{Key, Row};
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
