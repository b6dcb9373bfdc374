//! Updates and deletes.

use genledger_contract::{Delete, Result, TableDef, Update};

use crate::executor::Context;
use crate::lower::{Lower, Statement};
use crate::outcome::{Outcome, refuse};

use super::overflow::of_sum;

pub(crate) async fn update(context: Context<'_>, update: &Update) -> Result<Outcome<u64>> {
    let statement = refuse!(
        Lower::new(context.dialect, context.connection.limits(), update.table).update(update)
    );
    send(context, update.table, &statement)
        .await
        .map_err(|error| of_sum(error, update.table, &update.assignments))
}

pub(crate) async fn delete(context: Context<'_>, delete: &Delete) -> Result<Outcome<u64>> {
    let statement = refuse!(
        Lower::new(context.dialect, context.connection.limits(), delete.table).delete(delete)
    );
    send(context, delete.table, &statement).await
}

async fn send(
    context: Context<'_>,
    table: &'static TableDef,
    statement: &Statement<'_>,
) -> Result<Outcome<u64>> {
    context
        .connection
        .execute(statement.sql(), &statement.params())
        .await
        .map(Outcome::Done)
        .map_err(|error| error.with_table(table.name))
}
