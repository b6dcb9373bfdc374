//! Drops months of usage logs, with their sums or without.

use chrono::{DateTime, Utc};
use genledger_contract::schema::Partition;
use genledger_contract::{Entity, Filter, Result, Tx};

use super::UsageLogs;
use crate::partitions::{drop_if_possible, list_if_possible, of_store};
use crate::retention::Retention;
use crate::usage::{UsageLog, UsageLogFilter, rollup};

/// Verbs on the months of a table that the store's layout partitions.
impl UsageLogs {
    /// Drops the months all of whose logs are before a time, each at once and whatever it holds, and returns their
    /// partitions. The month that contains the time stays; its logs, and those of no month, are deleted by
    /// [`delete_before`](Self::delete_before).
    ///
    /// With roll-ups, the sums of the dropped logs are removed from all sets: first, no set is complete any more for times
    /// before, so that sums are read from the logs; then the months are dropped and the roll-ups repaired, and at last the
    /// sets are complete again. After an error or a killed process sums are right and slow, and the next call, with this
    /// time or a later one, continues. Without, roll-ups that other writers maintain become wrong. To drop months and keep their sums, call
    /// [`delete_before`](Self::delete_before) with [`keep_rollups`](Retention::keep_rollups).
    ///
    /// # Errors
    /// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) in a transaction, when the store does not partition
    /// the logs, and with roll-ups when sums of earlier logs were kept; those of
    /// [`Partitions`](genledger_contract::schema::Partitions) and of
    /// [`reconcile_set`](crate::usage::UsageRollups::reconcile_set).
    pub async fn drop_months_before(&self, time: DateTime<Utc>) -> Result<Vec<Partition>> {
        let partitions = of_store(&self.store, UsageLog::TABLE)?;
        if self.rollups.is_none() {
            return partitions.drop_before(time).await;
        }
        rollup::drop_before(&self.store, &*partitions, time).await
    }

    /// Drops whole months before rows are deleted, if no row is to be kept and no sum to be subtracted; returns their
    /// number.
    pub(super) async fn drop_whole_months(
        &self,
        before: DateTime<Utc>,
        filter: &UsageLogFilter,
        retention: &Retention,
    ) -> Result<u64> {
        retention.check()?;
        let keeps_sums = retention.keep_rollups;
        let all = filter.condition() == Filter::all() && retention.after.is_none();
        if !all || self.rollups.is_some() && !keeps_sums {
            return Ok(0);
        }
        let listed = list_if_possible(&self.store, UsageLog::TABLE).await?;
        if !listed.iter().any(|one| one.is_before(before)) {
            return Ok(0);
        }
        if keeps_sums {
            // Before the logs are gone, so that no `reconcile` compares their sums with nothing.
            let keep = |tx: Tx| async move { rollup::keep_before(&tx, before).await };
            self.store.transaction(keep).await?;
        }
        drop_if_possible(&self.store, UsageLog::TABLE, before).await
    }
}
