//! `Lease`, the right to work on a task with an account.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::contract::json::millis;
use crate::generation::{GenerationAttempt, GenerationTask, SubmitState};
use crate::id::{GenerationAttemptId, ProviderAccountId};

/// The right of one holder to work on a task with an account, for a limited time. `I` is the type of the task's id.
///
/// It contains no secret: the session of the account is in its row. A holder counts the time from before the claim by a
/// clock of its own that never goes back, and begins nothing after 90 % of it.
///
/// ```
/// use genledger::generation::Lease;
/// use genledger::id::ImageTaskId;
///
/// let json = r#"{"task_id":"0197a0f0-93c8-7f3b-8d0a-2f5a1f1f7a10","attempt_id":"0197a0f0-93c8-7f3b-8d0a-2f5a1f1f7a11",
///     "seq":1,"holder":"worker-1","account_id":"0197a0f0-93c8-7f3b-8d0a-2f5a1f1f7a12","account_seq":7,
///     "expires_at":1750000000123}"#;
/// let lease: Lease<ImageTaskId> = serde_json::from_str(json)?;
/// assert_eq!((lease.seq, lease.holder.as_str()), (1, "worker-1"));
/// assert_eq!(serde_json::from_str::<Lease<ImageTaskId>>(&serde_json::to_string(&lease)?)?, lease);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lease<I> {
    /// The task.
    pub task_id: I,
    /// The attempt: the row that records the lease, and that takes the slot of the account.
    pub attempt_id: GenerationAttemptId,
    /// The fencing number of the task: a lease with another one is stale.
    pub seq: i64,
    /// Who holds it, a name for people; 1 to 64 characters.
    pub holder: String,
    /// The account.
    pub account_id: ProviderAccountId,
    /// The fencing number of the account when the attempt began.
    pub account_seq: i64,
    /// When another holder may get the task, by the clock of the store.
    #[serde(with = "millis")]
    pub expires_at: DateTime<Utc>,
}

/// A task with its lease.
///
/// ```
/// use genledger::generation::{ImageTask, LeasedTask, SubmitState};
///
/// /// Whether the holder submits the task. Otherwise the provider works on it already, and it is polled.
/// fn is_submitted_now(leased: &LeasedTask<ImageTask>) -> bool {
///     leased.submit_state == SubmitState::NotSent
/// }
/// # let _ = is_submitted_now;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeasedTask<T: GenerationTask> {
    /// The lease.
    pub lease: Lease<T::Id>,
    /// The task as it was claimed.
    pub task: T,
    /// How far the attempt is. Only a task that was not sent is submitted; one that the provider has accepted is polled
    /// with its `remote_task_id`.
    pub submit_state: SubmitState,
}

impl<T: GenerationTask> LeasedTask<T> {
    /// A task with the lease that its attempt records; `None` without a lease.
    pub(super) fn of(attempt: &GenerationAttempt, task: T) -> Option<Self> {
        let lease = Lease {
            task_id: task.id(),
            attempt_id: attempt.id,
            seq: attempt.seq,
            holder: attempt.holder.clone(),
            account_id: attempt.account_id?,
            account_seq: attempt.account_seq,
            expires_at: attempt.expires_at?,
        };
        Some(Self {
            lease,
            task,
            submit_state: attempt.submit_state,
        })
    }
}
