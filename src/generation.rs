//! Images and videos that are generated on a pool of provider accounts.

mod account_state;
mod choice;
mod codes;
mod failure;
mod formats;
mod media_state;
mod models;
mod pairing;
mod pixels;
mod random;
mod reset;
mod retry;
mod use_end;

pub use account_state::AccountState;
pub use choice::{Candidate, Choice, ChoiceStrategy, Chooser, Standing};
pub use codes::{
    AccountStatus, AccountType, AttemptOutcome, ErrorClass, GenerationStatus, MediaStatus, Medium,
    Site, SubmitState, TaskReady,
};
pub use failure::{
    AccountEffect, FailureCode, FailurePolicy, RemoteStatus, StandardFailures, TaskVerdict, Verdict,
};
pub use formats::{ImageRatio, ImageResolution, ResponseFormat, VideoRatio, VideoResolution};
pub use media_state::{CoolDown, CoolDowns, MediaEffect, MediaState, Usability};
pub use models::{ImageModel, ModelTable, Sites, VideoModel};
pub use pairing::{Pair, Shortage, TaskNeed, pair_tasks, shortage, tasks_seen};
pub use pixels::Pixels;
pub use random::SplitMix64;
pub use reset::DailyResets;
pub use retry::{
    Continuation, MAX_HOPS, MAX_TASK_RETRY_AFTER, RETRY_WAITS, RetryState, retry_wait,
};
pub use use_end::{UseEnd, with_jitter};
