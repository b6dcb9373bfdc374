//! Many updates as one statement of `PostgreSQL`: their values are arrays, which UNNEST turns into rows.
//!
//! The rows of the table are first locked in the order of their keys, so that two such statements never
//! deadlock; the update repeats the condition on the current rows.

use sea_query::{
    Alias, Asterisk, CommonTableExpression, Expr, ExprTrait, Func, LockType, Order, Query,
    UpdateStatement, WithClause,
};

use super::change;
use super::condition::condition;
use super::convert::read_from;
use super::expr::{Source, name, placeholder, slot_name};
use crate::dialect::Dialect;
use crate::dialect::types::element;
use crate::shape::{NUMBER, UpdateEachShape};

/// The given updates.
const GIVEN: &str = "given";
/// The given updates that match a row.
const PICKED: &str = "picked";

pub(super) fn update_each(dialect: &Dialect, shape: &UpdateEachShape) -> UpdateStatement {
    let table = shape.table.get();
    let kinds = || shape.kinds.iter().copied().chain([NUMBER]);
    let names = || (0..kinds().count()).map(|slot| Alias::new(slot_name(slot)));

    let arrays = kinds().enumerate().map(|(slot, kind)| {
        let array: Expr = placeholder(slot);
        array.cast_as(format!("{}[]", element(kind)))
    });
    let given = CommonTableExpression::new()
        .table_name(GIVEN)
        .columns(names())
        .query(
            Query::select()
                .column(Asterisk)
                .from_function(Func::cust("UNNEST").args(arrays), "rows")
                .take(),
        )
        .to_owned();

    let mut pick = Query::select();
    pick.columns(names().map(|name| (GIVEN, name)))
        .from(name(table))
        .from(GIVEN)
        .and_where(condition(dialect, table, &shape.filter, Source::Columns));
    for position in table.key_positions() {
        let key = (table.name, table.columns[position].name);
        pick.order_by(key, Order::Asc);
    }
    if dialect.locks() {
        pick.lock_with_tables(LockType::NoKeyUpdate, [table.name]);
    }
    let picked = CommonTableExpression::new()
        .table_name(PICKED)
        .columns(names())
        .materialized(true)
        .query(pick)
        .to_owned();

    let mut update = Query::update();
    update
        .with_cte(WithClause::new().cte(given).cte(picked).to_owned())
        .table(name(table))
        .from(PICKED);
    change::assign(
        &mut update,
        dialect,
        table,
        &shape.assignments,
        Source::Columns,
    );
    update.and_where(condition(dialect, table, &shape.filter, Source::Columns));
    let stored = table
        .columns
        .iter()
        .filter(|_| shape.returning)
        .map(|column| read_from(dialect, column, Expr::col((table.name, column.name))));
    let number = Expr::col((PICKED, Alias::new(slot_name(shape.kinds.len()))));
    update.returning(Query::returning().exprs(stored.chain([number])));
    update
}
