//! The kind of client that a user acts from.

use crate::contract::{CodedEnum, UnrecognizedCode};

/// The kind of client that a user acts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, CodedEnum)]
#[coded(i16)]
pub enum ClientType {
    /// Not known; also what a missing value is read as, never the web.
    #[default]
    #[code(-1)]
    Unknown,
    /// A browser on a computer.
    #[code(0)]
    Web,
    /// The app on iOS.
    #[code(1)]
    Ios,
    /// The app on Android.
    #[code(2)]
    Android,
    /// A mini program inside another app.
    #[code(3)]
    MiniProgram,
    /// A browser on a phone. (4 is not assigned.)
    #[code(5)]
    H5,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}
