//! The values by which a table is read in batches.

use genledger_contract::Result;
use genledger_contract::row::{RowReader, ValueRef};
use genledger_contract::schema::Adoption;
use genledger_contract::table::{ColumnDef, ColumnType};

use crate::connection::Param;
use crate::dialect::{Dialect, Family};

/// A value of the column by which a table is read in batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Number(i64),
    Text(String),
}

/// Where rows are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum From {
    Start,
    At(Key),
    After(Key),
}

/// Whether that column is a text.
pub(super) fn is_text(dialect: &Dialect, adoption: &Adoption) -> bool {
    let name = adoption.table.primary_key[0];
    let mut columns = adoption.table.columns.iter();
    // On SQLite it is the rowid.
    dialect.family() != Family::Sqlite
        && columns.any(|column| column.name == name && !column.column_type.is_integer())
}

/// A column of a result.
pub(super) const fn column(is_text: bool) -> ColumnDef {
    let column_type = if is_text {
        ColumnType::LongText
    } else {
        ColumnType::I64
    };
    ColumnDef {
        nullable: true,
        ..ColumnDef::new("key", column_type)
    }
}

impl Key {
    pub(super) fn read(row: &dyn RowReader, index: usize, is_text: bool) -> Result<Option<Self>> {
        Ok(if is_text {
            row.text(index)?.map(|text| Self::Text(text.to_owned()))
        } else {
            row.integer(index)?.map(Self::Number)
        })
    }

    pub(super) fn param(&self) -> Param<'_> {
        match self {
            Self::Number(number) => Param {
                value: ValueRef::I64(*number),
                column_type: ColumnType::I64,
            },
            Self::Text(text) => Param {
                value: ValueRef::Text(text),
                column_type: ColumnType::LongText,
            },
        }
    }
}
