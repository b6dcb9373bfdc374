//! The verbs on roll-ups.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger_contract::{Result, Store, Violation};

use super::UsageRollupFilter;
use super::reconcile::reconcile;
use crate::usage::statistics::grouped;
use crate::usage::{GroupedUsage, UsageGrouping};

/// Sums of usage, answered from [roll-ups](super::UsageRollup) instead of the logs themselves.
///
/// They are exact as long as every writer keeps them: open the logs with
/// [`UsageLogStore::with_rollups`](crate::usage::UsageLogStore::with_rollups) everywhere.
///
/// ```
/// use chrono_tz::Asia::Kolkata;
/// use genledger::id::{LogIdGenerator, NodeId};
/// use genledger::prelude::*;
/// use genledger::time::{Calendar, Period};
/// use genledger::usage::{UsageGrouping, UsageRollupFilter, UsageRollups};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let logs = UsageLogStore::with_rollups(store.clone());
/// let ids = LogIdGenerator::system(NodeId::ZERO);
/// logs.append(&NewUsageLog::new(LogType::Consume, 42).quota(900).into_log(&ids)?).await?;
///
/// let rollups = UsageRollups::new(store);
/// let daily = UsageGrouping::new().per(Calendar::new(Period::Day, Kolkata));
/// let days = rollups.totals(&UsageRollupFilter::new().user_id(42), &daily).await?;
/// assert_eq!(days[0].totals.quota, 900);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct UsageRollups {
    store: Arc<dyn Store>,
}

impl UsageRollups {
    /// The roll-ups of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// The sums of each group, for administrators, as
    /// [`totals_all`](crate::usage::UsageStatistics::totals_all) answers them from the logs.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a time that is no whole quarter of an
    /// hour, for a period that begins within one (as in Newfoundland until 2011), and for a sum that
    /// does not fit; otherwise those of the store.
    pub async fn totals(
        &self,
        filter: &UsageRollupFilter,
        grouping: &UsageGrouping,
    ) -> Result<Vec<GroupedUsage>> {
        grouped(&*self.store.session(), filter.condition()?, grouping).await
    }

    /// The sums of a user's own logs, whichever user the filter names, as
    /// [`totals_for_user`](crate::usage::UsageStatistics::totals_for_user) answers them from the logs.
    ///
    /// # Errors
    /// As [`totals`](Self::totals), and [`Invalid`](genledger_contract::ErrorKind::Invalid) for a
    /// filter or a grouping by channel, which no user sees.
    pub async fn totals_for_user(
        &self,
        user_id: i64,
        filter: &UsageRollupFilter,
        grouping: &UsageGrouping,
    ) -> Result<Vec<GroupedUsage>> {
        grouping.for_users()?;
        if filter.channel_id.is_some() {
            let message = "users do not see channels";
            return Err(Violation::new("channel_id", "hidden", message).into());
        }
        self.totals(&filter.clone().user_id(user_id), grouping)
            .await
    }

    /// Compares the roll-ups from a time on and before another with the logs, mends those that are
    /// wrong, and returns how many they were: 0 proves that the sums agree. It makes the roll-ups of
    /// a table that is older than they are.
    ///
    /// Logs may be written meanwhile. It goes from day to day, with all sums of a day in memory. Where
    /// something differs, the day is mended in a transaction of its own, for which writers of its
    /// quarters wait; after an error, the days before are mended.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a time that is no whole quarter of an
    /// hour, for an empty range, and for a sum that does not fit; otherwise those of
    /// [`StoreExt::transaction`](genledger_contract::StoreExt::transaction).
    pub async fn reconcile(&self, from: DateTime<Utc>, before: DateTime<Utc>) -> Result<u64> {
        reconcile(&self.store, from, before).await
    }
}
