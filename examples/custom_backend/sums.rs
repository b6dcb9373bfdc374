//! Arithmetic: sums of groups, and additions to a column.

use std::collections::BTreeMap;

use genledger_contract::row::{Value, ValueRef};
use genledger_contract::statement::{Aggregate, Group, GroupRow, Measure};
use genledger_contract::table::{ColumnDef, ColumnType, Kind, TableDef};
use genledger_contract::{Error, Result, Violation};
use rust_decimal::Decimal;

use super::reader::Reader;
use super::table::{Key, Row, Table, value};

impl Table {
    pub(super) fn aggregate(&self, aggregate: &Aggregate) -> Result<Vec<GroupRow>> {
        let table = aggregate.table;
        let mut groups: BTreeMap<Key, Vec<Row>> = BTreeMap::new();
        if aggregate.groups.is_empty() {
            groups.insert(Key(Vec::new()), Vec::new());
        }
        let rows = self.select(table, &aggregate.filter, &[]);
        let limit = aggregate.scan_limit.unwrap_or(u64::MAX);
        for (row, _) in rows.into_iter().zip(0..limit) {
            let group = aggregate.groups.iter().map(|group| match *group {
                Group::Column(column) => value(table, &row, column).into(),
                Group::Bucket { column, seconds } => {
                    let millis = table.columns[column].column_type == ColumnType::UnixMillis;
                    let span = seconds * if millis { 1000 } else { 1 };
                    let moment = value(table, &row, column).as_i64();
                    moment.map_or(Value::Null, |moment| {
                        Value::I64(moment.div_euclid(span) * seconds)
                    })
                }
            });
            groups.entry(Key(group.collect())).or_default().push(row);
        }
        let rows = groups.into_iter().map(|(group, rows)| {
            let measures = aggregate.measures.iter();
            let measures = measures.map(|wanted| measure(table, *wanted, &rows));
            let values = group.0.into_iter().map(Ok).chain(measures);
            let mut values: Vec<Value> = values.collect::<Result<_>>()?;
            // A value of another kind than the program expects is NULL, and does not concern the other groups.
            let mut unreadable = None;
            for (index, group) in aggregate.groups.iter().enumerate() {
                let (Group::Column(column), Some(row)) = (*group, rows.first()) else {
                    continue;
                };
                let kind = table.columns[column].column_type.kind();
                let columns = [column];
                values[index] = match ValueRef::read(&Reader(table, &columns, row), 0, kind) {
                    Ok(read) => read.into(),
                    Err(error) => {
                        unreadable.get_or_insert(error.with_table(table.name));
                        Value::Null
                    }
                };
            }
            Ok(GroupRow { values, unreadable })
        });
        rows.collect()
    }
}

/// The sum of two values of a column, which must fit it too; NULL stays NULL.
pub(super) fn add(
    table: &TableDef,
    column: &ColumnDef,
    one: ValueRef<'_>,
    other: ValueRef<'_>,
) -> Result<Value> {
    let sum = match (one, other, column.column_type) {
        (ValueRef::Null, _, _) | (_, ValueRef::Null, _) => Some(Value::Null),
        (
            ValueRef::Decimal(one),
            ValueRef::Decimal(other),
            ColumnType::Decimal { precision, scale },
        ) => {
            let bound = Decimal::from(10_i64.pow(u32::from(precision - scale)));
            let sum = one.checked_add(other).filter(|sum| sum.abs() < bound);
            sum.map(Value::Decimal)
        }
        _ => {
            let (low, high) = column.range.unwrap_or((i64::MIN, i64::MAX));
            let sum = one.as_i64().zip(other.as_i64());
            let sum = sum.and_then(|(one, other)| one.checked_add(other));
            let sum = sum.filter(|sum| (low..=high).contains(sum));
            sum.and_then(|sum| match column.column_type.kind() {
                Kind::I16 => sum.try_into().map(Value::I16).ok(),
                Kind::I32 => sum.try_into().map(Value::I32).ok(),
                _ => Some(Value::I64(sum)),
            })
        }
    };
    let rule = if column.range.is_some() {
        "out_of_range"
    } else {
        "overflow"
    };
    sum.ok_or_else(|| refused(table, column, rule))
}

fn refused(table: &TableDef, column: &ColumnDef, rule: &'static str) -> Error {
    let violation = Violation::new(column.name, rule, "does not fit");
    Error::from(violation).with_table(table.name)
}

fn measure(table: &TableDef, measure: Measure, rows: &[Row]) -> Result<Value> {
    let values = |column| {
        let values = rows.iter().map(move |row| value(table, row, column));
        values.filter(|value| !value.is_null())
    };
    let order = |left: &ValueRef<'_>, right: &ValueRef<'_>| left.order(*right);
    Ok(match measure {
        Measure::Count => Value::I64(rows.len().try_into().unwrap_or(i64::MAX)),
        Measure::Min(column) => values(column)
            .min_by(order)
            .map_or(Value::Null, Value::from),
        Measure::Max(column) => values(column)
            .max_by(order)
            .map_or(Value::Null, Value::from),
        Measure::Sum(column) => {
            let sum = values(column).try_fold(Decimal::ZERO, |sum, value| match value {
                ValueRef::Decimal(value) => sum.checked_add(value),
                value => sum.checked_add(value.as_i64()?.into()),
            });
            let sum = match table.columns[column].column_type {
                ColumnType::Decimal { scale, .. } => sum.map(|mut sum| {
                    sum.rescale(scale.into());
                    Value::Decimal(sum)
                }),
                _ => sum.and_then(|sum| i64::try_from(sum).map(Value::I64).ok()),
            };
            sum.ok_or_else(|| refused(table, &table.columns[column], "overflow"))?
        }
    })
}
