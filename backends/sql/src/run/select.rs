//! Selects.

use genledger_contract::{ColumnDef, Result, RowVisitor, Select};

use crate::executor::Context;
use crate::lower::Lower;
use crate::outcome::{Outcome, refuse};
use crate::shape::Lock;

/// Hands every row to the visitor. An error of the visitor is not one of the database.
pub(crate) async fn select(
    context: Context<'_>,
    select: &Select,
    mut visitor: RowVisitor,
) -> Result<Outcome<()>> {
    let statement = refuse!(Lower::new(context.dialect, select.table).select(select, Lock::No));
    let columns: Vec<ColumnDef> = select
        .columns
        .iter()
        .map(|position| select.table.columns[*position])
        .collect();
    let mut failed = false;
    let outcome = context
        .connection
        .query(statement.sql(), &statement.params(), &columns, &mut |row| {
            visitor(row).inspect_err(|_| failed = true)
        })
        .await;
    match outcome {
        Err(error) if failed => Ok(Outcome::Refused(error)),
        outcome => outcome
            .map(Outcome::Done)
            .map_err(|error| error.with_table(select.table.name)),
    }
}
