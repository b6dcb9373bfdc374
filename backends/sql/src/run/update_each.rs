//! Many guarded updates.

use genledger_contract::backend::Outcome;
use genledger_contract::{Reply, Result, Update, UpdateEach, UpdatedRows};

use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::executor::Context;
use crate::lower::Lower;

use super::change::{rows, update_and_read};
use super::overflow::of_sum;
use super::refuse;
use super::unit::Unit;

/// Updates rows one after the other, in one transaction.
pub(crate) async fn update_each(
    mut context: Context<'_>,
    each: &UpdateEach,
) -> Result<Outcome<Reply>> {
    let updates: Vec<Update> = each
        .updates
        .iter()
        .map(|update| Update {
            table: each.table,
            assignments: update.assignments.clone(),
            filter: update.filter(each.table),
            returning: each.returning,
        })
        .collect();
    // Before anything is sent.
    for update in &updates {
        drop(refuse!(
            Lower::new(context.dialect, context.connection.limits(), each.table).update(update)
        ));
    }
    let unit = Unit::begin(&mut context).await?;
    let updated = one_by_one(context.connection, context.dialect, each, &updates).await;
    let updated = unit.end(&mut context, updated).await?;
    Ok(Outcome::Done(Reply::Updated(updated)))
}

async fn one_by_one(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    each: &UpdateEach,
    updates: &[Update],
) -> Result<UpdatedRows> {
    let mut updated = UpdatedRows::none(each.table);
    for update in updates {
        let matched = if update.returning {
            let found = if dialect.has_returning() {
                let statement = Lower::new(dialect, connection.limits(), each.table)
                    .update_returning(update)?;
                rows(connection, each.table, &statement)
                    .await
                    .map_err(|error| of_sum(error, each.table, &update.assignments))?
            } else {
                update_and_read(connection, dialect, update).await?
            };
            for row in found.iter() {
                updated.rows.push(&row)?;
            }
            !found.is_empty()
        } else {
            let statement = Lower::new(dialect, connection.limits(), each.table).update(update)?;
            let sent = connection
                .execute(statement.sql(), &statement.params())
                .await;
            let count = sent.map_err(|error| {
                of_sum(error, each.table, &update.assignments).with_table(each.table.name)
            })?;
            count > 0
        };
        updated.matched.push(matched);
    }
    Ok(updated)
}
