//! The part of a task that the library sets, of images and videos alike.

use chrono::{DateTime, Utc};
use genledger_contract::json::millis;
use genledger_contract::{Embed, JsonRecord};

use super::{AccountType, GenerationStatus, Site, TaskReady};
use crate::id::{GenerationAttemptId, ProviderAccountId};

/// How far a task is: the columns that images and videos have in common.
#[derive(Clone, Debug, PartialEq, Eq, Embed, JsonRecord)]
#[non_exhaustive]
pub struct TaskState {
    /// The account of the latest attempt; absent before the first.
    #[column(filter)]
    pub jimeng_accounts_id: Option<ProviderAccountId>,
    /// The site of the latest attempt.
    #[column(filter)]
    pub site_used: Option<Site>,
    /// The status.
    #[column(filter, default = 0)]
    #[json(default)]
    pub generation_status: GenerationStatus,
    /// The id of the task at the provider, once it has accepted it; at most 100 characters.
    #[column(max_chars = 100, filter)]
    pub remote_task_id: Option<String>,
    /// The time from the start to the end, in whole seconds; not negative.
    #[column(range(0, 2_147_483_647))]
    pub generation_time: Option<i32>,
    /// The error, `namespace:code`; at most 20 characters.
    #[column(max_chars = 20, filter)]
    pub error_code: Option<String>,
    /// What is known about the error.
    pub error_message: Option<String>,
    /// How often another account was used than for the attempt before.
    #[column(default = 0)]
    #[json(default)]
    pub site_switch_count: i32,
    /// The family of accounts that it is generated on.
    #[column(filter, default = 0)]
    #[json(default)]
    pub account_type: AccountType,
    /// The account that is not used for the next attempt, if there is another.
    pub avoid_account_id: Option<ProviderAccountId>,
    /// The next thing to be done with it.
    #[column(filter, default = 0)]
    #[json(default)]
    pub ready: TaskReady,
    /// The latest attempt.
    pub attempt_id: Option<GenerationAttemptId>,
    /// The number of attempts.
    #[column(default = 0)]
    #[json(default)]
    pub attempt_count: i32,
    /// Counts the leases of the task: its fencing number.
    #[column(default = 0)]
    #[json(default)]
    pub lease_seq: i64,
    /// Which generation it is: 1, and one more each time that it is generated again.
    #[column(default = 1)]
    pub run: i32,
    /// The retries of this run.
    #[column(default = 0)]
    #[json(default)]
    pub retry_count: i32,
    /// How often another account was needed in this run, which is not counted as a retry.
    #[column(default = 0)]
    #[json(default)]
    pub hop_count: i32,
    /// When it continues, in UTC, to the millisecond.
    #[column(filter, time = "datetime3")]
    #[json(with = millis)]
    pub next_retry_at: Option<DateTime<Utc>>,
    /// When the latest attempt began, in UTC, to the millisecond.
    #[column(time = "datetime3")]
    #[json(with = millis)]
    pub started_at: Option<DateTime<Utc>>,
    /// When it was completed or failed, in UTC, to the millisecond.
    #[column(time = "datetime3")]
    #[json(with = millis)]
    pub finished_at: Option<DateTime<Utc>>,
    /// The number of the last change that came from the other system.
    #[column(default = 0)]
    #[json(default)]
    pub inbound_seq: i64,
}

impl TaskState {
    /// A task that waits for its first attempt, on an account of this family.
    #[must_use]
    pub const fn pending(account_type: AccountType) -> Self {
        Self {
            jimeng_accounts_id: None,
            site_used: None,
            generation_status: GenerationStatus::Pending,
            remote_task_id: None,
            generation_time: None,
            error_code: None,
            error_message: None,
            site_switch_count: 0,
            account_type,
            avoid_account_id: None,
            ready: TaskReady::Fresh,
            attempt_id: None,
            attempt_count: 0,
            lease_seq: 0,
            run: 1,
            retry_count: 0,
            hop_count: 0,
            next_retry_at: None,
            started_at: None,
            finished_at: None,
            inbound_seq: 0,
        }
    }
}
