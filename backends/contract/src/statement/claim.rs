//! The statement that claims some of the free rows, so that no two callers claim the same.

use crate::row::value::Value;
use crate::statement::change::Assignment;
use crate::statement::predicate::Predicate;
use crate::statement::select::OrderBy;
use crate::table::definition::TableDef;

/// Changes at most `limit` of the rows that the filter selects, the first in order, stamps them with
/// a token that no other claim has, and returns them as they are afterwards.
///
/// The update repeats the whole filter, so a row is claimed only if it is still free; fewer rows than
/// requested are a valid reply while other transactions claim at the same time. No lock is needed for
/// that, only the atomicity of one update.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The table.
    pub table: &'static TableDef,
    /// Which rows are free. It must not select a row that was claimed.
    pub filter: Predicate,
    /// Which of them first.
    pub order: Vec<OrderBy>,
    /// The most rows to claim, 1 to 10,000.
    pub limit: u32,
    /// The changes of a claimed row, beside the token.
    pub assignments: Vec<Assignment>,
    /// The position of the token's column.
    pub token_column: usize,
    /// A value that no other claim uses.
    pub token: Value,
}
