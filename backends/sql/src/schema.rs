//! The interface of a driver for migrations and for the comparison of schemas.

use async_trait::async_trait;
use genledger_contract::table::TableDef;
use genledger_contract::{Error, Result};

use crate::connection::Connection;
use crate::introspected::IntrospectedTable;

/// The differences between databases in migrations and schema comparison: reading a schema, and
/// recognizing applied scripts by their errors.
#[async_trait]
pub trait SchemaDriver: Send + Sync + 'static {
    /// Reads the description of a table; `None` if it does not exist.
    ///
    /// # Errors
    /// The errors of the database.
    async fn introspect(
        &self,
        connection: &mut dyn Connection,
        table: &TableDef,
    ) -> Result<Option<IntrospectedTable>>;

    /// Whether a script failed because the object that it creates exists, or the one that it removes
    /// does not: an interrupted script had then been applied. Only called if the database cannot roll
    /// back a change of the schema.
    fn is_already_applied(&self, script: &str, error: &Error) -> bool {
        let _ = (script, error);
        false
    }
}
