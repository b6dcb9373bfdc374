//! All tables of a store. A clone is a snapshot.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use genledger_contract::Result;
use genledger_contract::table::TableDef;

use crate::error;
use crate::table::{Changes, Table};

/// The tables by name.
#[derive(Clone, Default)]
pub(crate) struct Tables(BTreeMap<&'static str, Arc<Table>>);

impl Tables {
    /// The table that a statement names.
    ///
    /// # Errors
    /// Returns `Schema` when it was never created.
    pub(crate) fn table(&self, wanted: &'static TableDef) -> Result<&Table> {
        self.0
            .get(wanted.name)
            .map(AsRef::as_ref)
            .ok_or_else(|| error::missing_table(wanted))
    }

    /// The description that a table was created from.
    pub(crate) fn definition(&self, name: &str) -> Option<&'static TableDef> {
        self.0.get(name).map(|table| table.definition)
    }

    /// Creates an empty table.
    pub(crate) fn create(&mut self, definition: &'static TableDef) {
        self.0
            .insert(definition.name, Arc::new(Table::new(definition)));
    }

    /// Applies checked changes to a table of these tables.
    pub(crate) fn apply(&mut self, name: &str, changes: Changes) {
        if let Some(table) = self.0.get_mut(name) {
            Arc::make_mut(table).apply(changes);
        }
    }
}

impl fmt::Debug for Tables {
    // Values may be secrets, so only the numbers of rows are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.iter().map(|(name, table)| (name, table.rows.len())))
            .finish()
    }
}
