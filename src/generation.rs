//! Images and videos that are generated on a pool of provider accounts.

mod account;
mod account_columns;
mod account_state;
mod attempt;
mod choice;
mod claim_order;
mod codes;
mod failure;
mod formats;
mod image_task;
mod media_state;
mod models;
mod new_account;
mod new_task;
mod pairing;
mod pixels;
mod random;
mod reset;
mod retry;
mod rules;
mod stamps;
mod state;
mod task_request;
mod task_state;
mod text_list;
mod use_end;
mod video_task;

pub use account::{AccountUsage, AccountUsageColumns, NewProviderAccount, ProviderAccount};
pub use account_state::AccountState;
pub use attempt::GenerationAttempt;
pub use choice::{Candidate, Choice, ChoiceStrategy, Chooser, Standing};
pub use claim_order::ClaimPlace;
pub use codes::{
    AccountStatus, AccountType, AttemptOutcome, ErrorClass, GenerationStatus, MediaStatus, Medium,
    Site, SubmitState, TaskReady,
};
pub use failure::{
    AccountEffect, FailureCode, FailurePolicy, RemoteStatus, StandardFailures, TaskVerdict, Verdict,
};
pub use formats::{ImageRatio, ImageResolution, ResponseFormat, VideoRatio, VideoResolution};
pub use image_task::{ImageTask, NewImageTask};
pub use media_state::{CoolDown, CoolDowns, MediaEffect, MediaState, Usability};
pub use models::{ImageModel, ModelTable, Sites, VideoModel};
pub use pairing::{Pair, Shortage, TaskNeed, pair_tasks, shortage, tasks_seen};
pub use pixels::Pixels;
pub use random::SplitMix64;
pub use reset::DailyResets;
pub use retry::{
    Continuation, MAX_HOPS, MAX_TASK_RETRY_AFTER, RETRY_WAITS, RetryState, retry_wait,
};
pub use stamps::{Stamps, StampsColumns};
pub use task_request::{TaskRequest, TaskRequestColumns};
pub use task_state::{TaskState, TaskStateColumns};
pub use text_list::TextList;
pub use use_end::{UseEnd, with_jitter};
pub use video_task::{NewVideoTask, VideoTask};
