//! Finds the rows of a batch that are present, and whether they are the same.

use std::collections::{HashMap, HashSet};

use genledger_contract::row::{RowBatch, RowReader, Value};
use genledger_contract::statement::Select;
use genledger_contract::table::{ColumnDef, TableDef};
use genledger_contract::{Result, RowOutcome};

use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::keys;
use crate::lower::Lower;
use crate::shape::Lock;
use crate::values;

/// The state of the rows of a batch, which is only read after a conflict.
pub(super) struct Present<'b> {
    dialect: &'static Dialect,
    batch: &'b RowBatch,
    /// The table in the database, whose primary key may have more columns than that of the entity.
    keyed: &'static TableDef,
    /// Rows with the same key, by the first of them.
    equal: Option<HashMap<usize, Vec<usize>>>,
    /// The rows whose key is stored.
    stored: HashMap<usize, RowOutcome>,
}

impl<'b> Present<'b> {
    pub(super) fn new(dialect: &'static Dialect, batch: &'b RowBatch) -> Self {
        Self {
            dialect,
            batch,
            keyed: dialect.place(batch.table()),
            equal: None,
            stored: HashMap::new(),
        }
    }

    /// Whether the row is the first with its key.
    pub(super) fn is_first(&mut self, row: usize) -> bool {
        let (batch, keyed) = (self.batch, self.keyed);
        let equal = self.equal.get_or_insert_with(|| equal(batch, keyed));
        equal.contains_key(&row)
    }

    /// Returns the rows that are not stored and are the first with their key. A locking read on
    /// `MySQL`: it reads the newest rows, which caused the conflict, and keeps them until the
    /// transaction ends.
    pub(super) async fn without(
        &mut self,
        connection: &mut dyn Connection,
        rows: &[usize],
    ) -> Result<Vec<usize>> {
        let (batch, keyed) = (self.batch, self.keyed);
        let equal = self.equal.get_or_insert_with(|| equal(batch, keyed));
        let firsts: Vec<usize> = rows
            .iter()
            .copied()
            .filter(|row| equal.contains_key(row))
            .collect();
        let table = batch.table();
        let by_key: HashMap<Vec<Value>, usize> = firsts
            .iter()
            .map(|row| (key(batch, keyed, *row), *row))
            .collect();
        let mut found = HashSet::new();
        let limits = connection.limits();
        let wanted: Vec<Vec<Value>> = firsts
            .iter()
            .map(|row| batch.values(*row, &keyed.key_positions()))
            .collect();
        for wanted in keys::groups(self.dialect, limits, keyed, &wanted) {
            let select = Select::all_columns(table, keys::any_of(keyed, wanted));
            let statement = Lower::new(self.dialect, limits, table).select(&select, Lock::Share)?;
            let stored = &mut self.stored;
            let found = &mut found;
            connection
                .query(
                    statement.sql(),
                    &statement.params(),
                    table.columns,
                    &mut |row| {
                        let Some(first) = by_key.get(&stored_key(keyed, row)?) else {
                            return Ok(());
                        };
                        found.insert(*first);
                        for equal in &equal[first] {
                            stored.insert(*equal, compare(table.columns, row, batch, *equal)?);
                        }
                        Ok(())
                    },
                )
                .await
                .map_err(|error| error.with_table(table.name))?;
        }
        Ok(firsts
            .into_iter()
            .filter(|row| !found.contains(row))
            .collect())
    }

    /// The outcomes, once every row that is not stored was inserted.
    pub(super) fn outcomes(&self) -> Vec<RowOutcome> {
        let mut outcomes = vec![RowOutcome::New; self.batch.len()];
        for (first, rows) in self.equal.iter().flatten() {
            for row in rows.iter().filter(|row| *row != first) {
                outcomes[*row] = outcome(self.batch.same_row(*first, *row));
            }
        }
        for (row, stored) in &self.stored {
            outcomes[*row] = *stored;
        }
        outcomes
    }
}

const fn outcome(same: bool) -> RowOutcome {
    if same {
        RowOutcome::Present
    } else {
        RowOutcome::Different
    }
}

/// The rows of a batch by the first row with the same key.
fn equal(batch: &RowBatch, keyed: &TableDef) -> HashMap<usize, Vec<usize>> {
    let mut equal: HashMap<usize, Vec<usize>> = HashMap::with_capacity(batch.len());
    for (row, first) in batch
        .first_with(&keyed.key_positions())
        .into_iter()
        .enumerate()
    {
        equal.entry(first).or_default().push(row);
    }
    equal
}

fn key(batch: &RowBatch, keyed: &TableDef, row: usize) -> Vec<Value> {
    keyed
        .key_positions()
        .into_iter()
        .map(|column| values::key_value(batch.value(row, column)))
        .collect()
}

fn stored_key(table: &TableDef, row: &dyn RowReader) -> Result<Vec<Value>> {
    table
        .key_positions()
        .into_iter()
        .map(|column| {
            let value = values::read(row, column, table.columns[column].column_type)?;
            Ok(values::key_value(value.as_ref()))
        })
        .collect()
}

fn compare(
    columns: &[ColumnDef],
    stored: &dyn RowReader,
    batch: &RowBatch,
    row: usize,
) -> Result<RowOutcome> {
    for (index, column) in columns.iter().enumerate() {
        if !values::same(stored, index, column.column_type, batch.value(row, index))? {
            return Ok(RowOutcome::Different);
        }
    }
    Ok(RowOutcome::Present)
}
