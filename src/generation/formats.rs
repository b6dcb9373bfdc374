//! The words of requests: ratios, resolutions and response formats, text in the database.

use genledger_contract::CodedEnum;
use genledger_contract::entity::UnrecognizedCode;

/// How the provider returns media: the column `response_format`. Videos are returned by their URL only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 20)]
pub enum ResponseFormat {
    /// As URLs.
    #[default]
    #[code("url")]
    Url,
    /// As Base64 inside of the JSON.
    #[code("b64_json")]
    B64Json,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// The ratio of an image, width to height: the column `ratio`. It is a label, true to about 1 %.
///
/// ```
/// use genledger::generation::ImageRatio;
///
/// assert_eq!(ImageRatio::default().as_str(), "1:1");
/// assert_eq!(ImageRatio::from_str_code("21:9"), ImageRatio::R21x9);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 10)]
pub enum ImageRatio {
    /// A square.
    #[default]
    #[code("1:1")]
    R1x1,
    /// Landscape, 4 to 3.
    #[code("4:3")]
    R4x3,
    /// Portrait, 3 to 4.
    #[code("3:4")]
    R3x4,
    /// Landscape, 16 to 9.
    #[code("16:9")]
    R16x9,
    /// Portrait, 9 to 16.
    #[code("9:16")]
    R9x16,
    /// Landscape, 3 to 2.
    #[code("3:2")]
    R3x2,
    /// Portrait, 2 to 3.
    #[code("2:3")]
    R2x3,
    /// Wide, 21 to 9.
    #[code("21:9")]
    R21x9,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// The ratio of a video, width to height: the column `ratio`. It has no effect when images are given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 10)]
pub enum VideoRatio {
    /// A square.
    #[code("1:1")]
    R1x1,
    /// Landscape, 4 to 3.
    #[code("4:3")]
    R4x3,
    /// Portrait, 3 to 4.
    #[code("3:4")]
    R3x4,
    /// Landscape, 16 to 9.
    #[default]
    #[code("16:9")]
    R16x9,
    /// Portrait, 9 to 16.
    #[code("9:16")]
    R9x16,
    /// Wide, 21 to 9.
    #[code("21:9")]
    R21x9,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// The resolution of an image: the column `resolution`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 10)]
pub enum ImageResolution {
    /// About one megapixel.
    #[code("1k")]
    R1k,
    /// About four megapixels.
    #[default]
    #[code("2k")]
    R2k,
    /// About sixteen megapixels.
    #[code("4k")]
    R4k,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// The resolution of a video: the column `resolution`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 10)]
pub enum VideoResolution {
    /// 720 lines.
    #[default]
    #[code("720p")]
    R720p,
    /// 1080 lines.
    #[code("1080p")]
    R1080p,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}
