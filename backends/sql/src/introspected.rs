//! A table as the database describes it, in terms that all dialects share.

use genledger_contract::schema::Severity;
use genledger_contract::table::ColumnType;

use crate::dialect::{Family, uuid_chars};

/// A table as it was found.
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
    /// The definitions of CHECK constraints as the database spells them, or one text that has all of
    /// them: the statement that made the table.
    pub checks: Vec<String>,
    /// Remarks on the table itself that are no part of the model, one for each problem, and what it
    /// leads to: `is not STRICT`.
    pub remarks: Vec<(Severity, String)>,
}

/// A column as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntrospectedColumn {
    /// The name.
    pub name: String,
    /// The type as the database spells it, for people.
    pub sql_type: String,
    /// What the type holds.
    pub class: TypeClass,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether text compares byte by byte; `true` for everything that is not text.
    pub binary_collation: bool,
    /// Whether the database computes it, so that no entity has it.
    pub generated: bool,
    /// The default as the database spells it.
    pub default: Option<String>,
}

/// What a column type holds, without the spelling of a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeClass {
    /// A boolean type of its own (`PostgreSQL`).
    Bool,
    /// A signed integer of this many bytes: 1 (TINYINT), 2, 3, 4 or 8.
    Integer {
        /// The width.
        bytes: u8,
    },
    /// An exact decimal.
    Decimal {
        /// Digits in all.
        precision: u32,
        /// Digits after the point.
        scale: u32,
    },
    /// Text of at most so many characters; `None` when it has no bound below 2^31.
    Text {
        /// The bound.
        max_chars: Option<u64>,
    },
    /// Bytes.
    Bytes,
    /// A JSON type that keeps its text (`json` of `PostgreSQL`).
    Json,
    /// A JSON type that keeps what the text means and writes it anew (`jsonb`, JSON of `MySQL`).
    RewrittenJson,
    /// A UUID type (`PostgreSQL`).
    Uuid,
    /// An enumeration of texts.
    Enum,
    /// An integer without a sign, of this many bytes (`MySQL`).
    Unsigned {
        /// The width.
        bytes: u8,
    },
    /// Text of a fixed length, which is padded with spaces, so that trailing ones are lost (CHAR).
    FixedText {
        /// The length.
        chars: u64,
    },
    /// Bytes of a fixed length (BINARY of `MySQL`).
    FixedBytes {
        /// The length.
        bytes: u64,
    },
    /// A moment from 1970 to 2038 with so many digits after the second (TIMESTAMP of `MySQL`).
    Timestamp {
        /// The digits.
        digits: u8,
    },
    /// A moment with so many digits after the second.
    DateTime {
        /// The digits.
        digits: u8,
    },
    /// Anything else, a float among them.
    Other,
}

/// A key or an index as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntrospectedIndex {
    /// The name.
    pub name: String,
    /// The columns in order and whether the greatest value comes first.
    pub columns: Vec<(String, bool)>,
    /// Whether the key holds for rows only that are not softly deleted: a partial index with that
    /// condition, or on `MySQL` a generated column `_live_<name>` among the columns, which is then
    /// left out of `columns`.
    pub live_only: bool,
}

impl TypeClass {
    /// Whether a column of this class takes every value of the type and returns it as it was. Wider is
    /// fine.
    pub(crate) fn holds(self, family: Family, column_type: ColumnType) -> bool {
        let integer = |bytes| self.covers(Self::Integer { bytes });
        let text = |chars: u64| {
            let max_chars = Some(chars);
            self.covers(Self::Text { max_chars })
        };
        match column_type {
            ColumnType::Bool if self == Self::Bool => true,
            // PostgreSQL does not assign a boolean to an integer.
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

    /// Whether it takes all that the other one takes.
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

/// What is not called bounded: the characters of a LONGTEXT.
const LONG_TEXT: u64 = u32::MAX as u64 / 4;
