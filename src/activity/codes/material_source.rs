//! Where the material image comes from.

use crate::contract::{CodedEnum, UnrecognizedCode};

/// Where the material image comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum MaterialSource {
    /// There is none.
    #[code(1)]
    None,
    /// From the platform.
    #[code(2)]
    OnSite,
    /// From outside of the platform.
    #[code(3)]
    OffSite,
    /// A template of the platform.
    #[code(4)]
    PlatformTemplate,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}
