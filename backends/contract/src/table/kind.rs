//! Primitive kinds of values, and the declared types of columns.

use chrono::{DateTime, Utc};

/// The kinds of value that cross the contract. There is no float among them: money and ratios are
/// exact decimals or the text of a JSON document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// True or false.
    Bool,
    /// A 16-bit integer.
    I16,
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// An exact decimal.
    Decimal,
    /// Text, compared byte by byte.
    Text,
    /// Raw bytes.
    Bytes,
    /// JSON text, kept as it was written.
    Json,
    /// A moment in UTC with microseconds.
    DateTime,
}

/// How UUIDs are spelled in their column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UuidFormat {
    /// 36 characters with hyphens.
    Hyphenated,
    /// 32 characters without hyphens.
    Simple,
}

/// The declared type of a column: the kind of its values, their bounds and their encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ColumnType {
    /// True or false.
    Bool,
    /// A 16-bit integer.
    I16,
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// An exact decimal with `precision` digits, `scale` of them after the point.
    Decimal {
        /// Digits in all, at most 18.
        precision: u8,
        /// Digits after the point, at most 6.
        scale: u8,
    },
    /// Text of at most `max_chars` characters.
    Text {
        /// The most characters (Unicode scalar values, not bytes).
        max_chars: u32,
    },
    /// Text without a declared bound; [`MAX_TEXT_BYTES`] still holds.
    LongText,
    /// Bytes without a declared bound; [`MAX_TEXT_BYTES`] still holds.
    Bytes,
    /// JSON text; [`MAX_TEXT_BYTES`] holds.
    Json,
    /// A moment stored as whole seconds since 1970-01-01 UTC.
    UnixSeconds,
    /// A moment stored as whole milliseconds since 1970-01-01 UTC.
    UnixMillis,
    /// A moment stored as the database's own date-time in UTC, with 3 or 6 digits after the second.
    DateTime {
        /// 3 (milliseconds) or 6 (microseconds).
        digits: u8,
    },
    /// A UUID as text.
    Uuid(UuidFormat),
}

/// The library's bound on one unbounded text, JSON or bytes value: 16 MiB. A server with a lower
/// packet limit lowers it ([`Capability::max_value_bytes`](crate::store::Capability)).
pub const MAX_TEXT_BYTES: usize = 16 * 1024 * 1024;

impl ColumnType {
    /// The kind of the values in such a column.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Bool => Kind::Bool,
            Self::I16 => Kind::I16,
            Self::I32 => Kind::I32,
            Self::I64 | Self::UnixSeconds | Self::UnixMillis => Kind::I64,
            Self::Decimal { .. } => Kind::Decimal,
            Self::Text { .. } | Self::LongText | Self::Uuid(_) => Kind::Text,
            Self::Bytes => Kind::Bytes,
            Self::Json => Kind::Json,
            Self::DateTime { .. } => Kind::DateTime,
        }
    }

    /// Whether values are integers (also moments stored as such).
    #[must_use]
    pub const fn is_integer(self) -> bool {
        matches!(self.kind(), Kind::I16 | Kind::I32 | Kind::I64)
    }

    /// The moment as a column of this type holds it: truncated to its unit, never rounded. An entity that is
    /// built with it is read back unchanged.
    ///
    /// ```
    /// use chrono::DateTime;
    /// use genledger_contract::table::ColumnType;
    ///
    /// let moment = DateTime::from_timestamp_micros(-1).unwrap();
    /// assert_eq!(ColumnType::UnixMillis.truncate(moment).timestamp_micros(), -1000);
    /// ```
    #[must_use]
    pub fn truncate(self, moment: DateTime<Utc>) -> DateTime<Utc> {
        let truncated = match self {
            Self::UnixSeconds => DateTime::from_timestamp(moment.timestamp(), 0),
            Self::UnixMillis | Self::DateTime { digits: 3 } => {
                DateTime::from_timestamp_millis(moment.timestamp_millis())
            }
            Self::DateTime { .. } => DateTime::from_timestamp_micros(moment.timestamp_micros()),
            _ => None,
        };
        truncated.unwrap_or(moment)
    }

    /// Whether values may be compared and ordered in the database. JSON and bytes never are.
    #[must_use]
    pub const fn is_comparable(self) -> bool {
        !matches!(self, Self::Json | Self::Bytes)
    }
}
