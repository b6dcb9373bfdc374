//! The width of keys and indexes, so that one that a database refuses does not compile.

use crate::table::definition::{ColumnDef, TableDef, same};
use crate::table::kind::{ColumnType, UuidFormat};

/// The most bytes of a row of an index of `PostgreSQL`, with its header.
const POSTGRES_BYTES: usize = 2_704;
/// The header of such a row, without and with the bits that mark NULLs.
const POSTGRES_HEADER: usize = 8;
const POSTGRES_HEADER_WITH_NULLS: usize = 16;
/// The most bytes of a key of `InnoDB` with the row format DYNAMIC, which the library uses.
const MYSQL_BYTES: usize = 3_072;
/// The most columns of a key of `MySQL`.
const MYSQL_COLUMNS: usize = 16;
/// The most bytes of a character.
const CHAR_BYTES: usize = 4;

/// The columns of a key or an index, added up.
#[derive(Clone, Copy)]
pub(super) struct Width {
    columns: usize,
    mysql: usize,
    postgres: usize,
    nullable: bool,
}

impl Width {
    /// No columns; a key of live rows has a generated column on `MySQL`.
    pub(super) const fn empty(live_only: bool) -> Self {
        let generated = if live_only { 1 } else { 0 };
        Self {
            columns: generated,
            mysql: generated,
            postgres: 0,
            nullable: false,
        }
    }

    /// One column more.
    pub(super) const fn and(mut self, table: &TableDef, position: usize) -> Self {
        let column = &table.columns[position];
        self.columns += 1;
        if !has_own_type(column, "mysql") {
            self.mysql += mysql(column.column_type);
        }
        if !has_own_type(column, "postgres") {
            let (size, alignment) = postgres(column.column_type);
            self.postgres = self.postgres.next_multiple_of(alignment) + size;
        }
        self.nullable |= column.nullable;
        self
    }

    #[track_caller]
    pub(super) const fn check(self) {
        assert!(
            self.columns <= MYSQL_COLUMNS,
            "a key or an index has more than the 16 columns that MySQL accepts"
        );
        assert!(
            self.mysql <= MYSQL_BYTES,
            "a key or an index is wider than the 3072 bytes that MySQL accepts: a character counts as 4"
        );
        let header = if self.nullable {
            POSTGRES_HEADER_WITH_NULLS
        } else {
            POSTGRES_HEADER
        };
        assert!(
            header + self.postgres.next_multiple_of(8) <= POSTGRES_BYTES,
            "a key or an index is wider than the 2704 bytes that PostgreSQL accepts: a character counts as 4"
        );
    }
}

/// SQL types that an application declares itself are not checked.
const fn has_own_type(column: &ColumnDef, dialect: &str) -> bool {
    let mut index = 0;
    while index < column.sql_types.len() {
        if same(column.sql_types[index].dialect, dialect) {
            return true;
        }
        index += 1;
    }
    false
}

const fn chars(column_type: ColumnType) -> Option<usize> {
    match column_type {
        ColumnType::Text { max_chars } => Some(max_chars as usize),
        ColumnType::Uuid(UuidFormat::Hyphenated) => Some(36),
        ColumnType::Uuid(UuidFormat::Simple) => Some(32),
        _ => None,
    }
}

const fn mysql(column_type: ColumnType) -> usize {
    if let Some(chars) = chars(column_type) {
        return chars * CHAR_BYTES;
    }
    match column_type {
        ColumnType::Bool => 1,
        ColumnType::I16 => 2,
        ColumnType::I32 => 4,
        // A decimal of 18 digits has 9, which is the widest.
        ColumnType::Decimal { .. } => 9,
        _ => 8,
    }
}

/// The size and the alignment.
const fn postgres(column_type: ColumnType) -> (usize, usize) {
    if let Some(chars) = chars(column_type) {
        return (4 + chars * CHAR_BYTES, 4);
    }
    match column_type {
        ColumnType::Bool => (1, 1),
        ColumnType::I16 => (2, 2),
        ColumnType::I32 => (4, 4),
        // A header, a scale, and two bytes for each four digits, which may begin in the middle.
        ColumnType::Decimal { .. } => (20, 4),
        _ => (8, 8),
    }
}
