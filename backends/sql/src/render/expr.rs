//! The expressions that all statements consist of: placeholders, tables and columns.

use genledger_contract::table::{ColumnType, TableDef};
use sea_query::{Alias, Expr, IntoTableRef, TableRef, Value};

use crate::dialect::{Dialect, Family};
use crate::shape::Slot;

/// A placeholder: sea-query binds the slot, and the slot is replaced by its value when the statement
/// is sent.
pub(super) fn placeholder(slot: Slot) -> Expr {
    let slot = u64::try_from(slot).unwrap_or(u64::MAX);
    Expr::val(Value::BigUnsigned(Some(slot)))
}

/// The source of the values of a condition or an assignment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// Bound values.
    Bound,
    /// Columns of another table in the statement, one for each slot.
    Columns,
}

impl Source {
    pub(super) fn value(self, slot: Slot) -> Expr {
        match self {
            Self::Bound => placeholder(slot),
            Self::Columns => Expr::col(Alias::new(slot_name(slot))),
        }
    }
}

/// The table, with its schema.
pub(super) fn name(table: &TableDef) -> TableRef {
    match table.schema {
        Some(schema) => (schema, table.name).into_table_ref(),
        None => table.name.into_table_ref(),
    }
}

/// The stored value of the column at a position.
pub(super) fn column(table: &'static TableDef, position: usize) -> Expr {
    Expr::col(table.columns[position].name)
}

/// Whether the column compares and sorts by bytes: always, except in `MySQL` for text outside of keys,
/// and for types with another order.
pub(super) fn compares_bytes(dialect: &Dialect, table: &TableDef, position: usize) -> bool {
    let column = &table.columns[position];
    dialect.family() != Family::MySql
        || !matches!(
            column.column_type,
            ColumnType::Text { .. } | ColumnType::LongText
        )
        || table.is_key_column(column.name) && dialect.is_ordered(column)
}

/// The name of the column with the values of a slot; no column of a table has it.
pub(super) fn slot_name(slot: Slot) -> String {
    format!("genledger_{slot}")
}
