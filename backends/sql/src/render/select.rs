//! Renders selects.

use std::sync::Arc;

use genledger_contract::statement::{Direction, OrderBy};
use genledger_contract::table::TableDef;
use sea_query::extension::mysql::{IndexHintScope, MySqlSelectStatementExt};
use sea_query::{Expr, LockBehavior, LockType, NullOrdering, Order, Query, SelectStatement, Value};

use super::bytes;
use super::condition::condition;
use super::convert::{compared, read};
use super::expr::{Source, compares_bytes, name};
use crate::cache::Rendered;
use crate::dialect::{Dialect, Family};
use crate::shape::{Condition, Lock, SelectShape};

pub(super) fn select(dialect: &Dialect, shape: &SelectShape) -> SelectStatement {
    let table = shape.table.get();
    let mut select = Query::select();
    select.from(name(table));
    for position in &shape.columns {
        select.expr(read(dialect, table, *position));
    }
    filter(&mut select, dialect, table, &shape.filter);
    for one in &shape.order {
        order(&mut select, dialect, table, *one);
    }
    if let Some(slot) = shape.limit {
        limit(&mut select, slot);
    }
    if dialect.locks() {
        match shape.lock {
            // Appended by `share_lock`.
            Lock::No | Lock::Share => {}
            Lock::Update => {
                select.lock(LockType::Update);
                if dialect.family() == Family::MySql {
                    // A small table would be scanned, and the scan would wait for every locked row.
                    select.force_index("PRIMARY", IndexHintScope::All);
                }
            }
            Lock::SkipLocked => {
                select.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
            }
        }
    }
    select
}

/// Appends `LOCK IN SHARE MODE`, which both `MySQL` and `MariaDB` support, but not sea-query. `FOR UPDATE`
/// would cause deadlocks between two transactions that both hold a shared lock on a row, as after a
/// duplicate key.
pub(super) fn share_lock(dialect: &Dialect, lock: Lock, rendered: Rendered) -> Rendered {
    if lock != Lock::Share || dialect.family() != Family::MySql || !dialect.locks() {
        return rendered;
    }
    Rendered {
        sql: Arc::from(format!("{} LOCK IN SHARE MODE", rendered.sql)),
        ..rendered
    }
}

pub(super) fn filter(
    select: &mut SelectStatement,
    dialect: &Dialect,
    table: &'static TableDef,
    filter: &Condition,
) {
    if *filter != Condition::True {
        select.and_where(condition(dialect, table, filter, Source::Bound));
    }
}

/// sea-query binds the limit itself, as the kind of value that `placeholder` uses.
pub(super) fn limit(select: &mut SelectStatement, slot: usize) {
    select.limit(u64::try_from(slot).unwrap_or(u64::MAX));
}

/// NULL is less than every value. Only `PostgreSQL` needs a clause for that, and only for nullable
/// columns, so that indexes match the order.
pub(super) fn order(
    select: &mut SelectStatement,
    dialect: &Dialect,
    table: &'static TableDef,
    order: OrderBy,
) {
    let by: Expr = if compares_bytes(dialect, table, order.column) {
        compared(dialect, table, order.column)
    } else {
        bytes::bytes(compared(dialect, table, order.column))
    };
    let (direction, nulls) = match order.direction {
        Direction::Ascending => (Order::Asc, NullOrdering::First),
        Direction::Descending => (Order::Desc, NullOrdering::Last),
    };
    let nullable = table.columns[order.column].nullable;
    if nullable && dialect.family() == Family::Postgres {
        select.order_by_expr_with_nulls(by, direction, nulls);
    } else {
        select.order_by_expr(by, direction);
    }
}

// The limit is bound as `Value::BigUnsigned`, on which `finish` relies.
const _: fn(u64) -> Value = |limit| Value::BigUnsigned(Some(limit));
