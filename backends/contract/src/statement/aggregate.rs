//! Summing up rows.

use crate::statement::predicate::Predicate;
use crate::table::definition::TableDef;

/// Sums up the rows that a filter selects, one result row for each group: first the values of the
/// groups, then those of the measures, as [`Value`](crate::row::Value)s.
///
/// Result rows are ordered by their groups, NULL first. Without groups there is exactly one result row, even
/// when no row is selected.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// The table.
    pub table: &'static TableDef,
    /// Which rows.
    pub filter: Predicate,
    /// What to group by.
    pub groups: Vec<Group>,
    /// The values to compute for each group.
    pub measures: Vec<Measure>,
    /// Counts at most this many rows. Only for a single count without groups.
    pub scan_limit: Option<u64>,
}

/// A value that rows are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// The value of a column; rows with NULL are one group.
    Column(usize),
    /// The beginning, in unix seconds, of the span of `seconds` that a moment falls in: its floor,
    /// also before 1970. Only for columns that store unix seconds or milliseconds.
    Bucket {
        /// The column's position.
        column: usize,
        /// The length of a span in seconds, at least 1.
        seconds: i64,
    },
}

/// A value that is computed for a group. NULLs do not count, except for [`Measure::Count`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// The number of rows, as `I64`.
    Count,
    /// The sum of a number: `I64` of integers, `Decimal` of decimals, 0 of no rows. A sum that does
    /// not fit is [`Invalid`](crate::ErrorKind::Invalid) with the rule `overflow`.
    Sum(usize),
    /// The least value; NULL of no rows.
    Min(usize),
    /// The greatest value; NULL of no rows.
    Max(usize),
}
