//! CHECK constraints.

use genledger_contract::table::{ColumnDef, ColumnType};

use super::quote;
use crate::dialect::{Dialect, Family};

/// The condition that the values of a column satisfy beyond what its type enforces.
pub(super) fn check(dialect: &Dialect, column: &ColumnDef) -> Option<String> {
    let name = quote(dialect, column.name);
    let (low, high) = bounds(dialect, column)?;
    Some(if column.column_type == ColumnType::Bool {
        format!("{name} IN (0, 1)")
    } else {
        format!("{name} BETWEEN {low} AND {high}")
    })
}

/// The least and the greatest value of a column, where its type does not enforce them.
///
/// SQLite's INTEGER has 64 bits whatever the column declares, so there also widths are bounded: an
/// addition that overflows is an error, as it is elsewhere. Known codes are never listed, since a
/// newer version writes others. JSON is checked before it is written: `JSON_VALID` of `MySQL` refuses
/// numbers that no double holds.
pub(crate) fn bounds(dialect: &Dialect, column: &ColumnDef) -> Option<(i64, i64)> {
    let sqlite = dialect.family() == Family::Sqlite;
    let bounds = match column.column_type {
        ColumnType::Bool if sqlite => return Some((0, 1)),
        ColumnType::I16 if sqlite => Some((i16::MIN.into(), i16::MAX.into())),
        ColumnType::I32 if sqlite => Some((i32::MIN.into(), i32::MAX.into())),
        ColumnType::Decimal { precision, .. } if sqlite => {
            let most = 10_i64.pow(precision.into()) - 1;
            Some((-most, most))
        }
        _ => None,
    };
    column.range.or(bounds)
}
