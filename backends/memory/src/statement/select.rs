//! Reading rows in order.

use std::cmp::Ordering;

use genledger_contract::Result;
use genledger_contract::row::Value;
use genledger_contract::statement::{Direction, OrderBy, Predicate, RowVisitor, Select};
use genledger_contract::table::TableDef;

use crate::reader::Reader;
use crate::table::{Row, Table};
use crate::tables::Tables;

/// The selected rows, in order, and the positions of the selected columns in them.
pub(crate) fn rows(tables: &Tables, select: &Select) -> Result<(Vec<Row>, Vec<usize>)> {
    let missing = select.missing_column();
    let (table, select) = tables.resolve(select)?;
    let is_required = |position: usize| {
        let column = table
            .definition
            .position(select.table.columns[position].name);
        column.is_some_and(|column| !table.definition.columns[column].nullable)
    };
    if missing.is_some_and(is_required) {
        return Ok((Vec::new(), select.columns.clone()));
    }
    let rows = ordered(table, &select.filter, &select.order, select.limit);
    Ok((rows, select.columns.clone()))
}

/// The first rows in order. Rows that are equal in it come by primary key, in the direction of the
/// order's last column, so that an index over both serves all of it.
pub(super) fn ordered(
    table: &Table,
    filter: &Predicate,
    order: &[OrderBy],
    limit: Option<u64>,
) -> Vec<Row> {
    let limit = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let ties = order
        .last()
        .map_or(Direction::Ascending, |last| last.direction);
    let rows = table.scan(filter, ties).map(|(_, row)| row.clone());
    if is_key_order(table, order) {
        return rows.take(limit).collect();
    }
    let mut rows: Vec<Row> = rows.collect();
    // The sort is stable, so ties stay by primary key.
    rows.sort_by(|left, right| compare(order, left, right));
    rows.truncate(limit);
    rows
}

/// Whether the rows are in this order already: that of the primary key, in one direction.
fn is_key_order(table: &Table, order: &[OrderBy]) -> bool {
    let Some(last) = order.last() else {
        return true;
    };
    order.len() <= table.key.len()
        && order
            .iter()
            .zip(&table.key)
            .all(|(order, key)| order.column == *key && order.direction == last.direction)
}

fn compare(order: &[OrderBy], left: &[Value], right: &[Value]) -> Ordering {
    order
        .iter()
        .map(|order| {
            let (left, right) = (&left[order.column], &right[order.column]);
            order.direction.apply(left.as_ref().order(right.as_ref()))
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Passes the columns of each row to the visitor, as `table` describes them, until it fails.
///
/// # Errors
/// Returns the first error of the visitor.
pub(crate) fn visit(
    table: &'static TableDef,
    columns: &[usize],
    (rows, stored): &(Vec<Row>, Vec<usize>),
    visitor: &mut RowVisitor,
) -> Result<()> {
    rows.iter().try_for_each(|row| {
        visitor(&Reader {
            table,
            columns,
            stored,
            row,
        })
    })
}
