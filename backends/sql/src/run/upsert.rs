//! Upserts.

use std::cmp::Ordering;

use genledger_contract::{Action, Result, RowBatch, Upsert};

use crate::chunk::chunks;
use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::executor::{Context, Scope};
use crate::lower::{Lower, bulk_insert};

use super::of_write;
use super::unit::Unit;

pub(crate) async fn upsert(mut context: Context<'_>, upsert: &Upsert) -> Result<()> {
    let batch: &RowBatch = &upsert.rows;
    let dialect = context.dialect;
    let rows = in_key_order(batch);
    let chunks = chunks(dialect, batch, &rows);
    if context.scope == Scope::Autocommit
        && let [all] = chunks[..]
    {
        return send(context.connection, dialect, upsert, all)
            .await
            .map_err(|error| of_write(context.scope, error));
    }
    let unit = Unit::begin(&mut context).await?;
    let done = send_all(context.connection, dialect, upsert, &chunks).await;
    unit.end(&mut context, done).await
}

async fn send_all(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    upsert: &Upsert,
    chunks: &[&[usize]],
) -> Result<()> {
    for chunk in chunks {
        send(connection, dialect, upsert, chunk).await?;
    }
    Ok(())
}

/// The rows by key, so that two upserts of the same keys never wait for each other in a circle.
fn in_key_order(batch: &RowBatch) -> Vec<usize> {
    let key = batch.table().key_positions();
    let mut rows: Vec<usize> = (0..batch.len()).collect();
    rows.sort_by(|left, right| {
        key.iter()
            .map(|column| {
                batch
                    .value(*left, *column)
                    .order(batch.value(*right, *column))
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
    rows
}

async fn send(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    upsert: &Upsert,
    rows: &[usize],
) -> Result<()> {
    let batch: &RowBatch = &upsert.rows;
    let table = batch.table();
    let only_inserted = upsert
        .assignments
        .iter()
        .all(|one| matches!(one.action, Action::Inserted | Action::AddInserted));
    let sent = if only_inserted {
        let sql = bulk_insert(dialect, table, rows.len(), &upsert.assignments);
        connection.insert_rows(&sql, batch, rows).await
    } else if dialect.row_by_row() {
        for row in rows {
            let columns = 0..table.columns.len();
            let values = columns.map(|column| batch.value(*row, column));
            let statement = Lower::new(dialect, table).upsert(values, 1, &upsert.assignments)?;
            connection
                .execute(statement.sql(), &statement.params())
                .await
                .map_err(|error| error.with_table(table.name))?;
        }
        return Ok(());
    } else {
        let columns = 0..table.columns.len();
        let values = rows
            .iter()
            .flat_map(|row| columns.clone().map(|column| batch.value(*row, column)));
        let statement =
            Lower::new(dialect, table).upsert(values, rows.len(), &upsert.assignments)?;
        connection
            .execute(statement.sql(), &statement.params())
            .await
    };
    sent.map(drop).map_err(|error| error.with_table(table.name))
}
