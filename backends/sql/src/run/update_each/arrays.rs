//! Many updates in one statement, with their values as arrays.

use genledger_contract::row::{Rows, ValueRef};
use genledger_contract::table::{ColumnDef, ColumnType};
use genledger_contract::{Error, Result};

use super::{Answers, Job};
use crate::connection::{Connection, Param};
use crate::run::overflow::of_sum;

pub(super) async fn run(
    job: &Job<'_>,
    connection: &mut dyn Connection,
    many: &[usize],
    answers: &mut Answers,
) -> Result<()> {
    let (table, returning) = (job.each.table, job.each.returning);
    let Some(first) = many.first() else {
        return Ok(());
    };
    let sql = job.rows[*first].statement(job.dialect, table, returning);
    let given: Vec<Vec<Param<'_>>> = many
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
    let mut met = Vec::with_capacity(many.len());
    let mut rows = Rows::new(table);
    connection
        .query_arrays(&sql, &given, &columns, &mut |row| {
            let number = row.integer(columns.len() - 1)?;
            let number = number.and_then(|number| usize::try_from(number).ok());
            let update = number.and_then(|number| many.get(number));
            met.push(*update.ok_or_else(|| Error::corrupt("an update that was not sent"))?);
            if returning { rows.push(row) } else { Ok(()) }
        })
        .await
        .map_err(|error| {
            of_sum(error, table, &job.updates[*first].assignments).with_table(table.name)
        })?;
    for (place, update) in met.into_iter().enumerate() {
        if returning {
            answers.row(update, rows.row(place))?;
        } else {
            answers.matched(update);
        }
    }
    Ok(())
}
