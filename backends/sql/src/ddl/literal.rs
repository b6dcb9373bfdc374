//! Literals.

use genledger_contract::table::{ColumnDef, ColumnType, DefaultValue};
use rust_decimal::Decimal;

use crate::dialect::{Dialect, Family};

/// A default value.
pub(crate) fn default(dialect: &Dialect, column: &ColumnDef, value: DefaultValue) -> String {
    match value {
        DefaultValue::Bool(value) if dialect.family() == Family::Sqlite => {
            i64::from(value).to_string()
        }
        DefaultValue::Bool(value) => if value { "TRUE" } else { "FALSE" }.to_owned(),
        DefaultValue::Integer(value) => value.to_string(),
        DefaultValue::Decimal(value) => decimal(dialect, column, value),
        // MySQL accepts a default of a long text only as an expression.
        DefaultValue::Text(value)
            if dialect.family() == Family::MySql
                && matches!(column.column_type, ColumnType::LongText | ColumnType::Json) =>
        {
            format!("({})", text(dialect, value))
        }
        DefaultValue::Text(value) => text(dialect, value),
    }
}

fn decimal(dialect: &Dialect, column: &ColumnDef, value: &str) -> String {
    let scaled = match (dialect.family(), column.column_type) {
        (Family::Sqlite, ColumnType::Decimal { scale, .. }) => scaled(value, scale),
        _ => None,
    };
    scaled.unwrap_or_else(|| value.to_owned())
}

/// The decimal as SQLite stores it: the integer of its mantissa at the scale of the column.
fn scaled(value: &str, scale: u8) -> Option<String> {
    let mut value: Decimal = value.parse().ok()?;
    value.rescale(scale.into());
    Some(value.mantissa().to_string())
}

/// A quoted text; quotes are doubled rather than escaped, for readers of migrations.
pub(super) fn text(dialect: &Dialect, text: &str) -> String {
    let doubled = text.replace('\'', "''");
    match dialect.family() {
        Family::MySql => format!("'{}'", doubled.replace('\\', "\\\\")),
        // As in the standard, a backslash is not special.
        Family::Sqlite | Family::Postgres => format!("'{doubled}'"),
    }
}
