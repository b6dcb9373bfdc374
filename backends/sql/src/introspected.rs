//! The description of a table as read from a database, common to all dialects.

use genledger_contract::schema::Severity;
use genledger_contract::table::{ColumnType, UuidFormat};

use crate::dialect::family::Family;

/// A table in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntrospectedTable {
    /// The columns.
    pub columns: Vec<IntrospectedColumn>,
    /// The names of the primary key's columns, in order.
    pub primary_key: Vec<String>,
    /// Unique keys beside the primary key.
    pub unique: Vec<IntrospectedIndex>,
    /// Indexes that are not unique.
    pub indexes: Vec<IntrospectedIndex>,
    /// The definitions of CHECK constraints in the spelling of the database, or the CREATE TABLE
    /// statement that contains them.
    pub checks: Vec<String>,
    /// Problems of the table itself, each with its severity: `is not STRICT`.
    pub remarks: Vec<(Severity, String)>,
    /// The column by whose ranges it is partitioned; empty for other partitions.
    pub partitioned_by: Option<String>,
}

/// A column in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntrospectedColumn {
    /// The name.
    pub name: String,
    /// The type in the spelling of the database, for messages.
    pub sql_type: String,
    /// The class of the type.
    pub class: TypeClass,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether text compares byte by byte; `true` for everything that is not text.
    pub binary_collation: bool,
    /// Whether the database computes it, or fills it if it is omitted.
    pub generated: bool,
    /// The default in the spelling of the database.
    pub default: Option<String>,
}

/// The class of a column type, independent of the spelling of a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeClass {
    /// A boolean type (`PostgreSQL`).
    Bool,
    /// A signed integer of this many bytes: 1 (TINYINT), 2, 3, 4 or 8.
    Integer {
        /// The width.
        bytes: u8,
    },
    /// An exact decimal.
    Decimal {
        /// The number of digits.
        precision: u32,
        /// Digits after the point.
        scale: u32,
    },
    /// Text with a maximum number of characters; `None` without a bound below 2^31.
    Text {
        /// The bound.
        max_chars: Option<u64>,
    },
    /// Bytes.
    Bytes,
    /// A JSON type that keeps its text (`json` of `PostgreSQL`).
    Json,
    /// A JSON type that normalizes its text (`jsonb`, JSON of `MySQL`).
    RewrittenJson,
    /// A UUID type (`PostgreSQL`).
    Uuid,
    /// An enum type.
    Enum,
    /// An unsigned integer of this many bytes (`MySQL`).
    Unsigned {
        /// The width.
        bytes: u8,
    },
    /// Text of a fixed length, padded with spaces, so that trailing spaces are lost (CHAR).
    FixedText {
        /// The length.
        chars: u64,
    },
    /// Bytes of a fixed length (BINARY of `MySQL`).
    FixedBytes {
        /// The length.
        bytes: u64,
    },
    /// A moment from 1970 to 2038 with this many fractional digits (TIMESTAMP of `MySQL`).
    Timestamp {
        /// The digits.
        digits: u8,
    },
    /// A moment with this many fractional digits.
    DateTime {
        /// The digits.
        digits: u8,
    },
    /// Any other type, such as a float.
    Other,
}

/// A key or an index in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntrospectedIndex {
    /// The name.
    pub name: String,
    /// The columns in order, and whether each is descending.
    pub columns: Vec<(String, bool)>,
    /// Whether the key only applies to rows that are not soft-deleted: a partial index with that
    /// condition, or on `MySQL` a generated column `_live_<name>`, which `columns` then omits.
    pub live_only: bool,
}

impl TypeClass {
    /// Whether a column of this class stores every value of the type without change; it may be wider.
    pub(crate) fn holds(self, family: Family, column_type: ColumnType) -> bool {
        let integer = |bytes| self.covers(Self::Integer { bytes });
        let text = |chars: u64| {
            let max_chars = Some(chars);
            self.covers(Self::Text { max_chars })
        };
        match column_type {
            ColumnType::Bool if self == Self::Bool => true,
            // PostgreSQL does not convert a boolean to an integer.
            ColumnType::Bool => family != Family::Postgres && integer(1),
            ColumnType::I16 => integer(2),
            ColumnType::I32 => integer(4),
            ColumnType::I64 | ColumnType::UnixSeconds | ColumnType::UnixMillis => integer(8),
            // SQLite stores decimals and moments as scaled integers.
            ColumnType::Decimal { .. } | ColumnType::DateTime { .. }
                if family == Family::Sqlite =>
            {
                integer(8)
            }
            ColumnType::Decimal { precision, scale } => self.covers(Self::Decimal {
                precision: precision.into(),
                scale: scale.into(),
            }),
            ColumnType::Text { max_chars } => text(max_chars.into()),
            ColumnType::Uuid(format) => text(uuid_chars(format).into()),
            ColumnType::LongText => text(LONG_TEXT),
            ColumnType::Json => self == Self::Json || text(LONG_TEXT),
            ColumnType::Bytes => self == Self::Bytes,
            ColumnType::DateTime { digits } => self.covers(Self::DateTime { digits }),
            _ => false,
        }
    }

    /// Whether it stores every value of the other class.
    pub(crate) fn covers(self, other: Self) -> bool {
        match (self, other) {
            (Self::Integer { bytes }, Self::Integer { bytes: least })
            | (Self::Unsigned { bytes }, Self::Unsigned { bytes: least }) => bytes >= least,
            (Self::Text { max_chars: None }, Self::Text { .. }) => true,
            (
                Self::Text {
                    max_chars: Some(most),
                },
                Self::Text {
                    max_chars: Some(least),
                },
            ) => most >= least,
            (
                Self::Decimal { precision, scale },
                Self::Decimal {
                    precision: digits,
                    scale: fraction,
                },
            ) => {
                scale >= fraction
                    && precision.saturating_sub(scale) >= digits.saturating_sub(fraction)
            }
            (Self::DateTime { digits }, Self::DateTime { digits: least })
            | (Self::Timestamp { digits }, Self::Timestamp { digits: least }) => digits >= least,
            (found, other) => found == other && found != Self::Other,
        }
    }
}

/// The most characters of a LONGTEXT; a text with at least this many counts as unbounded.
const LONG_TEXT: u64 = u32::MAX as u64 / 4;

/// The number of characters of a UUID.
pub(crate) const fn uuid_chars(format: UuidFormat) -> u32 {
    match format {
        UuidFormat::Hyphenated => 36,
        UuidFormat::Simple => 32,
    }
}
