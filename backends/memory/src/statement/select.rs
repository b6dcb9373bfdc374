//! Reading rows in order.

use std::cmp::Ordering;

use genledger_contract::{
    Direction, OrderBy, Predicate, Result, RowVisitor, Select, TableDef, Value,
};

use crate::reader::Reader;
use crate::table::{Row, Table};
use crate::tables::Tables;

/// The selected rows, whole, in order.
pub(crate) fn rows(tables: &Tables, select: &Select) -> Result<Vec<Row>> {
    let table = tables.table(select.table)?;
    Ok(ordered(table, &select.filter, &select.order, select.limit))
}

/// The first rows in order; rows that are equal in it come by primary key.
pub(super) fn ordered(
    table: &Table,
    filter: &Predicate,
    order: &[OrderBy],
    limit: Option<u64>,
) -> Vec<Row> {
    let limit = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    if let Some(direction) = key_order(table, order) {
        let rows = table.scan(filter, direction);
        return rows.take(limit).map(|(_, row)| row.clone()).collect();
    }
    let mut rows: Vec<Row> = table
        .scan(filter, Direction::Ascending)
        .map(|(_, row)| row.clone())
        .collect();
    // The sort is stable and the rows came by primary key.
    rows.sort_by(|left, right| compare(order, left, right));
    rows.truncate(limit);
    rows
}

/// The direction in which the rows already lie in this order, if they do.
fn key_order(table: &Table, order: &[OrderBy]) -> Option<Direction> {
    let leads_key = order.len() <= table.key.len()
        && order
            .iter()
            .zip(&table.key)
            .all(|(order, key)| order.column == *key);
    let all = |direction| order.iter().all(|order| order.direction == direction);
    if leads_key && all(Direction::Ascending) {
        Some(Direction::Ascending)
    } else if leads_key && all(Direction::Descending) && order.len() == table.key.len() {
        Some(Direction::Descending)
    } else {
        None
    }
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

/// Hands the columns of each row to the visitor, until it fails.
///
/// # Errors
/// The first of the visitor.
pub(crate) fn visit(
    table: &'static TableDef,
    columns: &[usize],
    rows: &[Row],
    visitor: &mut RowVisitor,
) -> Result<()> {
    rows.iter()
        .try_for_each(|row| visitor(&Reader::new(table, columns, row)))
}
