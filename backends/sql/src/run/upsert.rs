//! Runs upserts.

use genledger_contract::Result;
use genledger_contract::backend::Outcome;
use genledger_contract::row::RowBatch;
use genledger_contract::statement::{Action, Reply, Upsert};

use crate::chunk::{Binding, chunks, in_key_order};
use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::executor::{Context, Scope};
use crate::lower::{Lower, bulk_insert};

use super::overflow::addition_error;
use super::refuse::refuse;
use super::unit::Unit;

pub(crate) async fn upsert(mut context: Context<'_>, upsert: &Upsert) -> Result<Outcome<Reply>> {
    let batch: &RowBatch = &upsert.rows;
    let dialect = context.dialect;
    let rows = in_key_order(batch);
    let limits = context.connection.limits();
    let chunks = refuse!(chunks(
        dialect,
        &limits,
        batch,
        &rows,
        binding(dialect, upsert)
    ));
    if context.scope == Scope::Autocommit
        && let [all] = chunks[..]
    {
        return send(context.connection, dialect, upsert, all)
            .await
            .map(|()| Outcome::Done(Reply::Done));
    }
    let unit = Unit::begin(&mut context).await?;
    let done = send_all(context.connection, dialect, upsert, &chunks).await;
    unit.end(&mut context, done).await?;
    Ok(Outcome::Done(Reply::Done))
}

/// Rows are bound as values if the assignments have values too.
fn binding(dialect: &Dialect, upsert: &Upsert) -> Binding {
    let own = upsert
        .assignments
        .iter()
        .filter_map(|one| match &one.action {
            Action::Set(value) | Action::Add(value) => Some(value.as_ref()),
            Action::Inserted | Action::AddInserted => None,
        });
    Binding::with_values(dialect, own)
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

async fn send(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    upsert: &Upsert,
    rows: &[usize],
) -> Result<()> {
    let table = upsert.rows.table();
    let sent = match binding(dialect, upsert) {
        Binding::Bulk => {
            let sql = bulk_insert(dialect, table, rows.len(), &upsert.assignments);
            let sent = connection.insert_rows(&sql, &upsert.rows, rows).await;
            sent.map(drop)
        }
        Binding::Values { .. } => values(connection, dialect, upsert, rows).await,
    };
    sent.map_err(|error| addition_error(error, table, &upsert.assignments).with_table(table.name))
}

/// Sends rows as values, followed by those of the assignments.
async fn values(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    upsert: &Upsert,
    rows: &[usize],
) -> Result<()> {
    let batch: &RowBatch = &upsert.rows;
    let columns = batch.table().columns.len();
    let most = if dialect.row_by_row() { 1 } else { rows.len() };
    for rows in rows.chunks(most.max(1)) {
        let values = rows
            .iter()
            .flat_map(|row| (0..columns).map(|column| batch.value(*row, column)));
        let statement = Lower::new(dialect, connection.limits(), batch.table()).upsert(
            values,
            rows.len(),
            &upsert.assignments,
        )?;
        connection
            .execute(statement.sql(), &statement.params())
            .await?;
    }
    Ok(())
}
