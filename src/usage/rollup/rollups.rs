//! `UsageRollups`: the verbs on roll-ups.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger_contract::{Result, Store, Tx, repository};

use super::coverage::registered;
use super::reconcile::{check_range, reconcile, remove};
use super::sums::totals;
use super::{UsageRollupCoverage, UsageRollupSet, UsageSums};
use crate::store_or_tx::StoreOrTx;
use crate::usage::{UsageGrouping, UsageLogFilter, UserUsageLogFilter};

/// Sums of usage, read from [roll-ups](super::UsageRollup) instead of the logs themselves.
///
/// They are exact as long as every writer maintains them: create the logs
/// [`with_rollups`](crate::usage::UsageLogs::with_rollups) everywhere.
///
/// ```
/// use chrono_tz::Asia::Kolkata;
/// use genledger::prelude::*;
/// use genledger::time::{Calendar, Period};
/// use genledger::usage::{UsageDimension, UsageGrouping, UsageRollups, UsageRollupSet, UsageSource};
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
/// let of_user = UsageLogFilter::new().user_id(42);
/// let days = rollups.totals(&of_user, &daily).await?;
/// assert_eq!(days.groups[0].totals.quota, 900);
/// let by_user = UsageRollupSet::of([UsageDimension::User, UsageDimension::Model]);
/// assert_eq!(days.sources, [UsageSource::Rollups(by_user)]);
///
/// // No roll-up has the name of a token: the sums of the logs, with the same result.
/// let days = rollups.totals(&of_user.token_name(""), &daily).await?;
/// assert_eq!(days.groups[0].totals.quota, 900);
/// assert_eq!(days.sources, [UsageSource::Logs]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct UsageRollups {
    store: StoreOrTx,
    sets: Arc<[UsageRollupSet]>,
}

impl UsageRollups {
    /// The roll-ups of a store, with the sets [`UsageRollupSet::DEFAULT`].
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store: StoreOrTx::Store(store),
            sets: UsageRollupSet::DEFAULT.into(),
        }
    }

    /// With these sets, which [`reconcile`](Self::reconcile) creates. Sums are read from all sets that are
    /// complete, whichever writer declared them.
    #[must_use]
    pub fn with_sets(mut self, sets: impl IntoIterator<Item = UsageRollupSet>) -> Self {
        self.sets = sets.into_iter().collect();
        self
    }

    /// The same roll-ups in a transaction.
    #[must_use]
    pub fn within(&self, tx: &Tx) -> Self {
        Self {
            store: StoreOrTx::Transaction(tx.clone()),
            ..self.clone()
        }
    }
}

/// The verbs on roll-ups, for services that mock them: [`UsageRollups`] in production, and in a unit test
/// a `MockUsageRollupRepository` (feature `mock`).
///
/// # Errors
/// Every verb returns the kinds listed at it and those of [`Session`](genledger_contract::Session).
#[repository(UsageRollupRepository)]
impl UsageRollups {
    /// The sums of each group, for administrators, with the result of
    /// [`UsageLogs::totals`](crate::usage::UsageLogs::totals), and what they were computed from.
    ///
    /// That is the smallest set that contains the dimensions of the filter and of the grouping and is
    /// [complete](super::UsageRollupCoverage) for the time of the filter. It is the logs when no set is, or
    /// when the filter has a condition that roll-ups have no column for: a kind, a name of a user or a token, a
    /// request, a text, or [`and`](UsageLogFilter::and). Parts of a quarter of an hour at the ends of the
    /// time come from the logs as well, and so do quarters in which a period begins (as in Newfoundland until
    /// 2011). Several statements are not one snapshot, unless a transaction of the application makes them one.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `overflow` for a sum that does not fit
    /// into 64 bits; also those of [`Session`](genledger_contract::Session).
    pub async fn totals(
        &self,
        filter: &UsageLogFilter,
        grouping: &UsageGrouping,
    ) -> Result<UsageSums> {
        let session = self.store.session();
        totals(&*session, filter, grouping).await
    }

    /// The sums of a user's own logs, with the result of
    /// [`UsageLogs::totals_for_user`](crate::usage::UsageLogs::totals_for_user).
    ///
    /// # Errors
    /// As [`totals`](Self::totals), and [`Invalid`](genledger_contract::ErrorKind::Invalid) for a
    /// grouping by channel, which is hidden from users.
    pub async fn totals_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        grouping: &UsageGrouping,
    ) -> Result<UsageSums> {
        grouping.for_users()?;
        self.totals(&filter.of_user(user_id), grouping).await
    }

    /// [`reconcile_set`](Self::reconcile_set) for one set after the other: those of
    /// [`with_sets`](UsageRollups::with_sets), and all others in the database. Returns the number of repaired roll-ups
    /// of all of them: 0 proves that the sums agree.
    ///
    /// # Errors
    /// Those of [`reconcile_set`](Self::reconcile_set).
    pub async fn reconcile(&self, from: DateTime<Utc>, before: DateTime<Utc>) -> Result<u64> {
        check_range(from, before)?;
        let mut sets: BTreeSet<UsageRollupSet> = self.sets.iter().copied().collect();
        let registered = self.coverage().await?;
        sets.extend(registered.iter().filter_map(UsageRollupCoverage::set));
        let mut repaired = 0;
        for set in sets {
            repaired += reconcile(&self.store, set, (from, before)).await?;
        }
        Ok(repaired)
    }

    /// Compares the roll-ups of a set from `from` (included) to `before` (excluded) with the logs, repairs those
    /// that are wrong, and returns their number: 0 proves that the sums agree. It also creates the roll-ups of a
    /// table that was filled without them, and those of a new set.
    ///
    /// From its beginning on, every writer with roll-ups maintains the set. At its end, the set is complete for the
    /// range, and also for all times before and after it if no log is there: pass a `before` that is later
    /// than the newest log, such as the end of tomorrow. Ranges that touch are joined; of two that do not touch,
    /// the later one is recorded. A transaction that began before the set was declared does not maintain it:
    /// declare a new set with the writers, and reconcile it when their older transactions have ended.
    ///
    /// Times before which logs were deleted and [their sums kept](crate::retention::Retention::keep_rollups) are left
    /// as they are: they are not compared, and a set that was declared later is not complete for them.
    ///
    /// Logs may be written meanwhile. It processes one day after the other, with all sums of a day in memory;
    /// days of a set per day are processed whole. A day that differs is repaired in its own transaction, for which
    /// writers of its buckets wait; after an error, the days before it have been repaired.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a time that is not a whole quarter of an
    /// hour, for an empty range, and for a sum that does not fit into 64 bits;
    /// [`SerializationFailure`](genledger_contract::ErrorKind::SerializationFailure) when the set is removed
    /// meanwhile, or logs of the day at hand are deleted and their sums kept: call it again; also those of [`StoreExt::transaction`](genledger_contract::StoreExt::transaction).
    pub async fn reconcile_set(
        &self,
        set: UsageRollupSet,
        from: DateTime<Utc>,
        before: DateTime<Utc>,
    ) -> Result<u64> {
        check_range(from, before)?;
        reconcile(&self.store, set, (from, before)).await
    }

    /// The sets that writers maintain, and the times for which they are complete.
    ///
    /// # Errors
    /// Those of [`Session`](genledger_contract::Session).
    pub async fn coverage(&self) -> Result<Vec<UsageRollupCoverage>> {
        registered(&*self.store.session()).await
    }

    /// Removes a set that no writer declares any more, and deletes its roll-ups, a day at a time; returns their
    /// number. Sums are not read from it from the first moment on; after an error, call it again. A writer that
    /// still declares the set adds it again, incomplete.
    ///
    /// # Errors
    /// Those of [`Session`](genledger_contract::Session).
    pub async fn remove(&self, set: UsageRollupSet) -> Result<u64> {
        remove(&*self.store.session(), set).await
    }
}
