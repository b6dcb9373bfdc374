//! The SQL types of columns.

use genledger_contract::table::{ColumnDef, ColumnType, Kind};

use super::{Dialect, Family};
use crate::introspected::uuid_chars;

impl Dialect {
    /// The SQL type of a column: the chosen one for this dialect, or that of the library.
    #[must_use]
    pub fn column_type(&self, column: &ColumnDef) -> String {
        match self.chosen_type(column) {
            Some(chosen) => chosen.to_owned(),
            None => match self.family {
                Family::Sqlite => sqlite(column.column_type).to_owned(),
                Family::Postgres => postgres(column.column_type),
                Family::MySql => mysql(column.column_type),
            },
        }
    }

    /// The type that the application chose for this dialect.
    pub(crate) fn chosen_type(&self, column: &ColumnDef) -> Option<&'static str> {
        column
            .sql_types
            .iter()
            .find(|chosen| chosen.dialect == self.name())
            .map(|chosen| chosen.sql)
    }

    /// Whether rows are sent as one array for each column.
    pub(crate) const fn has_arrays(&self) -> bool {
        matches!(self.family, Family::Postgres)
    }

    /// Whether rows can be sent by COPY. A dialect without locks is for compatible servers, whose COPY
    /// may differ.
    pub(crate) const fn has_copy(&self) -> bool {
        matches!(self.family, Family::Postgres) && self.locks
    }

    /// Whether each row is sent in a statement of its own, which is fastest if a statement costs no
    /// round trip.
    pub(crate) const fn row_by_row(&self) -> bool {
        matches!(self.family, Family::Sqlite)
    }

    /// The element type of the array for a column's values (`PostgreSQL`): that of the kind, which the
    /// server converts to the type of the column and checks.
    #[must_use]
    pub fn array_element(&self, column: &ColumnDef) -> &'static str {
        element(column.column_type.kind())
    }
}

/// The type of `PostgreSQL` that values of a kind are sent as.
pub(crate) const fn element(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "boolean",
        Kind::I16 => "smallint",
        Kind::I32 => "integer",
        Kind::I64 => "bigint",
        Kind::Decimal => "numeric",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
        Kind::Json => "json",
        Kind::DateTime => "timestamptz",
    }
}

/// The few types of a STRICT table; CHECKs enforce bounds.
const fn sqlite(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Text { .. } | ColumnType::LongText | ColumnType::Json | ColumnType::Uuid(_) => {
            "TEXT"
        }
        ColumnType::Bytes => "BLOB",
        // Numbers and moments; a decimal is an integer of its smallest unit.
        _ => "INTEGER",
    }
}

fn postgres(column_type: ColumnType) -> String {
    let text = |chars: u32| format!("varchar({chars}) COLLATE \"C\"");
    match column_type {
        ColumnType::Bool => "boolean".to_owned(),
        ColumnType::I16 => "smallint".to_owned(),
        ColumnType::I32 => "integer".to_owned(),
        ColumnType::Decimal { precision, scale } => format!("numeric({precision}, {scale})"),
        ColumnType::Text { max_chars } => text(max_chars),
        ColumnType::LongText => "text COLLATE \"C\"".to_owned(),
        ColumnType::Uuid(format) => text(uuid_chars(format)),
        ColumnType::Bytes => "bytea".to_owned(),
        ColumnType::Json => "json".to_owned(),
        ColumnType::DateTime { digits } => format!("timestamptz({digits})"),
        // Integers of 64 bits, and moments that are counted from 1970.
        _ => "bigint".to_owned(),
    }
}

fn mysql(column_type: ColumnType) -> String {
    const BINARY: &str = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
    let text = |chars: u32| format!("VARCHAR({chars}) {BINARY}");
    match column_type {
        ColumnType::Bool => "BOOLEAN".to_owned(),
        ColumnType::I16 => "SMALLINT".to_owned(),
        ColumnType::I32 => "INT".to_owned(),
        ColumnType::Decimal { precision, scale } => format!("DECIMAL({precision}, {scale})"),
        ColumnType::Text { max_chars } => text(max_chars),
        ColumnType::LongText | ColumnType::Json => format!("LONGTEXT {BINARY}"),
        ColumnType::Uuid(format) => text(uuid_chars(format)),
        ColumnType::Bytes => "LONGBLOB".to_owned(),
        ColumnType::DateTime { digits } => format!("DATETIME({digits})"),
        // As on PostgreSQL.
        _ => "BIGINT".to_owned(),
    }
}
