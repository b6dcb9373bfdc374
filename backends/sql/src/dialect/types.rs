//! SQL types of columns.

use genledger_contract::table::{ColumnDef, ColumnType, Kind, UuidFormat};

use super::{Dialect, Family};

impl Dialect {
    /// The SQL type of a column: its own for this dialect, if it has one.
    #[must_use]
    pub fn column_type(&self, column: &ColumnDef) -> String {
        match self.own_type(column) {
            Some(own) => own.to_owned(),
            None => match self.family {
                Family::Sqlite => sqlite(column.column_type).to_owned(),
                Family::Postgres => postgres(column.column_type),
                Family::MySql => mysql(column.column_type),
            },
        }
    }

    /// The type that a column declares for this dialect.
    pub(crate) fn own_type(&self, column: &ColumnDef) -> Option<&'static str> {
        column
            .sql_types
            .iter()
            .find(|own| own.dialect == self.name())
            .map(|own| own.sql)
    }

    /// Whether rows are sent as one array for each column.
    pub(crate) const fn has_arrays(&self) -> bool {
        matches!(self.family, Family::Postgres)
    }

    /// Whether rows can be the data of a COPY. Without locks a server only looks like `PostgreSQL`, and
    /// its COPY may mean something else.
    pub(crate) const fn has_copy(&self) -> bool {
        matches!(self.family, Family::Postgres) && self.locks
    }

    /// Whether rows are sent by one statement each, which is the fastest where a statement costs no
    /// round trip.
    pub(crate) const fn row_by_row(&self) -> bool {
        matches!(self.family, Family::Sqlite)
    }

    /// The type of the elements of the array that a column's values are sent in (`PostgreSQL`): the
    /// natural one of the kind, which is assigned to a narrower column with a check.
    #[must_use]
    pub fn array_element(&self, column: &ColumnDef) -> &'static str {
        element(column.column_type.kind())
    }
}

/// The type that values of a kind are sent as to `PostgreSQL`.
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

/// Few types, since the table is STRICT; the bounds are CHECKs.
const fn sqlite(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Text { .. } | ColumnType::LongText | ColumnType::Json | ColumnType::Uuid(_) => {
            "TEXT"
        }
        ColumnType::Bytes => "BLOB",
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
        _ => "BIGINT".to_owned(),
    }
}

/// The characters of a UUID.
pub(crate) const fn uuid_chars(format: UuidFormat) -> u32 {
    match format {
        UuidFormat::Hyphenated => 36,
        UuidFormat::Simple => 32,
    }
}
