//! Summing up rows by groups.

use std::collections::BTreeMap;

use genledger_contract::row::{Value, ValueRef};
use genledger_contract::statement::{Aggregate, Direction, Group, GroupRow, Measure};
use genledger_contract::table::{ColumnDef, ColumnType, TableDef};
use genledger_contract::{Error, Result, Violation};
use rust_decimal::Decimal;

use crate::reader::Reader;
use crate::table::{Key, Row};
use crate::tables::Tables;

/// The intermediate value of one measure.
#[derive(Clone)]
enum Accumulator {
    /// A number of rows, or a sum in units of the column's last digit.
    Total(i128),
    /// The least or greatest value.
    Extreme(Value),
}

/// One result row for each group, in the order of the groups.
///
/// The result has two layers: the outer error is one of the database; the inner one means that a sum, which
/// is exact, does not fit the type of its result.
pub(crate) fn aggregate(tables: &Tables, aggregate: &Aggregate) -> Result<Result<Vec<GroupRow>>> {
    let wanted = aggregate;
    let (table, aggregate) = tables.resolve(aggregate)?;
    let empty: Vec<Accumulator> = aggregate.measures.iter().map(Accumulator::empty).collect();
    let mut groups = BTreeMap::new();
    if aggregate.groups.is_empty() {
        groups.insert(Key::new([]), empty.clone());
    }
    let limit = aggregate.scan_limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let rows = table.scan(&aggregate.filter, Direction::Ascending);
    for (_, row) in rows.take(limit) {
        let key = aggregate.groups.iter();
        let key = Key::new(key.map(|group| value_of(table.definition, *group, row)));
        let found = groups.entry(key).or_insert_with(|| empty.clone());
        for (found, measure) in found.iter_mut().zip(&aggregate.measures) {
            found.add(table.definition, *measure, row);
        }
    }
    Ok(groups
        .into_iter()
        .map(|(key, found)| {
            let row = result_row(table.definition, &aggregate.measures, &key, found)?;
            Ok(readable(wanted, row))
        })
        .collect())
}

fn result_row(
    table: &TableDef,
    measures: &[Measure],
    group: &Key,
    found: Vec<Accumulator>,
) -> Result<Vec<Value>> {
    let mut row = group.values().to_vec();
    for (found, measure) in found.into_iter().zip(measures) {
        row.push(match found {
            Accumulator::Extreme(value) => value,
            Accumulator::Total(total) => total_of(table, *measure, total)?,
        });
    }
    Ok(row)
}

/// The row as the statement's description of the table reads it.
fn readable(aggregate: &Aggregate, mut row: Vec<Value>) -> GroupRow {
    let groups = aggregate.groups.iter().map(|group| match group {
        Group::Column(column) => Some(*column),
        Group::Bucket { .. } => None,
    });
    let measures = aggregate.measures.iter().map(|measure| match measure {
        Measure::Min(column) | Measure::Max(column) => Some(*column),
        Measure::Count | Measure::Sum(_) => None,
    });
    let mut unreadable = None;
    for (index, column) in groups.chain(measures).enumerate() {
        let Some(column) = column else { continue };
        let reader = Reader {
            table: aggregate.table,
            columns: &[column],
            stored: &[index],
            row: &row,
        };
        let kind = aggregate.table.columns[column].column_type.kind();
        let read = ValueRef::read(&reader, 0, kind).map(Value::from);
        row[index] = read.unwrap_or_else(|error| {
            unreadable.get_or_insert(error);
            Value::Null
        });
    }
    GroupRow {
        values: row,
        unreadable: unreadable.map(|error| error.with_table(aggregate.table.name)),
    }
}

fn value_of(table: &TableDef, group: Group, row: &Row) -> Value {
    match group {
        Group::Column(column) => row[column].clone(),
        Group::Bucket { column, seconds } => {
            let unit = match table.columns[column].column_type {
                ColumnType::UnixMillis => 1000,
                _ => 1,
            };
            row[column].as_ref().as_i64().map_or(Value::Null, |moment| {
                // Rounds down, also before 1970.
                Value::I64(moment.div_euclid(seconds * unit).saturating_mul(seconds))
            })
        }
    }
}

impl Accumulator {
    const fn empty(measure: &Measure) -> Self {
        match measure {
            Measure::Count | Measure::Sum(_) => Self::Total(0),
            Measure::Min(_) | Measure::Max(_) => Self::Extreme(Value::Null),
        }
    }

    fn add(&mut self, table: &TableDef, measure: Measure, row: &Row) {
        match (self, measure) {
            (Self::Total(total), Measure::Count) => *total += 1,
            // 2^63 values of 64 bits each do not overflow 128 bits.
            (Self::Total(total), Measure::Sum(column)) => {
                *total += units(&table.columns[column], &row[column]);
            }
            (Self::Extreme(extreme), Measure::Min(column) | Measure::Max(column)) => {
                let value = &row[column];
                let order = value.as_ref().order(extreme.as_ref());
                let exceeds = match measure {
                    Measure::Min(_) => order.is_lt(),
                    _ => order.is_gt(),
                };
                if *value != Value::Null && (*extreme == Value::Null || exceeds) {
                    *extreme = value.clone();
                }
            }
            _ => {}
        }
    }
}

/// A number in units of its column's last digit; NULL adds empty.
fn units(column: &ColumnDef, value: &Value) -> i128 {
    match (value, column.column_type) {
        (Value::Decimal(value), ColumnType::Decimal { scale, .. }) => {
            let mut value = *value;
            value.rescale(scale.into());
            value.mantissa()
        }
        (value, _) => value.as_ref().as_i64().map_or(0, i128::from),
    }
}

fn total_of(table: &TableDef, measure: Measure, total: i128) -> Result<Value> {
    let column = match measure {
        Measure::Sum(column) => Some(&table.columns[column]),
        _ => None,
    };
    let fits = match column.map(|column| column.column_type) {
        Some(ColumnType::Decimal { scale, .. }) => {
            Decimal::try_from_i128_with_scale(total, scale.into())
                .map(Value::Decimal)
                .ok()
        }
        _ => i64::try_from(total).map(Value::I64).ok(),
    };
    fits.ok_or_else(|| {
        let path = column.map_or("count", |column| column.name);
        Error::from(Violation::new(path, "overflow", "the sum does not fit")).with_table(table.name)
    })
}
