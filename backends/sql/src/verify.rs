//! Compares the schema of a database with the descriptions of tables.

mod bounds;
pub(crate) mod compare;
mod differences;
#[cfg(test)]
mod tests;
mod values;

use genledger_contract::Result;
use genledger_contract::schema::Difference;
use genledger_contract::table::TableDef;

pub(crate) use values::range_differs;

use crate::executor::Executor;
use crate::hints::Hints;
use crate::schema::SchemaDriver;
use crate::traced::Traced;
use crate::work::StatementSettings;

pub(crate) async fn run<X: Executor>(
    executor: &X,
    StatementSettings { dialect, events }: StatementSettings,
    schema: &'static dyn SchemaDriver,
    tables: &[&'static TableDef],
) -> Result<Vec<Difference>> {
    let mut differences = Vec::new();
    for table in tables {
        let placed = dialect.place(table);
        let listener = events.of("verify", Some(table.name));
        let found = executor
            .read(
                Hints::default(),
                Box::new(move |context| {
                    Box::pin(async move {
                        let mut slot = None;
                        let context = Traced::context(context, listener, &mut slot);
                        schema.introspect(context.connection, placed).await
                    })
                }),
            )
            .await?;
        differences.extend(compare::compare(dialect, table, found.as_ref()));
    }
    Ok(differences)
}
