//! Rows to be written: checked, encoded, owned, and packed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use crate::error::{Error, Result, Violations};
use crate::row::cells::Cells;
use crate::row::check::Purpose;
use crate::row::encode::Receive;
use crate::row::value::{Value, ValueRef};
use crate::table::definition::{ColumnDef, TableDef};

/// Rows of one table, checked against it and encoded for it.
///
/// The values lie in one vector, their text and their bytes in one buffer each, so that a batch of 200,000 rows costs
/// a handful of allocations and can be sent to another thread as it is.
#[derive(Clone)]
pub struct RowBatch {
    table: &'static TableDef,
    cells: Cells,
    /// The violations of the entity that is being added.
    found: Option<Violations>,
}

impl RowBatch {
    /// An empty batch for a table.
    #[must_use]
    pub const fn new(table: &'static TableDef) -> Self {
        Self {
            table,
            cells: Cells::new(),
            found: None,
        }
    }

    /// Room for this many rows more.
    pub(crate) fn reserve(&mut self, rows: usize) {
        self.cells.reserve(rows * self.table.columns.len());
    }

    /// Adds the row that `write` writes.
    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let before = self.cells.mark();
        let cells = self.cells.len();
        self.found = Some(Violations::new());
        let written = write(self).and_then(|()| {
            if self.cells.len() - cells == self.table.columns.len() {
                Ok(())
            } else {
                Err(Error::invalid(
                    "the entity wrote a different number of values than its table has columns",
                ))
            }
        });
        let written = all_of(self.found.take().unwrap_or_default(), written);
        if written.is_err() {
            self.cells.truncate(before);
        }
        written.map_err(|error| error.with_table(self.table.name))
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static TableDef {
        self.table
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len() / self.table.columns.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.len() == 0
    }

    /// About how many bytes the rows `from..to` take on the wire.
    #[must_use]
    pub fn bytes(&self, from: usize, to: usize) -> usize {
        let columns = self.table.columns.len();
        self.cells.bytes(from * columns..to * columns)
    }

    /// The value of a row at a column's position.
    ///
    /// # Panics
    /// When the row or the column does not exist.
    #[must_use]
    pub fn value(&self, row: usize, column: usize) -> ValueRef<'_> {
        let index = row * self.table.columns.len() + column;
        // Every value was written by `push`, so all of them can be read.
        self.cells.get(index).unwrap_or(ValueRef::Null)
    }

    /// The values of a row, owned.
    #[must_use]
    pub fn row(&self, row: usize) -> Vec<Value> {
        (0..self.table.columns.len())
            .map(|column| self.value(row, column).into())
            .collect()
    }

    /// The primary key of a row.
    #[must_use]
    pub fn key(&self, row: usize) -> Vec<Value> {
        self.table
            .key_positions()
            .into_iter()
            .map(|column| self.value(row, column).into())
            .collect()
    }

    /// Whether two rows have the same content in every column.
    #[must_use]
    pub fn same_row(&self, row: usize, other: usize) -> bool {
        (0..self.table.columns.len())
            .all(|column| self.value(row, column).same(self.value(other, column)))
    }

    /// For each row the first row of the batch with the same primary key; the first row of a key has its own
    /// position.
    #[must_use]
    pub fn first_of_key(&self) -> Vec<usize> {
        let positions = self.table.key_positions();
        let mut seen: HashMap<Vec<ValueRef<'_>>, usize> = HashMap::with_capacity(self.len());
        (0..self.len())
            .map(|row| {
                let key = positions
                    .iter()
                    .map(|column| self.value(row, *column))
                    .collect();
                match seen.entry(key) {
                    Entry::Occupied(first) => *first.get(),
                    Entry::Vacant(place) => *place.insert(row),
                }
            })
            .collect()
    }
}

/// The error of a row: all violations that were found in it.
pub(crate) fn all_of(mut found: Violations, written: Result<()>) -> Result<()> {
    match written {
        Err(error) if found.is_empty() => Err(error),
        Err(error) => {
            found.extend(error.violations().iter().cloned());
            Err(Error::from(found).with_source(error))
        }
        Ok(()) => found.into_result().map_err(Error::from),
    }
}

impl Receive for RowBatch {
    fn target(&self) -> Result<(&'static TableDef, &'static ColumnDef, Purpose)> {
        let column = self.cells.len() % self.table.columns.len();
        Ok((self.table, &self.table.columns[column], Purpose::Write))
    }

    fn take(&mut self, value: ValueRef<'_>, _exact: bool) -> Result<()> {
        self.cells.push(value)
    }

    fn refuse(&mut self, error: Error) -> Result<()> {
        match &mut self.found {
            Some(found) if !error.violations().is_empty() => {
                found.extend(error.violations().iter().cloned());
                // A placeholder, so that the next value goes to the next column.
                self.cells.push(ValueRef::Null)
            }
            _ => Err(error),
        }
    }
}

impl fmt::Debug for RowBatch {
    // Values may be secrets, so only the shape is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowBatch")
            .field("table", &self.table.name)
            .field("rows", &self.len())
            .finish_non_exhaustive()
    }
}
