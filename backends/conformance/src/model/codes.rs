//! Coded enums of this version, and those of a newer version with more codes.

use genledger_contract::CodedEnum;
use genledger_contract::entity::UnrecognizedCode;

/// A numeric code of 16 bits.
#[derive(Clone, Debug, PartialEq, Eq, CodedEnum)]
#[coded(crate = genledger_contract, i16)]
pub(crate) enum Grade {
    /// Low.
    #[code(-1)]
    Low,
    /// Plain.
    #[code(0)]
    Plain,
    /// High.
    #[code(10)]
    High,
    /// A code of a newer version.
    Unrecognized(UnrecognizedCode<Self>),
}

/// A numeric code of 32 bits.
#[derive(Clone, Debug, PartialEq, Eq, CodedEnum)]
#[coded(crate = genledger_contract, i32)]
pub(crate) enum Level {
    /// The first.
    #[code(100_000)]
    First,
    /// A code of a newer version.
    Unrecognized(UnrecognizedCode<Self>),
}

/// A code of text.
#[derive(Clone, Debug, PartialEq, Eq, CodedEnum)]
#[coded(crate = genledger_contract, text, max_chars = 16)]
pub(crate) enum State {
    /// Open.
    #[code("open")]
    Open,
    /// Shut.
    #[code("shut")]
    Shut,
    /// A known code with this name, which is not unrecognized.
    #[code("unknown")]
    Unknown,
    /// A code of a newer version.
    Unrecognized(UnrecognizedCode<Self>),
}

/// [`Grade`] in a newer version.
#[derive(Clone, Debug, PartialEq, Eq, CodedEnum)]
#[coded(crate = genledger_contract, i16)]
pub(crate) enum NewerGrade {
    /// Plain.
    #[code(0)]
    Plain,
    /// New here.
    #[code(77)]
    Top,
    /// A code of an even newer version.
    Unrecognized(UnrecognizedCode<Self>),
}

/// [`Level`] in a newer version.
#[derive(Clone, Debug, PartialEq, Eq, CodedEnum)]
#[coded(crate = genledger_contract, i32)]
pub(crate) enum NewerLevel {
    /// The first.
    #[code(100_000)]
    First,
    /// New here.
    #[code(-2_147_483_648)]
    Least,
    /// A code of an even newer version.
    Unrecognized(UnrecognizedCode<Self>),
}

/// [`State`] in a newer version.
#[derive(Clone, Debug, PartialEq, Eq, CodedEnum)]
#[coded(crate = genledger_contract, text, max_chars = 16)]
pub(crate) enum NewerState {
    /// Open.
    #[code("open")]
    Open,
    /// New here: differs from an old code only in case.
    #[code("OPEN")]
    Shouted,
    /// A code of an even newer version.
    Unrecognized(UnrecognizedCode<Self>),
}
