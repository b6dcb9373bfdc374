//! Comparing the schema of a database with the descriptions of tables.

mod bounds;
pub(crate) mod compare;
mod values;

use genledger_contract::{Difference, Result, TableDef};

use crate::dialect::Dialect;
use crate::executor::Executor;
use crate::schema::SchemaDriver;

pub(crate) async fn run<X: Executor>(
    executor: &X,
    dialect: &'static Dialect,
    schema: &'static dyn SchemaDriver,
    tables: &[&'static TableDef],
) -> Result<Vec<Difference>> {
    let mut differences = Vec::new();
    for table in tables {
        let placed = dialect.place(table);
        let found = executor
            .read(Box::new(move |context| {
                Box::pin(async move { schema.introspect(context.connection, placed).await })
            }))
            .await?;
        differences.extend(compare::compare(dialect, table, found.as_ref()));
    }
    Ok(differences)
}
