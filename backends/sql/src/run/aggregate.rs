//! Runs aggregates.

use std::cmp::Ordering;

use genledger_contract::row::{RowReader, Value};
use genledger_contract::statement::{Aggregate, GroupRow, Reply};
use genledger_contract::table::{ColumnDef, ColumnType};
use genledger_contract::{Error, Result, Violation};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::executor::Context;
use crate::lower::Lower;
use genledger_contract::backend::Outcome;

use super::refuse::refuse;
use crate::render::{Part, parts};
use crate::values;

/// The type of a sum in the result, with any number of digits before the point.
const SUM: ColumnType = ColumnType::Decimal {
    precision: 18,
    scale: 6,
};

/// Runs an aggregate. Its rows are sorted here, since databases order text and NULL differently.
pub(crate) async fn aggregate(
    context: Context<'_>,
    aggregate: &Aggregate,
) -> Result<Outcome<Reply>> {
    let (groups, measures) = (&aggregate.groups, &aggregate.measures);
    let statement = refuse!(
        Lower::new(
            context.dialect,
            context.connection.limits(),
            aggregate.table
        )
        .aggregate(aggregate)
    );
    let parts = parts(context.dialect, aggregate.table, groups, measures);
    let columns: Vec<ColumnDef> = parts.iter().flat_map(|part| columns(*part)).collect();
    let of_table = |error: Error| error.with_table(aggregate.table.name);
    let mut values_read: Result<Vec<GroupRow>> = Ok(Vec::new());
    context
        .connection
        .query(statement.sql(), &statement.params(), &columns, &mut |row| {
            // As in a select, a value that cannot be read is not an error of the database.
            if let Ok(rows) = &mut values_read {
                match read(row, &parts) {
                    Ok(values) => rows.push(values),
                    Err(error) => values_read = Err(error),
                }
            }
            Ok(())
        })
        .await
        .map_err(of_table)?;
    let mut rows = refuse!(values_read.map_err(of_table));
    for row in &mut rows {
        row.unreadable = row.unreadable.take().map(of_table);
    }
    rows.sort_by(|left, right| by_groups(&left.values, &right.values, groups.len()));
    Ok(Outcome::Done(Reply::Groups(rows)))
}

fn by_groups(left: &[Value], right: &[Value], groups: usize) -> Ordering {
    left.iter()
        .zip(right)
        .take(groups)
        .map(|(left, right)| left.as_ref().order(right.as_ref()))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn columns(part: Part) -> Vec<ColumnDef> {
    let with = |column: ColumnDef, column_type| ColumnDef {
        column_type,
        nullable: true,
        ..column
    };
    match part {
        Part::Value(column) => vec![with(column, column.column_type)],
        Part::Sum(column) => vec![with(column, SUM)],
        Part::Halves(column) => vec![with(column, ColumnType::I64); 2],
    }
}

/// The error is that of a sum. Any other value that cannot be read is NULL.
fn read(row: &dyn RowReader, parts: &[Part]) -> Result<GroupRow> {
    let mut index = 0;
    let mut unreadable = None;
    let values: Result<Vec<Value>> = parts
        .iter()
        .map(|part| {
            let start = index;
            index += if matches!(part, Part::Halves(_)) {
                2
            } else {
                1
            };
            match part {
                Part::Value(column) => {
                    let value = values::read(row, start, column.column_type);
                    Ok(value.unwrap_or_else(|error| {
                        unreadable.get_or_insert(error);
                        Value::Null
                    }))
                }
                Part::Sum(column) => sum(column, row.decimal(start)?),
                Part::Halves(column) => {
                    halves(column, row.integer(start)?, row.integer(start + 1)?)
                }
            }
        })
        .collect();
    Ok(GroupRow {
        values: values?,
        unreadable,
    })
}

/// An exact sum as a value of its column's kind.
fn sum(column: &ColumnDef, sum: Option<Decimal>) -> Result<Value> {
    let sum = sum.unwrap_or_default();
    match column.column_type {
        ColumnType::Decimal { scale, .. } => {
            let mut sum = sum;
            sum.rescale(scale.into());
            Ok(Value::Decimal(sum))
        }
        _ => sum.to_i64().map(Value::I64).ok_or_else(|| overflow(column)),
    }
}

/// The sum of integers from the sums of their high and low 32 bits.
fn halves(column: &ColumnDef, high: Option<i64>, low: Option<i64>) -> Result<Value> {
    let sum = (i128::from(high.unwrap_or(0)) << 32) + i128::from(low.unwrap_or(0));
    match column.column_type {
        ColumnType::Decimal { scale, .. } => Decimal::try_from_i128_with_scale(sum, scale.into())
            .map(Value::Decimal)
            .map_err(|_| overflow(column)),
        _ => i64::try_from(sum)
            .map(Value::I64)
            .map_err(|_| overflow(column)),
    }
}

fn overflow(column: &ColumnDef) -> Error {
    Violation::new(column.name, "overflow", "the sum does not fit 64 bits").into()
}
