//! Inserting rows, and changing those that are present.

use genledger_contract::{Duplicates, Insert, Result, RowBatch, RowOutcome, Upsert, Value};

use super::Plan;
use super::assign::assign;
use crate::error;
use crate::table::{Changes, Row, Table, fit};
use crate::tables::Tables;

/// Every row is inserted as if it came alone: the rows before it in the batch are there already.
pub(crate) fn insert(tables: &Tables, insert: &Insert) -> Result<Plan<Vec<RowOutcome>>> {
    let batch = &insert.rows;
    let table = tables.table(batch.table())?;
    let mut changes = Changes::new();
    let mut outcomes = Vec::with_capacity(batch.len());
    for row in 0..batch.len() {
        let key = table.key_in(batch, row);
        let present = changes
            .get(&key)
            .map_or_else(|| table.rows.get(&key), Option::as_ref);
        outcomes.push(match present {
            Some(present) if insert.duplicates == Duplicates::Keep => compare(batch, row, present),
            Some(_) => return Err(error::conflict(table.definition, "of the table")),
            None => {
                changes.insert(key, Some(row_of(table, batch, row)?));
                RowOutcome::New
            }
        });
    }
    Plan::new(table, changes, outcomes)
}

fn compare(batch: &RowBatch, row: usize, present: &Row) -> RowOutcome {
    let same = present
        .iter()
        .enumerate()
        .all(|(column, value)| batch.value(row, column).same(value.as_ref()));
    if same {
        RowOutcome::Present
    } else {
        RowOutcome::Different
    }
}

/// No key appears twice in the rows, so each is inserted or changed on its own.
pub(crate) fn upsert(tables: &Tables, upsert: &Upsert) -> Result<Plan<()>> {
    let batch = &upsert.rows;
    let table = tables.table(batch.table())?;
    let mut changes = Changes::new();
    for row in 0..batch.len() {
        let key = table.key_in(batch, row);
        let written = match table.rows.get(&key) {
            Some(present) => assign(table, present, &upsert.assignments, Some((batch, row))),
            None => row_of(table, batch, row),
        };
        changes.insert(key, Some(written?));
    }
    Plan::new(table, changes, ())
}

fn row_of(table: &Table, batch: &RowBatch, row: usize) -> Result<Row> {
    let values = (0..table.definition.columns.len()).map(|column| batch.value(row, column).into());
    if std::ptr::eq(batch.table(), table.definition) || batch.table() == table.definition {
        // The batch has checked its rows against this very description.
        return Ok(values.collect());
    }
    values
        .zip(table.definition.columns)
        .map(|(value, column): (Value, _)| fit(table.definition, column, value))
        .collect()
}
