//! Runs selects.

use genledger_contract::Result;
use genledger_contract::statement::{RowVisitor, Select};
use genledger_contract::table::ColumnDef;

use crate::executor::Context;
use crate::lower::Lower;
use genledger_contract::backend::Outcome;

use super::refuse::refuse;
use crate::shape::Lock;

/// Calls the visitor for every row. An error of the visitor is not one of the database.
pub(crate) async fn select(
    context: Context<'_>,
    select: &Select,
    mut visitor: RowVisitor,
) -> Result<Outcome<()>> {
    let dialect = context.dialect;
    refuse!(dialect.check(dialect.place(select.table)));
    let statement = refuse!(
        Lower::new(context.dialect, context.connection.limits(), select.table)
            .select(select, Lock::No)
    );
    let columns: Vec<ColumnDef> = select
        .columns
        .iter()
        .map(|position| select.table.columns[*position])
        .collect();
    let mut visited = Ok(());
    context
        .connection
        .query(statement.sql(), &statement.params(), &columns, &mut |row| {
            // Kept apart from the outcome, so that it is not confused with a later error of the
            // database.
            if visited.is_ok() {
                visited = visitor(row);
            }
            Ok(())
        })
        .await
        .map_err(|error| error.with_table(select.table.name))?;
    refuse!(visited);
    Ok(Outcome::Done(()))
}
