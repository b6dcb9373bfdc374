//! Statistics of usage: what was consumed and refunded, and how fast.

mod exact;
mod fold;
mod grouping;
mod source;
mod store;
mod totals;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use genledger_contract::Result;

use super::{UsageLogFilter, UserUsageLogFilter};

pub(super) use exact::ExactTotals;
pub(super) use fold::{QUARTER, grouped, sums};
pub use grouping::{GroupedUsage, UsageDimension, UsageGroup, UsageGrouping};
pub(super) use source::{Source, by_dimension};
pub use totals::{UsageStats, UsageTotals};

/// Sums of usage logs, read from the logs themselves.
///
/// Sums look at the rows of the kinds [`Consume`](super::LogType::Consume) and
/// [`Refund`](super::LogType::Refund) only, whatever else a filter selects. A sum over millions of
/// rows takes seconds; [`UsageRollups`](super::UsageRollups) have a row for many of them.
///
/// [`UsageLogStore`](super::UsageLogStore) implements it over any store.
///
/// ```
/// use chrono_tz::Asia::Shanghai;
/// use genledger::id::{LogIdGenerator, NodeId};
/// use genledger::time::{Calendar, Period};
/// use genledger::usage::{
///     LogType, NewUsageLog, UsageDimension, UsageGrouping, UsageLogFilter, UsageLogStore, UsageLogs,
///     UsageStatistics,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let logs = UsageLogStore::new(&store);
///
/// let ids = LogIdGenerator::system(NodeId::ZERO);
/// let call = NewUsageLog::new(LogType::Consume, 42).model_name("gpt-4o").tokens(120, 35).quota(900);
/// let refund = NewUsageLog::new(LogType::Refund, 42).model_name("gpt-4o").quota(200);
/// let rows = [call.into_log(&ids)?, refund.into_log(&ids)?];
/// logs.append_many(&rows).await?;
///
/// let stats = logs.stats_all(&UsageLogFilter::new(), rows[0].created_at).await?;
/// assert_eq!((stats.totals.quota, stats.totals.refunded_quota), (900, 200));
/// assert_eq!(stats.totals.net_quota(), Some(700));
/// assert_eq!((stats.rpm, stats.tpm), (1, 155));
///
/// let by_day = UsageGrouping::new()
///     .by(UsageDimension::Model)
///     .per(Calendar::new(Period::Day, Shanghai));
/// let days = logs.totals_all(&UsageLogFilter::new(), &by_day).await?;
/// assert_eq!(days[0].group.model_name.as_deref(), Some("gpt-4o"));
/// assert_eq!(days[0].totals.requests, 1);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method answers, beside the kinds named at it, those of the store, and `Invalid` with the
/// rule `overflow` when a sum does not fit into 64 bits.
#[async_trait]
pub trait UsageStatistics: Send + Sync {
    /// The sums of the logs that a filter selects, and how fast they come: the rates are those of
    /// the 60 seconds that end with `now`, which is included, whatever times the filter asks for.
    ///
    /// Sums and rates are read one after the other; rows that are appended meanwhile may be in the
    /// rates only.
    async fn stats_all(&self, filter: &UsageLogFilter, now: DateTime<Utc>) -> Result<UsageStats>;

    /// [`stats_all`](Self::stats_all) of a user's own logs.
    async fn stats_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        now: DateTime<Utc>,
    ) -> Result<UsageStats>;

    /// The sums of each group, ordered by time and then by the other parts of the group; groups
    /// without a row are left out. Every group is in memory at once. Rows whose time is in no calendar
    /// are in groups of their own, without a [`begin`](UsageGroup::begin).
    async fn totals_all(
        &self,
        filter: &UsageLogFilter,
        grouping: &UsageGrouping,
    ) -> Result<Vec<GroupedUsage>>;

    /// [`totals_all`](Self::totals_all) of a user's own logs.
    ///
    /// `Invalid` for a grouping by channel, which no user sees.
    async fn totals_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        grouping: &UsageGrouping,
    ) -> Result<Vec<GroupedUsage>>;
}
