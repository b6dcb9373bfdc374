//! Runs updates and deletes.

use genledger_contract::Result;
use genledger_contract::backend::Outcome;
use genledger_contract::row::Rows;
use genledger_contract::statement::{Delete, Reply, Select, Update};
use genledger_contract::table::TableDef;

use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::executor::Context;
use crate::lower::{Lower, LoweredStatement};
use crate::shape::Lock;

use super::overflow::addition_error;
use super::refuse::refuse;
use super::unit::Unit;

pub(crate) async fn update(context: Context<'_>, update: &Update) -> Result<Outcome<Reply>> {
    if update.returning {
        let rows = refuse!(returning(context, update).await?.into_result());
        return Ok(Outcome::Done(Reply::Rows(rows)));
    }
    let statement = refuse!(
        Lower::new(context.dialect, context.connection.limits(), update.table).update(update)
    );
    send(context, update.table, &statement)
        .await
        .map_err(|error| addition_error(error, update.table, &update.assignments))
}

/// Updates the row with a key and returns its new state. Without RETURNING, the row is read by its key
/// in the same transaction, which has locked it.
async fn returning(mut context: Context<'_>, update: &Update) -> Result<Outcome<Rows>> {
    let table = update.table;
    if context.dialect.has_returning() {
        let statement = refuse!(
            Lower::new(context.dialect, context.connection.limits(), table)
                .update_returning(update)
        );
        let updated = rows(context.connection, table, &statement).await;
        return updated.map(Outcome::Done).map_err(|error| {
            addition_error(error, table, &update.assignments).with_table(table.name)
        });
    }
    // Checked before anything is sent.
    drop(refuse!(
        Lower::new(context.dialect, context.connection.limits(), table).update(update)
    ));
    let unit = Unit::begin(&mut context).await?;
    let updated = update_and_read(context.connection, context.dialect, update).await;
    unit.end(&mut context, updated).await.map(Outcome::Done)
}

/// Updates the row with a key, and reads it if the update matched.
pub(super) async fn update_and_read(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    update: &Update,
) -> Result<Rows> {
    let table = update.table;
    let statement = Lower::new(dialect, connection.limits(), table).update(update)?;
    let matched = connection
        .execute(statement.sql(), &statement.params())
        .await
        .map_err(|error| {
            addition_error(error, table, &update.assignments).with_table(table.name)
        })?;
    let Some(key) = update.key().filter(|_| matched > 0) else {
        return Ok(Rows::new(table));
    };
    let select = Select::all_columns(table, key);
    let statement = Lower::new(dialect, connection.limits(), table).select(&select, Lock::No)?;
    rows(connection, table, &statement).await
}

/// The rows of a statement that returns all columns of the table.
pub(super) async fn rows(
    connection: &mut dyn Connection,
    table: &'static TableDef,
    statement: &LoweredStatement<'_>,
) -> Result<Rows> {
    let mut rows = Rows::new(table);
    connection
        .query(
            statement.sql(),
            &statement.params(),
            table.columns,
            &mut |row| rows.push(row),
        )
        .await
        .map_err(|error| error.with_table(table.name))?;
    Ok(rows)
}

pub(crate) async fn delete(context: Context<'_>, delete: &Delete) -> Result<Outcome<Reply>> {
    let statement = refuse!(
        Lower::new(context.dialect, context.connection.limits(), delete.table).delete(delete)
    );
    send(context, delete.table, &statement).await
}

async fn send(
    context: Context<'_>,
    table: &'static TableDef,
    statement: &LoweredStatement<'_>,
) -> Result<Outcome<Reply>> {
    context
        .connection
        .execute(statement.sql(), &statement.params())
        .await
        .map(|count| Outcome::Done(Reply::Count(count)))
        .map_err(|error| error.with_table(table.name))
}
