//! Runs many updates in one statement, with arrays of values.

use genledger_contract::row::{Rows, ValueRef};
use genledger_contract::table::{ColumnDef, ColumnType};
use genledger_contract::{Error, Result};

use super::job::{Job, Outcomes};
use crate::connection::{Connection, Param};
use crate::run::overflow::addition_error;

pub(super) async fn run(
    job: &Job<'_>,
    connection: &mut dyn Connection,
    many: &[usize],
    outcomes: &mut Outcomes,
) -> Result<()> {
    let (table, returning) = (job.each.table, job.each.returning);
    let Some(first) = many.first() else {
        return Ok(());
    };
    let sql = job.rows[*first].statement(job.dialect, table, returning);
    let params: Vec<Vec<Param<'_>>> = many
        .iter()
        .zip(0..)
        .map(|(update, number)| {
            let number = Param {
                value: ValueRef::I64(number),
                column_type: ColumnType::I64,
            };
            job.rows[*update].params().chain([number]).collect()
        })
        .collect();
    let number = ColumnDef {
        column_type: ColumnType::I64,
        ..table.columns[0]
    };
    let stored = table.columns.iter().filter(|_| returning);
    let columns: Vec<ColumnDef> = stored.copied().chain([number]).collect();
    let mut matched = Vec::with_capacity(many.len());
    let mut rows = Rows::new(table);
    connection
        .query_arrays(&sql, &params, &columns, &mut |row| {
            let number = row.integer(columns.len() - 1)?;
            let number = number.and_then(|number| usize::try_from(number).ok());
            let update = number.and_then(|number| many.get(number));
            matched.push(*update.ok_or_else(|| Error::corrupt("an update that was not sent"))?);
            if returning { rows.push(row) } else { Ok(()) }
        })
        .await
        .map_err(|error| {
            addition_error(error, table, &job.updates[*first].assignments).with_table(table.name)
        })?;
    for (row, update) in matched.into_iter().enumerate() {
        if returning {
            outcomes.row(update, rows.row(row))?;
        } else {
            outcomes.matched(update);
        }
    }
    Ok(())
}
