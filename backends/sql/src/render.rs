//! From shapes to SQL, through sea-query.

mod aggregate;
mod bucket;
mod bytes;
mod claim;
mod condition;
mod convert;
mod copy;
mod insert;
mod select;
mod share;
#[cfg(test)]
mod tests;
mod unnest;
mod update_rows;
mod write;

use std::sync::Arc;

use genledger_contract::table::{ColumnType, TableDef};
use sea_query::{
    Alias, Expr, IntoTableRef, MysqlQueryBuilder, PostgresQueryBuilder, QueryStatementWriter,
    SqliteQueryBuilder, TableRef, Value, Values,
};

use crate::cache::Rendered;
use crate::dialect::{Dialect, Family};
use crate::shape::{Shape, Slot};

/// Renders a statement.
pub(crate) fn render(dialect: &Dialect, shape: &Shape) -> Rendered {
    match shape {
        Shape::Select(shape) => {
            let rendered = finish(dialect, &select::select(dialect, shape));
            share::lock(dialect, shape.lock, rendered)
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
            &write::update(dialect, table.get(), assignments, filter, *returning),
        ),
        Shape::UpdateRows(shape) => finish(dialect, &update_rows::update_rows(dialect, shape)),
        Shape::Claim(shape) => finish(dialect, &claim::claim(dialect, shape)),
        Shape::Delete { table, filter } => {
            finish(dialect, &write::delete(dialect, table.get(), filter))
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

/// The answer of an aggregate, column by column.
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
            // Nothing else is bound: `value` makes every placeholder.
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

/// A placeholder: sea-query binds the slot, and the slot is replaced by its value when the statement
/// is sent.
fn placeholder(slot: Slot) -> Expr {
    let slot = u64::try_from(slot).unwrap_or(u64::MAX);
    Expr::val(Value::BigUnsigned(Some(slot)))
}

/// Where the values of a condition or an assignment come from.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// Each is bound.
    Bound,
    /// They are the columns of another table in the statement, one for each slot.
    Columns,
}

impl Source {
    fn value(self, slot: Slot) -> Expr {
        match self {
            Self::Bound => placeholder(slot),
            Self::Columns => Expr::col(Alias::new(update_rows::name(slot))),
        }
    }
}

/// The table, in its schema.
fn name(table: &TableDef) -> TableRef {
    match table.schema {
        Some(schema) => (schema, table.name).into_table_ref(),
        None => table.name.into_table_ref(),
    }
}

/// The column at a position, as it is stored.
fn column(table: &'static TableDef, position: usize) -> Expr {
    Expr::col(table.columns[position].name)
}

/// Whether the column's own comparison and order are those of its bytes: always, except in `MySQL` for
/// text that is no key, and for types with an order of their own.
fn compares_bytes(dialect: &Dialect, table: &TableDef, position: usize) -> bool {
    let column = &table.columns[position];
    dialect.family() != Family::MySql
        || !matches!(
            column.column_type,
            ColumnType::Text { .. } | ColumnType::LongText
        )
        || table.is_key_column(column.name) && dialect.is_ordered(column)
}
