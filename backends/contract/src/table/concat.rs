//! Joins the columns of embedded structs and of their entity in a const context.

use crate::table::definition::ColumnDef;
use crate::table::kind::ColumnType;

/// How many columns the parts have together.
#[must_use]
pub const fn column_count(parts: &[&[ColumnDef]]) -> usize {
    let mut count = 0;
    let mut part = 0;
    while part < parts.len() {
        count += parts[part].len();
        part += 1;
    }
    count
}

/// The columns of all parts in order.
///
/// # Panics
/// When `N` is not [`column_count`] of the same parts; in a const context that is a compile error.
#[must_use]
pub const fn concat_columns<const N: usize>(parts: &[&[ColumnDef]]) -> [ColumnDef; N] {
    const BLANK: ColumnDef = ColumnDef::new("", ColumnType::Bool);
    assert!(
        N == column_count(parts),
        "the number of columns does not match"
    );
    let mut columns = [BLANK; N];
    let mut next = 0;
    let mut part = 0;
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            columns[next] = parts[part][index];
            next += 1;
            index += 1;
        }
        part += 1;
    }
    columns
}
