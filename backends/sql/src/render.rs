//! Renders shapes to SQL with sea-query.

mod aggregate;
mod bytes;
mod change;
mod claim;
mod condition;
mod convert;
mod copy;
mod expr;
mod insert;
mod select;
#[cfg(test)]
mod tests;
mod update_each;
mod upsert;

use std::sync::Arc;

use sea_query::{
    MysqlQueryBuilder, PostgresQueryBuilder, QueryStatementWriter, SqliteQueryBuilder, Value,
    Values,
};

use crate::cache::Rendered;
use crate::dialect::{Dialect, Family};
use crate::shape::Shape;

/// Renders a statement.
pub(crate) fn render(dialect: &Dialect, shape: &Shape) -> Rendered {
    match shape {
        Shape::Select(shape) => {
            let rendered = finish(dialect, &select::select(dialect, shape));
            select::share_lock(dialect, shape.lock, rendered)
        }
        Shape::Insert(shape) => finish(dialect, &insert::insert(dialect, shape)),
        Shape::Copy(table) => plain(&copy::copy(dialect, table)),
        Shape::Rules(table) => plain(&copy::rules(dialect, table)),
        Shape::Update {
            table,
            assignments,
            filter,
            returning,
        } => finish(
            dialect,
            &change::update(dialect, table.get(), assignments, filter, *returning),
        ),
        Shape::UpdateEach(shape) => finish(dialect, &update_each::update_each(dialect, shape)),
        Shape::Claim(shape) => finish(dialect, &claim::claim(dialect, shape)),
        Shape::Delete { table, filter } => {
            finish(dialect, &change::delete(dialect, table.get(), filter))
        }
        Shape::Aggregate {
            table,
            filter,
            groups,
            measures,
        } => finish(
            dialect,
            &aggregate::aggregate(dialect, table.get(), filter, groups, measures),
        ),
        Shape::CappedCount {
            table,
            filter,
            limit,
        } => finish(
            dialect,
            &aggregate::capped_count(dialect, table.get(), filter, *limit),
        ),
    }
}

/// The columns of the result of an aggregate.
pub(crate) use aggregate::{Part, parts};

fn finish(dialect: &Dialect, statement: &impl QueryStatementWriter) -> Rendered {
    let (sql, Values(values)) = match dialect.family() {
        Family::Sqlite => statement.build(SqliteQueryBuilder),
        Family::Postgres => statement.build(PostgresQueryBuilder),
        Family::MySql => statement.build(MysqlQueryBuilder),
    };
    let order = values
        .iter()
        .map(|value| match value {
            Value::BigUnsigned(Some(slot)) => usize::try_from(*slot).unwrap_or(usize::MAX),
            // Nothing else is bound: `placeholder` creates every value.
            _ => usize::MAX,
        })
        .collect();
    Rendered {
        sql: Arc::from(sql),
        order,
    }
}

/// A statement without values.
fn plain(sql: &str) -> Rendered {
    Rendered {
        sql: Arc::from(sql),
        order: Vec::new(),
    }
}
