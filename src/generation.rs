//! Images and videos that are generated on a pool of provider accounts.
//!
//! | item | type |
//! |---|---|
//! | an account of the provider, a row of `jimeng_accounts` | [`ProviderAccount`], from [`NewProviderAccount`] |
//! | an image task, a row of `jimeng_image_generation_records` | [`ImageTask`], from [`NewImageTask`] |
//! | a video task, a row of `jimeng_video_generation_records` | [`VideoTask`], from [`NewVideoTask`] |
//! | the parts of a task | [`TaskRequest`] is given, [`TaskState`] and [`Stamps`] are set by the library; both kinds of task are a [`GenerationTask`] |
//! | an attempt: a lease, a slot and the history, a row of `generation_attempts` | [`GenerationAttempt`] |
//! | codes of the tables | [`AccountType`], [`Site`], [`AccountStatus`], [`MediaStatus`], [`GenerationStatus`], [`TaskReady`], [`Medium`], [`SubmitState`], [`AttemptOutcome`] |
//! | words of requests | [`ImageRatio`], [`VideoRatio`], [`ImageResolution`], [`VideoResolution`], [`ResponseFormat`] |
//! | what the models can do, and sizes in pixels | [`ModelTable`], [`Pixels`] |
//! | the verbs on accounts | [`ProviderAccounts`], with [`AccountChange`] and [`Edit`]; as a trait, [`ProviderAccountRepository`] |
//! | the verbs on tasks | [`GenerationTasks`]; as a trait, [`GenerationTaskRepository`] |
//! | leases of tasks: claims, reports of holders, expired leases, decisions | [`GenerationLeases`], with [`Claim`], [`Lease`], [`Failure`], [`GenerationResult`], [`Resolution`], [`Switch`], [`InboundChange`]; as a trait, [`GenerationLeaseRepository`] |
//! | one claimer for the workers of a process | [`Claimer`], with [`ClaimerConfig`]; as a trait, [`ClaimerRepository`] |
//! | leases of accounts without tasks | [`AccountPool`], with [`AccountClaim`] and [`AccountLease`]; as a trait, [`AccountPoolRepository`] |
//! | conditions | [`ProviderAccountFilter`], [`GenerationTaskFilter`] |
//! | failures, and what they do to a task and an account | [`FailureCode`], [`FailurePolicy`], [`Verdict`], [`RetryState`], [`AccountState`] |
//! | the choice of an account | [`Chooser`], [`ChoiceStrategy`], [`DailyResets`] |
//!
//! This library contains no client of the provider: a service claims tasks, calls the provider, and reports the outcome.
//!
//! # Statuses
//!
//! | from | to |
//! |---|---|
//! | `Pending` | `Processing`, when it is claimed; `Failed`, when it is cancelled |
//! | `Processing` | `Completed`; `Failed`; `Retrying`, if it is continued later |
//! | `Retrying` | `Processing`, when it is claimed; `Failed`, when it is cancelled |
//! | `Completed`, `Failed` | `Pending`, when it is generated again |
//!
//! [`GenerationStatus::can_become`] is this table as a function.
//!
//! # Tables
//!
//! The columns of a table that existed before have their names and meaning; those of this library are added. A
//! storyboard of a project has at most one task of each kind that is not deleted, and a session at most one account on
//! each site; deleted rows stay as history, any number of them. The indexes of the two tables of tasks have different
//! names, since PostgreSQL and SQLite have one index of a name in a schema.
//!
//! A session id is a secret: `Debug`, errors, events and JSON do not contain it.

mod account;
mod account_change;
mod account_columns;
mod account_event;
mod account_filter;
mod account_pool;
mod account_row;
mod account_slots;
mod account_state;
mod accounts;
mod attempt;
mod change;
mod choice;
mod claim_order;
mod claimer;
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
mod settings;
mod stamps;
mod state;
mod store_time;
mod task;
mod task_request;
mod task_state;
mod tasks;
mod text_list;
mod use_end;
mod video_task;

pub use account::{AccountUsage, AccountUsageColumns, NewProviderAccount, ProviderAccount};
pub use account_change::AccountChange;
pub use account_filter::ProviderAccountFilter;
#[cfg(feature = "mock")]
pub use account_pool::MockAccountPoolRepository;
pub use account_pool::{
    AccountClaim, AccountLease, AccountPool, AccountPoolRepository, ClaimedAccounts, LeasedAccount,
};
pub use account_state::AccountState;
#[cfg(feature = "mock")]
pub use accounts::MockProviderAccountRepository;
pub use accounts::{ProviderAccountRepository, ProviderAccounts};
pub use attempt::GenerationAttempt;
pub use choice::{Candidate, Choice, ChoiceStrategy, Chooser, Standing};
pub use claim_order::ClaimPlace;
#[cfg(feature = "mock")]
pub use claimer::MockClaimerRepository;
pub use claimer::{Claimer, ClaimerConfig, ClaimerRepository};
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
    AdoptedBacklog, Claim, Claimed, Empty, Failure, GenerationLeaseRepository, GenerationLeases,
    GenerationResult, Inbound, InboundChange, Lease, LeasedTask, Resolution, SlotFault, Swept,
    Switch,
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
