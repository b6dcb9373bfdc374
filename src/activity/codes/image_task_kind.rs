//! What kind of image generation was asked for (`GenerateImageEnum`).

use crate::contract::{CodedEnum, UnrecognizedCode};

/// What kind of image generation was asked for (`GenerateImageEnum`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum ImageTaskKind {
    /// A style of the user's choice.
    #[code(1)]
    StyleSelection,
    /// A model of the hall of fame.
    #[code(2)]
    HallOfFame,
    /// A model of the user's own.
    #[code(3)]
    MyModel,
    /// Edit and redraw.
    #[code(4)]
    EditRedraw,
    /// Drawing in 3D.
    #[code(5)]
    Drawing3d,
    /// In a conversation.
    #[code(6)]
    AiChat,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}
