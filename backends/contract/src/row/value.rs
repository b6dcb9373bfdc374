//! Values of the contract, encoded for their column.

use std::cmp::Ordering;
use std::fmt;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::table::kind::Kind;

/// An owned value, encoded for its column: a moment in a `unix_seconds` column is an
/// [`I64`](Value::I64) here, a UUID is [`Text`](Value::Text).
///
/// `Debug` shows the kind and not the value, which may be a secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// NULL of any kind.
    Null,
    /// True or false.
    Bool(bool),
    /// A 16-bit integer.
    I16(i16),
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// An exact decimal.
    Decimal(Decimal),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// JSON text.
    Json(String),
    /// A moment in UTC with microseconds.
    DateTime(DateTime<Utc>),
}

/// A borrowed [`Value`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueRef<'a> {
    /// NULL of any kind.
    Null,
    /// True or false.
    Bool(bool),
    /// A 16-bit integer.
    I16(i16),
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// An exact decimal.
    Decimal(Decimal),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// JSON text.
    Json(&'a str),
    /// A moment in UTC with microseconds.
    DateTime(DateTime<Utc>),
}

impl ValueRef<'_> {
    /// About how many bytes it takes on the wire.
    pub(crate) const fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Json(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            _ => 8,
        }
    }
}

impl Value {
    /// The value, borrowed.
    #[must_use]
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Bool(value) => ValueRef::Bool(*value),
            Self::I16(value) => ValueRef::I16(*value),
            Self::I32(value) => ValueRef::I32(*value),
            Self::I64(value) => ValueRef::I64(*value),
            Self::Decimal(value) => ValueRef::Decimal(*value),
            Self::Text(value) => ValueRef::Text(value),
            Self::Bytes(value) => ValueRef::Bytes(value),
            Self::Json(value) => ValueRef::Json(value),
            Self::DateTime(value) => ValueRef::DateTime(*value),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Some(kind) => write!(f, "{kind:?}(..)"),
            None => f.write_str("Null"),
        }
    }
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Bool(value) => Self::Bool(value),
            ValueRef::I16(value) => Self::I16(value),
            ValueRef::I32(value) => Self::I32(value),
            ValueRef::I64(value) => Self::I64(value),
            ValueRef::Decimal(value) => Self::Decimal(value),
            ValueRef::Text(value) => Self::Text(value.to_owned()),
            ValueRef::Bytes(value) => Self::Bytes(value.to_owned()),
            ValueRef::Json(value) => Self::Json(value.to_owned()),
            ValueRef::DateTime(value) => Self::DateTime(value),
        }
    }
}

impl<'a> ValueRef<'a> {
    /// Whether the value is NULL.
    #[must_use]
    pub const fn is_null(self) -> bool {
        matches!(self, Self::Null)
    }

    /// The kind; `None` for NULL.
    #[must_use]
    pub const fn kind(self) -> Option<Kind> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(_) => Kind::Bool,
            Self::I16(_) => Kind::I16,
            Self::I32(_) => Kind::I32,
            Self::I64(_) => Kind::I64,
            Self::Decimal(_) => Kind::Decimal,
            Self::Text(_) => Kind::Text,
            Self::Bytes(_) => Kind::Bytes,
            Self::Json(_) => Kind::Json,
            Self::DateTime(_) => Kind::DateTime,
        })
    }

    /// The value as a 64-bit integer, if it is an integer of any width.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Self::I16(value) => Some(value.into()),
            Self::I32(value) => Some(value.into()),
            Self::I64(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if it is text or JSON.
    #[must_use]
    pub const fn as_text(self) -> Option<&'a str> {
        match self {
            Self::Text(value) | Self::Json(value) => Some(value),
            _ => None,
        }
    }

    /// The order of values on every backend: NULL before everything, false before true, integers
    /// of any width by value, text by bytes.
    #[must_use]
    pub fn order(self, other: ValueRef<'_>) -> Ordering {
        if let (Some(left), Some(right)) = (self.as_i64(), other.as_i64()) {
            return left.cmp(&right);
        }
        match (self, other) {
            (Self::Null, ValueRef::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, ValueRef::Null) => Ordering::Greater,
            (Self::Bool(left), ValueRef::Bool(right)) => left.cmp(&right),
            (Self::Decimal(left), ValueRef::Decimal(right)) => left.cmp(&right),
            (Self::Bytes(left), ValueRef::Bytes(right)) => left.cmp(right),
            (Self::DateTime(left), ValueRef::DateTime(right)) => left.cmp(&right),
            (left, right) => left.as_text().cmp(&right.as_text()),
        }
    }

    /// The number as a decimal that no sum of two stored numbers overflows; `None` for other kinds.
    pub(crate) fn exact(self) -> Option<Exact> {
        match self {
            Self::Decimal(value) => Some(Exact(value)),
            value => value.as_i64().map(|value| Exact(Decimal::from(value))),
        }
    }

    /// Whether both are the same stored content: equal values, or NULL on both sides.
    #[must_use]
    pub fn same(self, other: ValueRef<'_>) -> bool {
        // Only NULL is equal to NULL.
        self.order(other) == Ordering::Equal
    }
}

/// A number of a row: 96 bits hold the sum of any two of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Exact(Decimal);

impl Exact {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
