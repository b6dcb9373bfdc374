//! Images and videos that are generated on a pool of provider accounts.

mod codes;
mod formats;

pub use codes::{
    AccountStatus, AccountType, AttemptOutcome, ErrorClass, GenerationStatus, MediaStatus, Medium,
    Site, SubmitState, TaskReady,
};
pub use formats::{ImageRatio, ImageResolution, ResponseFormat, VideoRatio, VideoResolution};
