//! Reading rows.

use crate::error::Result;
use crate::row::reader::RowReader;
use crate::statement::predicate::Predicate;
use crate::table::definition::TableDef;

/// Receives the rows of a select one by one, as they arrive.
///
/// It owns what it collects into, so a backend may call it on another thread. An error ends the select, which
/// returns it.
pub type RowVisitor = Box<dyn FnMut(&dyn RowReader) -> Result<()> + Send>;

/// Reads rows in order.
#[derive(Clone, Debug)]
pub struct Select {
    /// The table.
    pub table: &'static TableDef,
    /// The positions of the columns to read, in the order in which the reader has them.
    pub columns: Vec<usize>,
    /// Which rows.
    pub filter: Predicate,
    /// In which order; NULL is less than every value. Without one, any order.
    pub order: Vec<OrderBy>,
    /// The most rows.
    pub limit: Option<u64>,
}

impl Select {
    /// All columns of the rows that a filter selects.
    #[must_use]
    pub fn all_columns(table: &'static TableDef, filter: Predicate) -> Self {
        Self {
            table,
            columns: (0..table.columns.len()).collect(),
            filter,
            order: Vec::new(),
            limit: None,
        }
    }

    /// A required column that is NULL in every selected row. Only a table of another program has such rows, so
    /// a backend need not run the statement on a table whose column it knows to be required.
    #[must_use]
    pub fn missing_column(&self) -> Option<usize> {
        let parts = match &self.filter {
            Predicate::And(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        parts.iter().find_map(|part| match part {
            Predicate::IsNull { column } if !self.table.columns[*column].nullable => Some(*column),
            _ => None,
        })
    }
}

/// A column to order by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderBy {
    /// The column's position.
    pub column: usize,
    /// The direction.
    pub direction: Direction,
}

/// The direction of an order. NULL is less than every value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The least value first.
    Ascending,
    /// The greatest value first.
    Descending,
}

impl Direction {
    /// The order of two values in this direction.
    #[must_use]
    pub const fn apply(self, order: std::cmp::Ordering) -> std::cmp::Ordering {
        match self {
            Self::Ascending => order,
            Self::Descending => order.reverse(),
        }
    }
}
