//! Statistics of usage: what was consumed and refunded, and how fast.

mod exact;
mod fold;
mod grouping;
mod source;
mod totals;

pub(super) use exact::ExactTotals;
pub(super) use fold::{Groups, QUARTER, add_logs, add_sums, finished, grouped, sums};
pub use grouping::{GroupedUsage, UsageDimension, UsageGroup, UsageGrouping};
pub(super) use source::{Source, by_dimension};
pub(super) use totals::{NUMBERS, overflow};
pub use totals::{UsageStats, UsageTotals, UsageTotalsColumns};
