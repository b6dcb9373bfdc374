//! `AccountLease`, the right to use an account without a task.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::contract::json::millis;
use crate::generation::{GenerationAttempt, Medium, ProviderAccount, Site};
use crate::id::{GenerationAttemptId, ProviderAccountId};

/// The right of one holder to use one slot of an account, for a limited time.
///
/// It contains no secret: the session of the account is in its row. A holder counts the time from before the claim by a
/// clock of its own that never goes back, and begins nothing after 90 % of it.
///
/// ```
/// use genledger::generation::AccountLease;
///
/// let json = r#"{"attempt_id":"0197a0f0-93c8-7f3b-8d0a-2f5a1f1f7a11","account_id":"0197a0f0-93c8-7f3b-8d0a-2f5a1f1f7a12",
///     "account_seq":7,"medium":1,"site":0,"holder":"worker-1","expires_at":1750000000123}"#;
/// let lease: AccountLease = serde_json::from_str(json)?;
/// assert_eq!((lease.account_seq, lease.holder.as_str()), (7, "worker-1"));
/// assert_eq!(serde_json::from_str::<AccountLease>(&serde_json::to_string(&lease)?)?, lease);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountLease {
    /// The attempt: the row that records the lease, and that takes the slot of the account.
    pub attempt_id: GenerationAttemptId,
    /// The account.
    pub account_id: ProviderAccountId,
    /// The fencing number of the account, which each lease increments, those of tasks as well.
    pub account_seq: i64,
    /// The kind of media that it is used for.
    pub medium: Medium,
    /// The site of the account.
    pub site: Site,
    /// Who holds it, a name for people; 1 to 64 characters.
    pub holder: String,
    /// When another holder may get the slot, by the clock of the store.
    #[serde(with = "millis")]
    pub expires_at: DateTime<Utc>,
}

impl AccountLease {
    /// The lease that an attempt without a task records; `None` without a lease.
    pub(super) fn of(attempt: &GenerationAttempt) -> Option<Self> {
        Some(Self {
            attempt_id: attempt.id,
            account_id: attempt.account_id?,
            account_seq: attempt.account_seq,
            medium: attempt.media,
            site: attempt.site?,
            holder: attempt.holder.clone(),
            expires_at: attempt.expires_at?,
        })
    }
}

/// An account with the lease of one of its slots.
///
/// ```
/// use genledger::generation::LeasedAccount;
///
/// /// What a client of the provider needs.
/// fn session(leased: &LeasedAccount) -> &str {
///     leased.account.session_id.expose()
/// }
/// # let _ = session;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeasedAccount {
    /// The lease.
    pub lease: AccountLease,
    /// The account as it was claimed.
    pub account: ProviderAccount,
}

impl LeasedAccount {
    /// An account with the lease that its attempt records; `None` without a lease.
    pub(super) fn of(attempt: &GenerationAttempt, account: ProviderAccount) -> Option<Self> {
        let lease = AccountLease::of(attempt)?;
        Some(Self { lease, account })
    }
}
