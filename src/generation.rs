//! Images and videos that are generated on a pool of provider accounts.

mod account;
mod account_columns;
mod account_filter;
mod account_state;
mod accounts;
mod attempt;
mod change;
mod choice;
mod codes;
mod edit;
mod event;
mod failure;
mod filter;
mod formats;
mod image_task;
mod leases;
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
mod task;
mod task_request;
mod task_state;
mod tasks;
mod text_list;
mod use_end;
mod video_task;

pub use account::{AccountUsage, AccountUsageColumns, NewProviderAccount, ProviderAccount};
pub use account_filter::ProviderAccountFilter;
pub use account_state::AccountState;
#[cfg(feature = "mock")]
pub use accounts::MockProviderAccountRepository;
pub use accounts::{ProviderAccountRepository, ProviderAccounts};
pub use attempt::GenerationAttempt;
pub use choice::{Candidate, Choice, ChoiceStrategy, Chooser, Standing};
pub use codes::{
    AccountStatus, AccountType, AttemptOutcome, ErrorClass, GenerationStatus, MediaStatus, Medium,
    Site, SubmitState, TaskReady,
};
pub use edit::Edit;
pub use failure::{
    AccountEffect, FailureCode, FailurePolicy, RemoteStatus, StandardFailures, TaskVerdict, Verdict,
};
pub use filter::GenerationTaskFilter;
pub use formats::{ImageRatio, ImageResolution, ResponseFormat, VideoRatio, VideoResolution};
pub use image_task::{ImageTask, NewImageTask};
#[cfg(feature = "mock")]
pub use leases::MockGenerationLeaseRepository;
pub use leases::{
    Claim, Claimed, Empty, Failure, GenerationLeaseRepository, GenerationLeases, GenerationResult, Lease,
    LeasedTask, Swept,
};
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
pub use task::GenerationTask;
pub use task_request::{TaskRequest, TaskRequestColumns};
pub use task_state::{TaskState, TaskStateColumns};
#[cfg(feature = "mock")]
pub use tasks::MockGenerationTaskRepository;
pub use tasks::{GenerationTaskRepository, GenerationTasks};
pub use text_list::TextList;
pub use use_end::{UseEnd, with_jitter};
pub use video_task::{NewVideoTask, VideoTask};
