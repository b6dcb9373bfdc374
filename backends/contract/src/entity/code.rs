//! Codes that this version does not know.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

/// The payload of the `Unrecognized` variant of the coded enum `E`: a code that a newer version
/// wrote.
///
/// It can only come from a stored row or from JSON, through the enum's `from_code`, and fits no other
/// enum, so that one code never has two spellings. It is readable and round-trips; it cannot be
/// newly written. What a row with such a status may become is stated by its state machine.
pub struct UnrecognizedCode<E: CodedEnum>(E::Code);

impl<E: CodedEnum> UnrecognizedCode<E> {
    /// For the code that `#[derive(CodedEnum)]` writes; not part of the public contract.
    #[doc(hidden)]
    pub const fn __from_code(code: E::Code) -> Self {
        Self(code)
    }

    /// The code as it is stored.
    pub const fn code(&self) -> &E::Code {
        &self.0
    }
}

// Derives would require these traits of the enum; only its code needs them.

#[expect(
    clippy::expl_impl_clone_on_copy,
    reason = "text codes are cloned, numeric ones copied"
)]
impl<E: CodedEnum> Clone for UnrecognizedCode<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: CodedEnum> Copy for UnrecognizedCode<E> where E::Code: Copy {}

impl<E: CodedEnum> PartialEq for UnrecognizedCode<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<E: CodedEnum> Eq for UnrecognizedCode<E> {}

impl<E: CodedEnum> PartialOrd for UnrecognizedCode<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E: CodedEnum> Ord for UnrecognizedCode<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<E: CodedEnum> Hash for UnrecognizedCode<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<E: CodedEnum> fmt::Display for UnrecognizedCode<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unrecognized({})", self.0)
    }
}

impl<E: CodedEnum> fmt::Debug for UnrecognizedCode<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl<E: CodedEnum> Serialize for UnrecognizedCode<E>
where
    E::Code: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A closed set of known codes that stays open to codes of newer versions.
/// `#[derive(CodedEnum)]` implements it.
pub trait CodedEnum: Sized + Clone + PartialEq + 'static {
    /// The stored type of the code: `i16`, `i32`, `i64` or `String`.
    type Code: Clone + Ord + Hash + fmt::Debug + fmt::Display;

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
