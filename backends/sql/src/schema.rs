//! What the driver adds to migrations and to the comparison of schemas.

use async_trait::async_trait;
use genledger_contract::table::TableDef;
use genledger_contract::{Error, Result};

use crate::connection::Connection;
use crate::introspected::IntrospectedTable;

/// The parts of schema work that differ between databases: reading a schema back, and what the errors
/// of scripts prove.
#[async_trait]
pub trait SchemaDriver: Send + Sync + 'static {
    /// Reads what the database has under the name of a table; `None` when there is no such table.
    ///
    /// # Errors
    /// Those of the database.
    async fn introspect(
        &self,
        connection: &mut dyn Connection,
        table: &TableDef,
    ) -> Result<Option<IntrospectedTable>>;

    /// Whether a script failed because what it makes is there already, or what it removes is gone, so
    /// that a script which was cut short has been done. Asked only where the database cannot undo a
    /// change of the schema.
    fn is_there_already(&self, script: &str, error: &Error) -> bool {
        let _ = (script, error);
        false
    }
}
