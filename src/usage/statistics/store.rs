//! Statistics over any store.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::{Filter, Result, Session};

use super::totals::overflow;
use super::{GroupedUsage, UsageGrouping, UsageStatistics, UsageStats, UsageTotals, grouped};
use crate::usage::{LogType, UsageLog, UsageLogFilter, UsageLogStore, UserUsageLogFilter};

#[async_trait]
impl UsageStatistics for UsageLogStore {
    async fn stats_all(&self, filter: &UsageLogFilter, now: DateTime<Utc>) -> Result<UsageStats> {
        let ever = UsageLogFilter {
            from: None,
            until: None,
            ..filter.clone()
        };
        stats(self.session(), filter.condition(), ever.condition(), now).await
    }

    async fn stats_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        now: DateTime<Utc>,
    ) -> Result<UsageStats> {
        let ever = UserUsageLogFilter {
            from: None,
            until: None,
            ..filter.clone()
        };
        let (asked, ever) = (filter.condition(user_id), ever.condition(user_id));
        stats(self.session(), asked, ever, now).await
    }

    async fn totals_all(
        &self,
        filter: &UsageLogFilter,
        grouping: &UsageGrouping,
    ) -> Result<Vec<GroupedUsage>> {
        grouped(self.session(), charged(filter.condition()), grouping).await
    }

    async fn totals_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        grouping: &UsageGrouping,
    ) -> Result<Vec<GroupedUsage>> {
        grouping.for_users()?;
        grouped(self.session(), charged(filter.condition(user_id)), grouping).await
    }
}

/// Those that cost something or gave it back.
fn charged(filter: Filter<UsageLog>) -> Filter<UsageLog> {
    filter & UsageLog::KIND.is_in([LogType::Consume, LogType::Refund])
}

async fn stats(
    session: &dyn Session,
    asked: Filter<UsageLog>,
    ever: Filter<UsageLog>,
    now: DateTime<Utc>,
) -> Result<UsageStats> {
    let totals = all(session, charged(asked)).await?;
    let minute_ago = now
        .checked_sub_signed(TimeDelta::seconds(60))
        .unwrap_or(now);
    let last_minute = UsageLog::CREATED_AT.gt(minute_ago) & UsageLog::CREATED_AT.le(now);
    let consumed = UsageLog::KIND.eq(LogType::Consume);
    let recent = all(session, ever & consumed & last_minute).await?;
    Ok(UsageStats {
        totals,
        rpm: recent.requests,
        tpm: recent.tokens().ok_or_else(|| overflow("tpm"))?,
    })
}

async fn all(session: &dyn Session, filter: Filter<UsageLog>) -> Result<UsageTotals> {
    let groups = grouped(session, filter, &UsageGrouping::new()).await?;
    Ok(groups.first().map(|group| group.totals).unwrap_or_default())
}
