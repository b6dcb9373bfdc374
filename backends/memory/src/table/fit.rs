//! The checks of values that a database makes itself, since only it has the stored values.

use genledger_contract::row::Value;
use genledger_contract::table::{ColumnDef, ColumnType, DefaultValue, Kind, TableDef};
use genledger_contract::{Error, Result, Violation};
use rust_decimal::Decimal;

fn refuse<T>(
    table: &TableDef,
    column: &ColumnDef,
    rule: &'static str,
    message: &'static str,
) -> Result<T> {
    Err(Error::from(Violation::new(column.name, rule, message)).with_table(table.name))
}

/// The value of a column that an insert does not name.
pub(crate) fn default_of(column: &ColumnDef) -> Value {
    match column.default {
        None => Value::Null,
        Some(DefaultValue::Bool(value)) => Value::Bool(value),
        Some(DefaultValue::Integer(value)) => Value::I64(value),
        Some(DefaultValue::Text(value)) => Value::Text(value.to_owned()),
        Some(DefaultValue::Decimal(value)) => value.parse().map_or(Value::Null, Value::Decimal),
    }
}

/// The value as the column stores it.
///
/// # Errors
/// Returns `Invalid` when the column cannot hold it.
pub(crate) fn fit(table: &TableDef, column: &ColumnDef, value: Value) -> Result<Value> {
    if value == Value::Null {
        return if column.nullable {
            Ok(value)
        } else {
            refuse(table, column, "required", "must not be empty")
        };
    }
    let kind = column.column_type.kind();
    match (column.column_type, value.as_ref().as_i64()) {
        (column_type, Some(value)) if column_type.is_integer() => integer(table, column, value),
        (ColumnType::Decimal { precision, scale }, None) => match value {
            Value::Decimal(value) => decimal(table, column, (precision, scale), value),
            _ => refuse(
                table,
                column,
                "wrong_kind",
                "accepts values of another kind",
            ),
        },
        _ if value.as_ref().kind() == Some(kind) => Ok(value),
        _ => refuse(
            table,
            column,
            "wrong_kind",
            "accepts values of another kind",
        ),
    }
}

fn integer(table: &TableDef, column: &ColumnDef, value: i64) -> Result<Value> {
    if let Some((low, high)) = column.range
        && !(low..=high).contains(&value)
    {
        return out_of_bounds(table, column);
    }
    let stored = match column.column_type.kind() {
        Kind::I16 => i16::try_from(value).map(Value::I16).ok(),
        Kind::I32 => i32::try_from(value).map(Value::I32).ok(),
        _ => Some(Value::I64(value)),
    };
    stored.map_or_else(|| out_of_bounds(table, column), Ok)
}

fn decimal(
    table: &TableDef,
    column: &ColumnDef,
    (precision, scale): (u8, u8),
    mut value: Decimal,
) -> Result<Value> {
    let bound = Decimal::from(10_i64.pow(u32::from(precision - scale)));
    if value.abs() >= bound {
        return out_of_bounds(table, column);
    }
    if value.normalize().scale() > u32::from(scale) {
        return refuse(
            table,
            column,
            "too_many_digits",
            "has too many digits after the point",
        );
    }
    value.rescale(scale.into());
    Ok(Value::Decimal(value))
}

/// The range of a column is narrower than its width, so only one of the rules can be broken.
fn out_of_bounds<T>(table: &TableDef, column: &ColumnDef) -> Result<T> {
    if column.range.is_some() {
        refuse(
            table,
            column,
            "out_of_range",
            "leaves the range of its column",
        )
    } else {
        refuse(table, column, "overflow", "does not fit its column")
    }
}

/// The sum of a stored value and another one; NULL stays NULL.
///
/// # Errors
/// Returns `Invalid` when the column cannot hold it.
pub(crate) fn add(
    table: &TableDef,
    column: &ColumnDef,
    stored: &Value,
    other: &Value,
) -> Result<Value> {
    let sum = match (stored, other) {
        (Value::Null, _) | (_, Value::Null) => Some(Value::Null),
        (Value::Decimal(stored), Value::Decimal(other)) => {
            stored.checked_add(*other).map(Value::Decimal)
        }
        (stored, other) => match (stored.as_ref().as_i64(), other.as_ref().as_i64()) {
            (Some(stored), Some(other)) => stored.checked_add(other).map(Value::I64),
            _ => {
                return refuse(
                    table,
                    column,
                    "wrong_kind",
                    "accepts values of another kind",
                );
            }
        },
    };
    match sum {
        Some(sum) => fit(table, column, sum),
        None => out_of_bounds(table, column),
    }
}
