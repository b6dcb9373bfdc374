//! A claim as one statement of `PostgreSQL`: a materialized query selects the candidates once, and the
//! update repeats their condition on the current rows.

use sea_query::{
    Alias, CommonTableExpression, Expr, ExprTrait, LockBehavior, LockType, Query, UpdateStatement,
};

use super::condition::condition;
use super::convert::read_from;
use super::expr::{Source, name};
use super::{change, select};
use crate::dialect::Dialect;
use crate::shape::ClaimShape;

/// The name of the candidates, whose columns are renamed, so that those of the table are unambiguous.
const PICKED: &str = "picked";

pub(super) fn claim(dialect: &Dialect, shape: &ClaimShape) -> UpdateStatement {
    let table = shape.table.get();
    let [candidates, repeated] = &shape.filter;
    let keys = table.key_positions();
    let order = || shape.order.iter().map(|order| order.column);

    let mut pick = Query::select();
    pick.from(name(table));
    let mut picked = CommonTableExpression::new();
    picked.table_name(PICKED).materialized(true);
    for (index, position) in keys.iter().copied().chain(order()).enumerate() {
        pick.column(table.columns[position].name);
        picked.column(Alias::new(picked_name(index)));
    }
    select::filter(&mut pick, dialect, table, candidates);
    for one in &shape.order {
        select::order(&mut pick, dialect, table, *one);
    }
    select::limit(&mut pick, shape.limit);
    if dialect.locks() {
        pick.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    picked.query(pick);

    let mut update = Query::update();
    update.with_cte(picked).table(name(table)).from(PICKED);
    change::assign(
        &mut update,
        dialect,
        table,
        &shape.assignments,
        Source::Bound,
    );
    for (index, position) in keys.iter().enumerate() {
        let key = Expr::col((table.name, table.columns[*position].name));
        update.and_where(key.eq(Expr::col((PICKED, Alias::new(picked_name(index))))));
    }
    update.and_where(condition(dialect, table, repeated, Source::Bound));
    let stored = table
        .columns
        .iter()
        .map(|column| read_from(dialect, column, Expr::col((table.name, column.name))));
    let before = order().enumerate().map(|(index, position)| {
        let picked = Expr::col((PICKED, Alias::new(picked_name(keys.len() + index))));
        read_from(dialect, &table.columns[position], picked)
    });
    update.returning(Query::returning().exprs(stored.chain(before)));
    update
}

fn picked_name(index: usize) -> String {
    format!("picked_{index}")
}
