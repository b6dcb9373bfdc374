//! Totals and rates.

use genledger_contract::{Error, Violation};
use serde::{Deserialize, Serialize};

use crate::json::value_free_json;

/// What was consumed and refunded.
///
/// ```
/// use genledger::usage::UsageTotals;
///
/// let totals = UsageTotals { quota: 900, refunded_quota: 1_000, ..UsageTotals::default() };
/// assert_eq!(totals.net_quota(), Some(-100));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self")]
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
    /// Quota units that were refunded.
    pub refunded_quota: i64,
}

value_free_json!(UsageTotals);

impl UsageTotals {
    /// Quota units that were consumed and not refunded; `None` when the difference does not fit.
    #[must_use]
    pub const fn net_quota(&self) -> Option<i64> {
        self.quota.checked_sub(self.refunded_quota)
    }

    /// Tokens of prompts and completions; `None` when the sum does not fit.
    #[must_use]
    pub const fn tokens(&self) -> Option<i64> {
        self.prompt_tokens.checked_add(self.completion_tokens)
    }

    /// The names of the numbers, here and in the table of roll-ups.
    pub(in crate::usage) const NAMES: [&'static str; 6] = [
        "requests",
        "quota",
        "prompt_tokens",
        "completion_tokens",
        "refunds",
        "refunded_quota",
    ];

    pub(in crate::usage) const fn numbers(&self) -> [i64; 6] {
        [
            self.requests,
            self.quota,
            self.prompt_tokens,
            self.completion_tokens,
            self.refunds,
            self.refunded_quota,
        ]
    }

    pub(in crate::usage) const fn of_numbers(numbers: [i64; 6]) -> Self {
        let [
            requests,
            quota,
            prompt_tokens,
            completion_tokens,
            refunds,
            refunded_quota,
        ] = numbers;
        Self {
            requests,
            quota,
            prompt_tokens,
            completion_tokens,
            refunds,
            refunded_quota,
        }
    }
}

pub(in crate::usage) fn overflow(name: &'static str) -> Error {
    Violation::new(name, "overflow", "is a sum that does not fit into 64 bits").into()
}

/// Totals, and rates of the last minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct UsageStats {
    /// The sums of what the filter selects.
    pub totals: UsageTotals,
    /// Requests a minute: rows of the kind `Consume` within the last 60 seconds.
    pub rpm: i64,
    /// Tokens a minute: those of the prompts and completions of these rows.
    pub tpm: i64,
}

value_free_json!(UsageStats);
