//! The sums.

use genledger_contract::{Error, Result, Violation};
use serde::{Deserialize, Serialize};

/// What requests consumed and what was given back.
///
/// ```
/// use genledger::usage::UsageTotals;
///
/// let totals = UsageTotals { quota: 900, refunded_quota: 1_000, ..UsageTotals::default() };
/// assert_eq!(totals.net_quota(), Some(-100));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UsageTotals {
    /// The number of rows of the kind `Consume`.
    pub requests: i64,
    /// Quota units that they cost.
    pub quota: i64,
    /// Tokens of their prompts.
    pub prompt_tokens: i64,
    /// Tokens of their completions.
    pub completion_tokens: i64,
    /// The number of rows of the kind `Refund`.
    pub refunds: i64,
    /// Quota units that they gave back.
    pub refunded_quota: i64,
}

impl UsageTotals {
    /// Quota units that were consumed and not given back; `None` when the difference does not fit.
    #[must_use]
    pub const fn net_quota(&self) -> Option<i64> {
        self.quota.checked_sub(self.refunded_quota)
    }

    /// Tokens of prompts and completions; `None` when the sum does not fit.
    #[must_use]
    pub const fn tokens(&self) -> Option<i64> {
        self.prompt_tokens.checked_add(self.completion_tokens)
    }

    /// Adds numbers to these.
    pub(crate) fn add(&mut self, other: &Self) -> Result<()> {
        self.combine(other, i64::checked_add)
    }

    /// Takes numbers from these.
    pub(crate) fn subtract(&mut self, other: &Self) -> Result<()> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(&mut self, other: &Self, with: fn(i64, i64) -> Option<i64>) -> Result<()> {
        let combine = |mine: i64, other: i64| with(mine, other).ok_or_else(overflow);
        *self = Self {
            requests: combine(self.requests, other.requests)?,
            quota: combine(self.quota, other.quota)?,
            prompt_tokens: combine(self.prompt_tokens, other.prompt_tokens)?,
            completion_tokens: combine(self.completion_tokens, other.completion_tokens)?,
            refunds: combine(self.refunds, other.refunds)?,
            refunded_quota: combine(self.refunded_quota, other.refunded_quota)?,
        };
        Ok(())
    }
}

pub(super) fn overflow() -> Error {
    Violation::new("totals", "overflow", "a sum does not fit into 64 bits").into()
}

/// What was consumed, and how fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UsageStats {
    /// The sums of what the filter selects.
    pub totals: UsageTotals,
    /// Requests a minute: rows of the kind `Consume` within the last 60 seconds.
    pub rpm: i64,
    /// Tokens a minute: those of the prompts and completions of these rows.
    pub tpm: i64,
}
