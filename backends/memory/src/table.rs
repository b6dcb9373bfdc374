//! One table: its rows by primary key, and its unique keys.

mod changes;
mod fit;
mod key;
mod key_range;
mod scan;
mod unique;

use genledger_contract::row::Value;
use genledger_contract::table::TableDef;

use crate::map::Map;

pub(crate) use changes::Changes;
pub(crate) use fit::{add, default_of, fit};
pub(crate) use key::{Key, Row};
pub(crate) use unique::TakenValues;
use unique::Unique;

/// A table. A clone is a snapshot.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) definition: &'static TableDef,
    /// The positions of the primary key's columns.
    pub(crate) key: Vec<usize>,
    pub(crate) rows: Map<Key, Row>,
    unique: Vec<Unique>,
}

impl Table {
    pub(crate) fn new(definition: &'static TableDef) -> Self {
        Self {
            definition,
            key: definition.key_positions(),
            rows: Map::new(),
            unique: definition
                .unique
                .iter()
                .map(|unique| Unique::new(definition, unique))
                .collect(),
        }
    }

    /// The primary key of a row.
    pub(crate) fn key_of(&self, row: &[Value]) -> Key {
        Key::of(row, &self.key)
    }
}
