//! What the driver adds to migrations and to the comparison of schemas.

use async_trait::async_trait;
use genledger_contract::{Result, TableDef};

use crate::connection::Connection;
use crate::introspected::IntrospectedTable;

/// The parts of schema work that differ between databases: reading a schema back, and keeping other
/// processes from migrating at the same time.
#[async_trait]
pub trait SchemaDriver: Send + Sync + 'static {
    /// Reads what the database has under the name of a table; `None` when there is no such table.
    ///
    /// # Errors
    /// Those of the database.
    async fn introspect(
        &self,
        connection: &mut dyn Connection,
        table: &'static TableDef,
    ) -> Result<Option<IntrospectedTable>>;

    /// Waits until no other process migrates. Called on the connection that migrates, outside of a
    /// transaction.
    ///
    /// # Errors
    /// Those of the database.
    async fn lock_migrations(&self, connection: &mut dyn Connection) -> Result<()>;

    /// Lets other processes migrate.
    ///
    /// # Errors
    /// Those of the database.
    async fn unlock_migrations(&self, connection: &mut dyn Connection) -> Result<()>;
}
