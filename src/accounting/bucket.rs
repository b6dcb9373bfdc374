//! `Bucket`: what can be used of a model, each priced by itself.

use std::fmt;

use super::UsageUnit;

/// What can be used of a model. The buckets are disjoint: a cached token is counted in `cache_read`, and not in `input`.
///
/// ```
/// use genledger::accounting::{Bucket, BucketKind};
///
/// assert_eq!(Bucket::from_name("cache_write_1h"), Some(Bucket::CacheWrite1h));
/// assert_eq!(Bucket::CacheWrite1h.kind(), BucketKind::Prompt);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// Tokens of the prompt that were not cached.
    Input,
    /// Tokens of the prompt that were read from a cache.
    CacheRead,
    /// Tokens of the prompt that were written into a cache for 5 minutes.
    CacheWrite,
    /// Tokens of the prompt that were written into a cache for an hour.
    CacheWrite1h,
    /// Tokens of audio in the prompt.
    AudioInput,
    /// Tokens of images in the prompt.
    ImageInput,
    /// Tokens of the completion.
    Output,
    /// Tokens of audio in the completion.
    AudioOutput,
    /// Tokens of images in the completion.
    ImageOutput,
    /// Images.
    Image,
    /// Seconds of audio or video.
    Second,
    /// Minutes of audio or video.
    Minute,
    /// Characters of text.
    Character,
    /// Calls.
    Call,
}

/// What a bucket counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BucketKind {
    /// Tokens of the prompt, whole numbers; their sum decides the tier of a price.
    Prompt,
    /// Tokens of the completion, whole numbers.
    Completion,
    /// A unit other than tokens, with at most 4 digits after the point.
    Unit,
}

impl Bucket {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 14] = [
        Self::Input,
        Self::CacheRead,
        Self::CacheWrite,
        Self::CacheWrite1h,
        Self::AudioInput,
        Self::ImageInput,
        Self::Output,
        Self::AudioOutput,
        Self::ImageOutput,
        Self::Image,
        Self::Second,
        Self::Minute,
        Self::Character,
        Self::Call,
    ];

    /// The name in quantities and price sheets.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CacheRead => "cache_read",
            Self::CacheWrite => "cache_write",
            Self::CacheWrite1h => "cache_write_1h",
            Self::AudioInput => "audio_input",
            Self::ImageInput => "image_input",
            Self::Output => "output",
            Self::AudioOutput => "audio_output",
            Self::ImageOutput => "image_output",
            Self::Image => "image",
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Character => "character",
            Self::Call => "call",
        }
    }

    /// The bucket with a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bucket| bucket.name() == name)
    }

    /// What it counts.
    #[must_use]
    pub const fn kind(self) -> BucketKind {
        match self {
            Self::Input
            | Self::CacheRead
            | Self::CacheWrite
            | Self::CacheWrite1h
            | Self::AudioInput
            | Self::ImageInput => BucketKind::Prompt,
            Self::Output | Self::AudioOutput | Self::ImageOutput => BucketKind::Completion,
            Self::Image | Self::Second | Self::Minute | Self::Character | Self::Call => {
                BucketKind::Unit
            }
        }
    }

    /// The unit that it counts.
    #[must_use]
    pub const fn unit(self) -> UsageUnit {
        match self {
            Self::Image => UsageUnit::Image,
            Self::Second => UsageUnit::Second,
            Self::Minute => UsageUnit::Minute,
            Self::Character => UsageUnit::Character,
            Self::Call => UsageUnit::Call,
            _ => UsageUnit::Token,
        }
    }

    /// Its place among all buckets.
    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
