//! Usage logs of a model gateway: who called which model, what it consumed, and what it cost.
//!
//! | item | type |
//! |---|---|
//! | a row of the table `logs` | [`UsageLog`] |
//! | a new row | [`NewUsageLog`], checked and converted into a row by an id generator |
//! | the kinds of rows | [`UsageLogType`] |
//! | the details, as JSON | [`UsageLogOther`] with its typed keys |
//! | the verbs, on a store or in a transaction | [`UsageLogs`]; as a trait, [`UsageLogRepository`] |
//! | conditions | [`UsageLogFilter`] for administrators, [`UserUsageLogFilter`] for users |
//! | views | [`AdminUsageLog`], [`UserUsageLog`] |
//! | which rows keep the client's address | [`IpPolicy`] |
//! | token counts that add up | [`TokenBuckets`] |
//! | sums and rates, by model, user, channel, token, group, hour, day, month | [`UsageLogs::stats`], [`UsageLogs::totals`] |
//! | the same sums from fewer rows, those of the table `usage_rollups` | [`UsageRollups`], [`UsageRollup`], [`UsageRollupSet`] |
//! | the sets of dimensions that have roll-ups, and for which times | [`UsageRollupCoverage`] |
//!
//! Quota is counted in units; the systems that this table comes from count 500,000 units for 1 USD.

mod channel_names;
mod client_ip;
mod filter;
mod ip_policy;
mod logs;
mod new_usage_log;
mod other;
mod privacy;
mod rollup;
mod statistics;
mod tokens;
mod usage_log;
mod usage_log_type;
mod view;

pub use channel_names::{ChannelNames, NoChannelNames};
pub use client_ip::ClientIp;
pub use filter::{UsageLogFilter, UserUsageLogFilter};
pub use ip_policy::IpPolicy;
#[cfg(feature = "mock")]
pub use logs::MockUsageLogRepository;
pub use logs::{UsageLogRepository, UsageLogs};
pub use other::{AdminInfo, BillingSource, UsageLogOther};
#[cfg(feature = "mock")]
pub use rollup::MockUsageRollupRepository;
pub use rollup::{
    UsageDimensions, UsageDimensionsColumns, UsageRollup, UsageRollupCoverage,
    UsageRollupRepository, UsageRollupSet, UsageRollups, UsageSource, UsageSums,
};
pub use statistics::{
    GroupedUsage, UsageDimension, UsageGroup, UsageGrouping, UsageStats, UsageTotals,
    UsageTotalsColumns,
};
pub use tokens::TokenBuckets;
pub use usage_log::{LEGACY_INDEXES, NewUsageLog, UsageLog};
pub use usage_log_type::UsageLogType;
pub use view::{AdminUsageLog, UserUsageLog};
