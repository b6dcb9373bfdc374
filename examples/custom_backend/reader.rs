//! The reader of rows for the typed layer.

use chrono::{DateTime, Utc};
use genledger_contract::row::{RowReader, ValueRef};
use genledger_contract::table::{ColumnDef, TableDef};
use genledger_contract::{Error, Result};
use rust_decimal::Decimal;

use super::table::{Row, value};

/// Some columns of a row, as the program of a statement describes them.
pub(super) struct Reader<'r>(
    pub(super) &'r TableDef,
    pub(super) &'r [usize],
    pub(super) &'r Row,
);

/// A method for each kind: NULL is `None`, another kind is `Corrupt`.
macro_rules! kinds {
    ($($name:ident -> $kind:ty: $pattern:pat => $value:expr;)+) => {
        impl RowReader for Reader<'_> {
            fn column(&self, index: usize) -> &ColumnDef {
                &self.0.columns[self.1[index]]
            }

            $(fn $name(&self, index: usize) -> Result<Option<$kind>> {
                match value(self.0, self.2, self.1[index]) {
                    ValueRef::Null => Ok(None),
                    $pattern => Ok(Some($value)),
                    _ => Err(Error::corrupt("another kind").with_column(self.column(index).name)),
                }
            })+
        }
    };
}

kinds! {
    bool -> bool: value @ (ValueRef::Bool(_) | ValueRef::I64(0 | 1)) =>
        matches!(value, ValueRef::Bool(true) | ValueRef::I64(1));
    integer -> i64: value @ (ValueRef::I16(_) | ValueRef::I32(_) | ValueRef::I64(_)) =>
        value.as_i64().unwrap_or_default();
    decimal -> Decimal: ValueRef::Decimal(value) => value;
    text -> &str: ValueRef::Text(value) | ValueRef::Json(value) => value;
    bytes -> &[u8]: ValueRef::Bytes(value) => value;
    date_time -> DateTime<Utc>: ValueRef::DateTime(value) => value;
}
