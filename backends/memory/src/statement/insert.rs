//! Inserting rows, and changing those that are present.

use genledger_contract::row::{RowBatch, Value};
use genledger_contract::statement::{Duplicates, Insert, Reply, Upsert};
use genledger_contract::{Result, RowOutcome};

use super::Plan;
use super::translate::same;
use super::update::assign;
use crate::error;
use crate::table::{Changes, Row, Table, default_of, fit};
use crate::tables::Tables;

/// Every row is inserted as if alone, after the rows before it in the batch.
pub(crate) fn insert(tables: &Tables, insert: &Insert) -> Result<Plan> {
    let batch = Batch::new(tables, &insert.rows)?;
    let mut changes = Changes::new();
    let mut outcomes = Vec::with_capacity(insert.rows.len());
    for row in 0..insert.rows.len() {
        let row = batch.row(row)?;
        let key = batch.table.key_of(&row);
        let present = changes
            .get(&key)
            .map_or_else(|| batch.table.rows.get(&key), Option::as_ref);
        outcomes.push(match present {
            Some(_) if insert.duplicates == Duplicates::Refuse => {
                let table = batch.table.definition;
                return Err(error::unique_violation(table, table.primary_key));
            }
            Some(present) if batch.same(present, &row) => RowOutcome::Present,
            Some(_) => RowOutcome::Different,
            None => {
                changes.insert(key, Some(row));
                RowOutcome::New
            }
        });
    }
    Plan::new(batch.table, changes, Reply::Inserted(outcomes))
}

/// No key appears twice in the rows, so each is inserted or changed on its own.
pub(crate) fn upsert(tables: &Tables, upsert: &Upsert) -> Result<Plan> {
    let batch = Batch::new(tables, &upsert.rows)?;
    let mut assignments = upsert.assignments.clone();
    for assignment in &mut assignments {
        assignment.column = batch.stored[assignment.column];
    }
    let mut changes = Changes::new();
    for row in 0..upsert.rows.len() {
        let mut row = batch.row(row)?;
        let key = batch.table.key_of(&row);
        if let Some(present) = batch.table.rows.get(&key) {
            row = assign(batch.table, present, &assignments, Some(&row))?;
        }
        changes.insert(key, Some(row));
    }
    Plan::new(batch.table, changes, Reply::Done)
}

/// The rows of a batch as rows of the table.
struct Batch<'b> {
    table: &'b Table,
    rows: &'b RowBatch,
    /// The positions of the batch's columns in the table.
    stored: Vec<usize>,
    /// Whether the rows were checked against the same description as the table's.
    checked: bool,
}

impl<'b> Batch<'b> {
    fn new(tables: &'b Tables, rows: &'b RowBatch) -> Result<Self> {
        let table = tables.table(rows.table())?;
        Ok(Self {
            table,
            rows,
            stored: tables.positions(rows.table())?,
            checked: same(table.definition, rows.table()),
        })
    }

    /// A row as it is stored: columns that the batch does not have get their default.
    fn row(&self, row: usize) -> Result<Row> {
        let values = (0..self.stored.len()).map(|column| self.rows.value(row, column));
        if self.checked {
            return Ok(values.map(Value::from).collect());
        }
        let columns = self.table.definition.columns;
        let mut whole: Vec<Value> = columns.iter().map(default_of).collect();
        for (column, value) in self.stored.iter().zip(values) {
            whole[*column] = value.into();
        }
        whole
            .into_iter()
            .zip(columns)
            .map(|(value, column)| fit(self.table.definition, column, value))
            .collect()
    }

    /// Whether two rows are the same in all columns of the batch.
    fn same(&self, present: &Row, row: &Row) -> bool {
        self.stored
            .iter()
            .all(|column| present[*column].as_ref().same(row[*column].as_ref()))
    }
}
