//! Summing up rows by groups.

use std::collections::BTreeMap;

use genledger_contract::{
    Aggregate, ColumnDef, ColumnType, Direction, Error, Group, Measure, Result, Value, Violation,
};
use rust_decimal::Decimal;

use crate::table::{Key, Row};
use crate::tables::Tables;

/// What was found out of a group, one for each measure.
pub(crate) type Groups = BTreeMap<Key, Vec<Found>>;

/// What was found out for one measure.
#[derive(Clone)]
pub(crate) enum Found {
    /// A number of rows, or a sum in units of the column's last digit.
    Total(i128),
    /// The least or greatest value.
    Extreme(Value),
}

/// The groups in order. Every sum is exact.
pub(crate) fn groups(tables: &Tables, aggregate: &Aggregate) -> Result<Groups> {
    let table = tables.table(aggregate.table)?;
    let nothing: Vec<Found> = aggregate.measures.iter().map(Found::nothing).collect();
    let mut groups = Groups::new();
    if aggregate.groups.is_empty() {
        groups.insert(Key::new([]), nothing.clone());
    }
    let limit = aggregate.scan_limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let rows = table.scan(&aggregate.filter, Direction::Ascending);
    for (_, row) in rows.take(limit) {
        let key = Key::new(
            aggregate
                .groups
                .iter()
                .map(|group| value_of(aggregate, *group, row)),
        );
        let found = groups.entry(key).or_insert_with(|| nothing.clone());
        for (found, measure) in found.iter_mut().zip(&aggregate.measures) {
            found.add(aggregate, *measure, row);
        }
    }
    Ok(groups)
}

fn value_of(aggregate: &Aggregate, group: Group, row: &Row) -> Value {
    match group {
        Group::Column(column) => row[column].clone(),
        Group::Bucket { column, seconds } => {
            let unit = match aggregate.table.columns[column].column_type {
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

impl Found {
    const fn nothing(measure: &Measure) -> Self {
        match measure {
            Measure::Count | Measure::Sum(_) => Self::Total(0),
            Measure::Min(_) | Measure::Max(_) => Self::Extreme(Value::Null),
        }
    }

    fn add(&mut self, aggregate: &Aggregate, measure: Measure, row: &Row) {
        match (self, measure) {
            (Self::Total(total), Measure::Count) => *total += 1,
            // 2^63 values of 64 bits each do not overflow 128 bits.
            (Self::Total(total), Measure::Sum(column)) => {
                *total += units(&aggregate.table.columns[column], &row[column]);
            }
            (Self::Extreme(extreme), Measure::Min(column) | Measure::Max(column)) => {
                let value = &row[column];
                let order = value.as_ref().order(extreme.as_ref());
                let further = match measure {
                    Measure::Min(_) => order.is_lt(),
                    _ => order.is_gt(),
                };
                if *value != Value::Null && (*extreme == Value::Null || further) {
                    *extreme = value.clone();
                }
            }
            _ => {}
        }
    }
}

/// A number in units of its column's last digit; NULL adds nothing.
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

/// The groups as the answer's rows.
///
/// # Errors
/// `Invalid` with the rule `overflow` when a sum does not fit its type.
pub(crate) fn answer(aggregate: &Aggregate, groups: Groups) -> Result<Vec<Vec<Value>>> {
    groups
        .into_iter()
        .map(|(key, found)| {
            let mut row = key.values().to_vec();
            for (found, measure) in found.into_iter().zip(&aggregate.measures) {
                row.push(match found {
                    Found::Extreme(value) => value,
                    Found::Total(total) => total_of(aggregate, *measure, total)?,
                });
            }
            Ok(row)
        })
        .collect()
}

fn total_of(aggregate: &Aggregate, measure: Measure, total: i128) -> Result<Value> {
    let column = match measure {
        Measure::Sum(column) => Some(&aggregate.table.columns[column]),
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
        Error::from(Violation::new(path, "overflow", "the sum does not fit"))
            .with_table(aggregate.table.name)
    })
}
