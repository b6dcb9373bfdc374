//! Totals and rates.

use genledger_contract::entity::Column;
use genledger_contract::{Embed, Entity, Error, JsonRecord, Violation};
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Embed, JsonRecord)]
pub struct UsageTotals {
    /// The number of rows of the kind `Consume`.
    #[column(filter, default = 0)]
    pub requests: i64,
    /// Quota units that they cost.
    #[column(filter, default = 0)]
    pub quota: i64,
    /// Tokens of their prompts.
    #[column(filter, default = 0)]
    pub prompt_tokens: i64,
    /// Tokens of their completions.
    #[column(filter, default = 0)]
    pub completion_tokens: i64,
    /// The number of rows of the kind `Refund`.
    #[column(filter, default = 0)]
    pub refunds: i64,
    /// Quota units that they gave back.
    #[column(filter, default = 0)]
    pub refunded_quota: i64,
}

/// How many numbers the totals are.
pub(in crate::usage) const NUMBERS: usize = UsageTotals::COLUMNS.len();

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

    /// The names of the numbers.
    pub(in crate::usage) fn names() -> [&'static str; NUMBERS] {
        std::array::from_fn(|number| Self::COLUMNS[number].name)
    }

    /// The columns of the numbers in a table into which they are flattened.
    pub(in crate::usage) fn columns<E: Entity>() -> [Column<E, i64>; NUMBERS] {
        Self::names().map(Column::named)
    }

    pub(in crate::usage) const fn numbers(&self) -> [i64; NUMBERS] {
        [
            self.requests,
            self.quota,
            self.prompt_tokens,
            self.completion_tokens,
            self.refunds,
            self.refunded_quota,
        ]
    }

    pub(in crate::usage) const fn of_numbers(numbers: [i64; NUMBERS]) -> Self {
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
