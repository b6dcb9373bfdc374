//! The statements that make a table.

use genledger_contract::TableDef;

use crate::dialect::Dialect;

/// The statements that make a table.
#[must_use]
pub fn create_table_sql(dialect: &Dialect, table: &'static TableDef) -> Vec<String> {
    let _ = (dialect, table);
    Vec::new()
}
