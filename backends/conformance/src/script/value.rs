//! Values by the type of their column: few, so that they repeat, and edge cases.

use genledger_contract::row::Value;
use genledger_contract::table::{ColumnDef, ColumnType, TableDef, UuidFormat};
use proptest::prelude::{BoxedStrategy, Just, Strategy};
use proptest::prop_oneof;
use proptest::sample::select;
use uuid::Uuid;

use super::dynamic::Any;
use crate::ask::{at, dec};

fn integers(values: &[i64]) -> Vec<Value> {
    values.iter().copied().map(Value::I64).collect()
}

fn texts(values: &[&str]) -> Vec<Value> {
    values
        .iter()
        .map(|text| Value::Text((*text).to_owned()))
        .collect()
}

/// Values that a row may have, the simplest first.
fn common(table: &TableDef, column: &ColumnDef) -> Vec<Value> {
    let is_key = table.is_key_column(column.name);
    if let Some((low, high)) = column.range {
        return integers(&[low, low + 1, high - 1, high]);
    }
    match column.column_type {
        ColumnType::Bool => vec![Value::Bool(false), Value::Bool(true)],
        ColumnType::I16 | ColumnType::I32 | ColumnType::I64 if is_key => {
            integers(&[0, 1, 2, 3, 4, 5])
        }
        ColumnType::I16 | ColumnType::I32 | ColumnType::I64 => integers(&[0, 1, -1, 2, 100]),
        ColumnType::Decimal { scale, .. } => ["0", "1", "-1", "0.5", "-2.25"]
            .into_iter()
            .map(|text| Value::Decimal(dec(text).trunc_with_scale(scale.into())))
            .collect(),
        ColumnType::Text { .. } if is_key => texts(&["a", "b", "A", "a b", "ä", ""]),
        ColumnType::Text { .. } | ColumnType::LongText => texts(&[
            "", "a", "b", "A", "a ", "a  ", " ", "ab", "a\t", "a\u{1}b", "%", "_", "\\", "'", "ä",
            "\u{ffff}", "😀",
        ]),
        ColumnType::Bytes => vec![
            Value::Bytes(vec![]),
            Value::Bytes(vec![0]),
            Value::Bytes(vec![0x5c, 0x27, 0xff]),
        ],
        ColumnType::Json => ["{}", "[1, 2]", "null", "\"'\\\\\"", "1.0"]
            .into_iter()
            .map(|text| Value::Json(text.to_owned()))
            .collect(),
        ColumnType::UnixSeconds => integers(&[0, 1, -1, 899, 900, -86_400, 1_700_000_000]),
        ColumnType::UnixMillis => integers(&[0, 1, -1, 899_999, 900_000, -1000, -1001]),
        ColumnType::DateTime { digits } => {
            let unit = if digits == 3 { 1000 } else { 1 };
            [(0, 0), (0, unit), (-1, 0), (0, -unit), (1_700_000_000, 0)]
                .into_iter()
                .map(|(seconds, micros)| Value::DateTime(at(seconds, micros)))
                .collect()
        }
        ColumnType::Uuid(format) => [Uuid::nil(), Uuid::from_u128(0xa << 64), Uuid::max()]
            .into_iter()
            .map(|uuid| match format {
                UuidFormat::Hyphenated => uuid.hyphenated().to_string(),
                UuidFormat::Simple => uuid.simple().to_string(),
            })
            .map(Value::Text)
            .collect(),
        _ => panic!("scripts have no values for {:?}", column.column_type),
    }
}

/// Values at the ends of the column's range, and beyond: some of them are refused.
fn extreme(column: &ColumnDef) -> Vec<Value> {
    match column.column_type {
        ColumnType::I16 => integers(&[i16::MAX.into(), i16::MIN.into(), 32_768]),
        ColumnType::I32 => integers(&[i32::MAX.into(), i32::MIN.into(), 1 << 31]),
        ColumnType::I64 => integers(&[i64::MAX, i64::MIN, i64::MAX / 2]),
        ColumnType::Decimal { precision, scale } => {
            let most = rust_decimal::Decimal::new(10_i64.pow(precision.into()) - 1, scale.into());
            let finer = rust_decimal::Decimal::new(15, u32::from(scale) + 1);
            [most, -most, finer].map(Value::Decimal).to_vec()
        }
        _ => vec![],
    }
}

/// A value of a column.
pub(super) fn of_column(
    table: &'static TableDef,
    position: usize,
    extremes: bool,
) -> BoxedStrategy<Any> {
    let column = &table.columns[position];
    let mut strategy = select(common(table, column)).boxed();
    let extreme = extreme(column);
    let is_key = table.is_key_column(column.name);
    if extremes && !is_key && !extreme.is_empty() {
        strategy = prop_oneof![12 => strategy, 1 => select(extreme)].boxed();
    }
    if let (ColumnType::Text { max_chars }, true) = (column.column_type, extremes) {
        let long = "x".repeat(usize::try_from(max_chars).expect("a length") + 1);
        let refused = vec![Value::Text(long), Value::Text("\0".to_owned())];
        strategy = prop_oneof![40 => strategy, 1 => select(refused)].boxed();
    }
    if column.nullable {
        strategy = prop_oneof![3 => strategy, 1 => Just(Value::Null)].boxed();
    }
    strategy.prop_map(Any).boxed()
}

/// The values of a row.
pub(super) fn row(table: &'static TableDef, extremes: bool) -> BoxedStrategy<Vec<Any>> {
    let columns: Vec<_> = (0..table.columns.len())
        .map(|position| of_column(table, position, extremes))
        .collect();
    columns.boxed()
}

/// The values of a primary key.
pub(super) fn key(table: &'static TableDef) -> BoxedStrategy<Vec<Any>> {
    let columns: Vec<_> = table
        .key_positions()
        .into_iter()
        .map(|position| of_column(table, position, false))
        .collect();
    columns.boxed()
}
