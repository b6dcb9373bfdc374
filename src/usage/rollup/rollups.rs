//! `UsageRollups`: the verbs on roll-ups.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger_contract::{Result, Store, Tx, Violation, repository};

use super::UsageRollupFilter;
use super::reconcile::reconcile;
use crate::store_or_tx::StoreOrTx;
use crate::usage::statistics::grouped;
use crate::usage::{GroupedUsage, UsageGrouping};

/// Sums of usage, read from [roll-ups](super::UsageRollup) instead of the logs themselves.
///
/// They are exact as long as every writer maintains them: create the logs
/// [`with_rollups`](crate::usage::UsageLogs::with_rollups) everywhere.
///
/// ```
/// use chrono_tz::Asia::Kolkata;
/// use genledger::prelude::*;
/// use genledger::time::{Calendar, Period};
/// use genledger::usage::{UsageGrouping, UsageRollupFilter, UsageRollups};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let logs = UsageLogs::new(store.clone()).with_rollups();
/// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
/// logs.append(&NewUsageLog::new(UsageLogType::Consume, 42).quota(900).into_log(&ids)?).await?;
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
    store: StoreOrTx,
}

impl UsageRollups {
    /// The roll-ups of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        let store = StoreOrTx::Store(store);
        Self { store }
    }

    /// The same roll-ups in a transaction.
    #[must_use]
    pub fn within(&self, tx: &Tx) -> Self {
        let store = StoreOrTx::Transaction(tx.clone());
        Self { store }
    }
}

/// The verbs on roll-ups, for services that mock them: [`UsageRollups`] in production, and in a unit test
/// a `MockUsageRollupRepository` (feature `mock`).
///
/// # Errors
/// Every verb returns the kinds listed at it and those of [`Session`](genledger_contract::Session).
#[repository(UsageRollupRepository)]
impl UsageRollups {
    /// The sums of each group, for administrators, as
    /// [`UsageLogs::totals`](crate::usage::UsageLogs::totals) reads them from the logs.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a time that is not a whole quarter of an
    /// hour, for a period that begins within one (as in Newfoundland until 2011), and for a sum that
    /// does not fit into 64 bits; also those of [`Session`](genledger_contract::Session).
    pub async fn totals(
        &self,
        filter: &UsageRollupFilter,
        grouping: &UsageGrouping,
    ) -> Result<Vec<GroupedUsage>> {
        let session = self.store.session();
        grouped(&*session, filter.condition()?, grouping).await
    }

    /// The sums of a user's own logs, whichever user the filter names, as
    /// [`UsageLogs::totals_for_user`](crate::usage::UsageLogs::totals_for_user) reads them from the logs.
    ///
    /// # Errors
    /// As [`totals`](Self::totals), and [`Invalid`](genledger_contract::ErrorKind::Invalid) for a
    /// filter or a grouping by channel, which is hidden from users.
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

    /// Compares the roll-ups from `from` (included) to `before` (excluded) with the logs, repairs those that
    /// are wrong, and returns their number: 0 proves that the sums agree. It also creates the roll-ups of a
    /// table that was filled without them.
    ///
    /// Logs may be written meanwhile. It processes one day after the other, with all sums of a day in memory.
    /// A day that differs is repaired in its own transaction, for which writers of its
    /// quarters wait; after an error, the days before it have been repaired.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a time that is not a whole quarter of an
    /// hour, for an empty range, and for a sum that does not fit into 64 bits; also those of
    /// [`StoreExt::transaction`](genledger_contract::StoreExt::transaction).
    pub async fn reconcile(&self, from: DateTime<Utc>, before: DateTime<Utc>) -> Result<u64> {
        reconcile(&self.store, from, before).await
    }
}
