//! Binding of values to the parameters of a statement.

use genledger_contract::row::ValueRef;
use genledger_contract::table::ColumnType;
use rusqlite::Statement;
use rusqlite::types::{ToSqlOutput, ValueRef as Sqlite};
use rust_decimal::Decimal;

/// Binds a value at a position, counted from 1.
pub(crate) fn bind(
    statement: &mut Statement<'_>,
    position: usize,
    value: ValueRef<'_>,
    column_type: ColumnType,
) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(position, ToSqlOutput::Borrowed(encode(value, column_type)))
}

/// Decimals are stored as integers at the scale of their column, moments as microseconds.
fn encode(value: ValueRef<'_>, column_type: ColumnType) -> Sqlite<'_> {
    match value {
        ValueRef::Null => Sqlite::Null,
        ValueRef::Bool(value) => Sqlite::Integer(value.into()),
        ValueRef::I16(value) => Sqlite::Integer(value.into()),
        ValueRef::I32(value) => Sqlite::Integer(value.into()),
        ValueRef::I64(value) => Sqlite::Integer(value),
        ValueRef::Decimal(value) => Sqlite::Integer(scaled(value, column_type)),
        ValueRef::Text(text) | ValueRef::Json(text) => Sqlite::Text(text.as_bytes()),
        ValueRef::Bytes(bytes) => Sqlite::Blob(bytes),
        ValueRef::DateTime(moment) => Sqlite::Integer(moment.timestamp_micros()),
    }
}

/// A value that is only compared may be too large; it is then replaced by the bound of the integers,
/// which no stored value reaches.
fn scaled(value: Decimal, column_type: ColumnType) -> i64 {
    let scale = match column_type {
        ColumnType::Decimal { scale, .. } => u32::from(scale),
        _ => value.scale(),
    };
    let mut rescaled = value;
    rescaled.rescale(scale);
    let bound = if value.is_sign_negative() {
        i64::MIN
    } else {
        i64::MAX
    };
    if rescaled.scale() == scale {
        i64::try_from(rescaled.mantissa()).unwrap_or(bound)
    } else {
        bound
    }
}

#[cfg(test)]
mod tests {
    use genledger_contract::table::ColumnType;
    use rust_decimal::Decimal;

    use super::scaled;

    const MONEY: ColumnType = ColumnType::Decimal {
        precision: 18,
        scale: 6,
    };

    #[test]
    fn decimals_are_scaled_to_their_column() {
        let value = |text: &str| scaled(text.parse::<Decimal>().unwrap(), MONEY);
        assert_eq!(value("1.5"), 1_500_000);
        assert_eq!(value("-0.000001"), -1);
        assert_eq!(value("79228162514264337593543950335"), i64::MAX);
        assert_eq!(value("-79228162514264337593543950335"), i64::MIN);
    }
}
