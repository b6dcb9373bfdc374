//! The shape of a generated image (`Size`).

use crate::contract::{CodedEnum, UnrecognizedCode};

/// The shape of a generated image (`Size`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum ImageSize {
    /// 16:9, 768 × 432 pixels.
    #[code(16)]
    Landscape16x9,
    /// 1:1, 768 × 768 pixels.
    #[code(1)]
    Square,
    /// 3:4, 576 × 768 pixels.
    #[code(3)]
    Portrait3x4,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl ImageSize {
    /// Width and height in pixels; `None` for a code that this version does not know.
    ///
    /// ```
    /// use genledger::activity::ImageSize;
    ///
    /// assert_eq!(ImageSize::Landscape16x9.pixels(), Some((768, 432)));
    /// ```
    #[must_use]
    pub const fn pixels(self) -> Option<(u32, u32)> {
        match self {
            Self::Landscape16x9 => Some((768, 432)),
            Self::Square => Some((768, 768)),
            Self::Portrait3x4 => Some((576, 768)),
            Self::Unrecognized(_) => None,
        }
    }
}
