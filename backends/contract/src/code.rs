//! Codes that this version does not know.

use std::fmt;

use serde::{Serialize, Serializer};

/// The payload of a coded enum's `Unrecognized` variant: a code that a newer version wrote.
///
/// It can only come from a stored row or from JSON, through the enum's `from_code`, so that one
/// code never has two spellings. It is readable and round-trips; it cannot be newly written, and a
/// status of that code makes no transition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnrecognizedCode<T>(T);

impl<T> UnrecognizedCode<T> {
    /// For the code that `#[derive(CodedEnum)]` writes; not part of the public contract.
    #[doc(hidden)]
    pub const fn __from_code(code: T) -> Self {
        Self(code)
    }

    /// The code as it is stored.
    pub const fn code(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Display> fmt::Display for UnrecognizedCode<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unrecognized({})", self.0)
    }
}

impl<T: fmt::Debug> fmt::Debug for UnrecognizedCode<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl<T: Serialize> Serialize for UnrecognizedCode<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A closed set of known codes that stays open to codes of newer versions.
/// `#[derive(CodedEnum)]` implements it.
pub trait CodedEnum: Sized + Clone + PartialEq + 'static {
    /// The stored type of the code: `i16`, `i32`, `i64` or `String`.
    type Code: Clone + PartialEq + fmt::Debug;

    /// Every known value, in the order of the declaration.
    const KNOWN: &'static [Self];

    /// The stored code.
    fn code(&self) -> Self::Code;

    /// The value of a code; total, since unknown codes are kept.
    fn from_code(code: Self::Code) -> Self;

    /// The name of the variant; `Unrecognized` for a code that this version does not know.
    fn name(&self) -> &'static str;

    /// Whether this version knows the code.
    fn is_known(&self) -> bool;
}
