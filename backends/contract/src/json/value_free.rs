//! Deserializing with errors that hold no values.
//!
//! The messages of serde quote what they refuse (`invalid type: string "+49 30 901820", expected
//! i64`), and what they quote may be a phone number, a session or a secret. The errors of [`ValueFree`] hold
//! the path and what was expected.

mod fault;
mod visitor;

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::Deserializer;
use serde::de::{Deserialize, Visitor};

use visitor::Guard;

pub use fault::Fault;

/// Reads a value with errors that do not quote it, for `#[serde(deserialize_with = "…")]` and for
/// implementations of `Deserialize`.
///
/// ```
/// use genledger_contract::json::value_free;
///
/// #[derive(Debug, serde::Deserialize)]
/// #[serde(transparent)]
/// struct Phone(#[serde(deserialize_with = "value_free")] String);
///
/// let refused = serde_json::from_str::<Phone>("4930901820").unwrap_err();
/// assert_eq!(refused.to_string(), "invalid type, expected a string");
/// ```
///
/// # Errors
/// Returns the errors of `T`, without values.
pub fn value_free<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    T::deserialize(ValueFree::new(deserializer)).map_err(Fault::into_error)
}

/// A deserializer whose errors hold no values; errors of the format, such as broken syntax, are kept.
#[derive(Debug)]
pub struct ValueFree<'p, D> {
    inner: D,
    path: &'p Path<'p>,
    names: Names,
    /// Receives the name of a member while that name is read.
    key: Option<&'p Cell<Option<&'static str>>>,
}

impl<D> ValueFree<'static, D> {
    /// Wraps any deserializer.
    pub const fn new(inner: D) -> Self {
        Self::record(inner, &[])
    }

    /// Wraps the deserializer of a record, so that errors name the member.
    pub(super) const fn record(inner: D, members: &'static [&'static str]) -> Self {
        Self {
            inner,
            path: &Path::Root,
            names: Names(members),
            key: None,
        }
    }
}

/// The path of a value: names of members that the code knows, and positions. A name that is a part of the
/// input is left out.
#[derive(Debug)]
pub(super) enum Path<'p> {
    Root,
    Member(&'p Self, &'static str),
    Element(&'p Self, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parent, dot) = match self {
            Self::Root => return Ok(()),
            Self::Member(parent, _) | Self::Element(parent, _) => (
                parent,
                if matches!(parent, Self::Root) {
                    ""
                } else {
                    "."
                },
            ),
        };
        parent.fmt(f)?;
        match self {
            Self::Root => Ok(()),
            Self::Member(_, name) => write!(f, "{dot}{name}"),
            Self::Element(_, index) => write!(f, "[{index}]"),
        }
    }
}

/// The names of the members of a struct.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names(&'static [&'static str]);

impl Names {
    const NONE: Self = Self(&[]);

    fn find(self, wanted: &str) -> Option<&'static str> {
        self.0.iter().copied().find(|name| *name == wanted)
    }
}

/// Calls a method of the inner deserializer with a guarded visitor. When the format asks the visitor what it
/// expects, its error may quote the value.
macro_rules! guarded {
    ($self:ident, $visitor:ident, $names:expr, $method:ident $(, $argument:expr)*) => {
        guarded!($self, $visitor, $names, None => $method $(, $argument)*)
    };
    ($self:ident, $visitor:ident, $names:expr, $asked:expr => $method:ident $(, $argument:expr)*) => {{
        let expected = RefCell::new($asked);
        let guard = Guard {
            visitor: $visitor,
            path: $self.path,
            names: $names,
            key: $self.key.map(|found| ($self.names, found)),
            expected: &expected,
        };
        let read = $self.inner.$method($($argument,)* guard);
        Fault::checked(read, $self.path, &expected)
    }};
}

macro_rules! forwarded {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            guarded!(self, visitor, Names::NONE, $method)
        }
    )+};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ValueFree<'_, D> {
    type Error = Fault<D::Error>;

    forwarded! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32
        deserialize_i64 deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char
        deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_option deserialize_unit deserialize_seq deserialize_identifier
        deserialize_ignored_any
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        guarded!(self, visitor, self.names, deserialize_map)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let names = Names(fields);
        guarded!(self, visitor, names, deserialize_struct, name, fields)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        // Formats describe in their own words what they expect, so the expectation is set before they ask for
        // a variant.
        let asked = Some(visitor::expecting(&visitor));
        guarded!(self, visitor, Names::NONE, asked => deserialize_enum, name, variants)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        guarded!(self, visitor, Names::NONE, deserialize_unit_struct, name)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        guarded!(self, visitor, self.names, deserialize_newtype_struct, name)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        guarded!(self, visitor, Names::NONE, deserialize_tuple, length)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        guarded!(
            self,
            visitor,
            Names::NONE,
            deserialize_tuple_struct,
            name,
            length
        )
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

#[cfg(test)]
mod tests;
