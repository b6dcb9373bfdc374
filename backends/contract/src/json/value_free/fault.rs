//! The errors of deserializing without values.

use std::cell::RefCell;
use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use super::Path;

/// An error of [`ValueFree`](super::ValueFree).
#[derive(Debug)]
pub enum Fault<E> {
    /// An error of the format, or one that holds its path already.
    Of(E),
    /// The message of an error whose path is not known here.
    Made(String),
}

impl<E: Error> Fault<E> {
    /// Replaces the error of a format that asked what was expected, since its message may quote the value.
    pub(super) fn checked<T>(
        read: Result<T, E>,
        path: &Path<'_>,
        expected: &RefCell<Option<String>>,
    ) -> Result<T, Self> {
        read.map_err(|error| match expected.take() {
            Some(expected) => Self::at(path, &format_args!("invalid type, expected {expected}")),
            None => Self::Of(error),
        })
    }

    /// An error of the format with a path.
    fn at(path: &Path<'_>, what: &dyn fmt::Display) -> Self {
        Self::Of(match path {
            Path::Root => E::custom(what),
            path => E::custom(format_args!("{path}: {what}")),
        })
    }

    /// The error of the format, with the path of the value that was being read.
    pub(super) fn at_path(self, path: &Path<'_>) -> E {
        match self {
            Self::Of(error) => error,
            Self::Made(what) => Self::at(path, &what).into_error(),
        }
    }

    /// The error of the format.
    pub fn into_error(self) -> E {
        match self {
            Self::Of(error) => error,
            Self::Made(what) => E::custom(what),
        }
    }
}

impl<E: fmt::Display> fmt::Display for Fault<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(error) => error.fmt(f),
            Self::Made(what) => f.write_str(what),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for Fault<E> {}

impl<E: Error> Error for Fault<E> {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Made(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let kind = kind(&found);
        Self::Made(format!("invalid type: {kind}, expected {expected}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let kind = kind(&found);
        Self::Made(format!("invalid value: {kind}, expected {expected}"))
    }

    fn unknown_variant(_found: &str, expected: &'static [&'static str]) -> Self {
        let expected = expected.join(", ");
        Self::Made(format!("unknown variant, expected one of {expected}"))
    }

    fn unknown_field(_found: &str, expected: &'static [&'static str]) -> Self {
        let expected = expected.join(", ");
        Self::Made(format!("unknown member, expected one of {expected}"))
    }
}

/// The kind of the value that was found, without the value.
const fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "integer",
        Unexpected::Float(_) => "floating point",
        Unexpected::Char(_) | Unexpected::Str(_) => "string",
        Unexpected::Bytes(_) => "byte array",
        Unexpected::Unit => "null",
        Unexpected::Option => "optional value",
        Unexpected::NewtypeStruct => "newtype struct",
        Unexpected::Seq => "sequence",
        Unexpected::Map => "map",
        Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant => "variant",
        Unexpected::Other(_) => "another kind",
    }
}
