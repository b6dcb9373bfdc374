//! `UsageLogs`: the verbs on usage logs.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_core::stream::BoxStream;
use futures_util::StreamExt;
use genledger_contract::query::{Count, MAX_FILTER_VALUES, MAX_PAGE_SIZE};
use genledger_contract::{
    Filter, Query, Result, RowOutcome, Session, SessionExt, Store, Tx, Violation, repository,
};

use super::privacy::check_addresses;
use super::statistics::{grouped, overflow};
use super::{
    AdminUsageLog, ChannelNames, GroupedUsage, NoChannelNames, UsageGrouping, UsageLog,
    UsageLogFilter, UsageLogType, UsageRollupSet, UsageStats, UsageTotals, UserUsageLog,
    UserUsageLogFilter, rollup,
};
use crate::append::one_outcome;
use crate::id::UsageLogId;
use crate::log_writer::AppendLogs;
use crate::paging::{Listing, Paging};
use crate::retention::{Deleted, Retention, delete_in_batches};
use crate::store_or_tx::StoreOrTx;
use crate::validate::{Validate, validate_all};

/// The usage logs of a store, or in a transaction.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Arc;
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let names = HashMap::from([(12, String::from("eu-west"))]);
/// let logs = UsageLogs::new(store.clone())
///     .with_rollups()
///     .with_channel_names(Arc::new(names));
///
/// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
/// let log = NewUsageLog::new(UsageLogType::Consume, 42).channel_id(12).quota(900).into_log(&ids)?;
/// logs.append(&log).await?;
/// let page = logs.page(&UsageLogFilter::new(), &Paging::first(20)).await?;
/// assert_eq!(page.items[0].channel_name.as_deref(), Some("eu-west"));
///
/// // In a transaction, together with other writes:
/// let refund = NewUsageLog::new(UsageLogType::Refund, 42).quota(900).into_log(&ids)?;
/// let (logs, refund) = (&logs, &refund);
/// store
///     .transaction(|tx| async move { logs.within(&tx).append(refund).await })
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct UsageLogs {
    store: StoreOrTx,
    /// The sets whose roll-ups are maintained; `None` for no roll-ups.
    rollups: Option<Arc<[UsageRollupSet]>>,
    channels: Arc<dyn ChannelNames>,
}

impl UsageLogs {
    /// The logs of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store: StoreOrTx::Store(store),
            rollups: None,
            channels: Arc::new(NoChannelNames),
        }
    }

    /// The same logs in a transaction: everything that is written is part of it. Each write is atomic by
    /// itself there as well: after a failed write, the transaction can continue.
    ///
    /// With roll-ups, use one append of many rows instead of many appends: one append writes roll-ups in an
    /// order that cannot deadlock, while several appends of a transaction can. Two appends at the same
    /// time on one transaction are not queued: the second is refused with
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid).
    #[must_use]
    pub fn within(&self, tx: &Tx) -> Self {
        Self {
            store: StoreOrTx::Transaction(tx.clone()),
            ..self.clone()
        }
    }

    /// With [roll-ups](super::UsageRollup) of the sets [`UsageRollupSet::DEFAULT`]: every append adds to them, and
    /// every delete subtracts from them, in the transaction that writes the rows.
    ///
    /// Each write of a store is then retried like
    /// [`StoreExt::transaction`](genledger_contract::StoreExt::transaction), and returns the errors of
    /// that method as well.
    ///
    /// The roll-ups are exact if every writer maintains them. For logs that are older than the roll-ups,
    /// [`reconcile`](super::UsageRollups::reconcile) creates them.
    #[must_use]
    pub fn with_rollups(self) -> Self {
        self.with_rollup_sets(UsageRollupSet::DEFAULT)
    }

    /// [`with_rollups`](Self::with_rollups) of these sets, and of those that other writers declared: the table
    /// [`usage_rollup_coverage`](super::UsageRollupCoverage) lists the sets that every writer maintains. A set stays
    /// in it until it is [removed](super::UsageRollups::remove).
    ///
    /// ```
    /// use genledger::prelude::*;
    /// use genledger::usage::{UsageDimension::{Channel, Model}, UsageRollupSet};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let store = genledger::connect("memory:").await?;
    /// let by_model = UsageRollupSet::of([Model]);
    /// let by_channel = UsageRollupSet::of([Channel, Model]).per_day();
    /// let logs = UsageLogs::new(store).with_rollup_sets([by_model, by_channel]);
    /// # let _ = logs;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_rollup_sets(mut self, sets: impl IntoIterator<Item = UsageRollupSet>) -> Self {
        self.rollups = Some(sets.into_iter().collect());
        self
    }

    /// Shows administrators the names of channels.
    #[must_use]
    pub fn with_channel_names(mut self, names: Arc<dyn ChannelNames>) -> Self {
        self.channels = names;
        self
    }

    async fn rows<T>(
        &self,
        filter: Filter<UsageLog>,
        paging: &Paging,
        show: fn(UsageLog) -> T,
    ) -> Result<Listing<T>> {
        let query = newest_first(filter)
            .page_size(paging.size)
            .after_maybe(paging.after.clone());
        let page = self.store.session().page_lenient(&query).await?;
        Ok(Listing::of(page, show))
    }

    async fn named(&self, logs: Vec<UsageLog>) -> Result<Vec<AdminUsageLog>> {
        let channels: BTreeSet<i64> = logs
            .iter()
            .map(|log| log.channel_id)
            .filter(|id| *id != 0)
            .collect();
        let channels: Vec<i64> = channels.into_iter().collect();
        let names = if channels.is_empty() {
            HashMap::new()
        } else {
            self.channels.channel_names(&channels).await?
        };
        let with_name = |log: UsageLog| {
            let channel_name = names.get(&log.channel_id).cloned();
            AdminUsageLog::new(log, channel_name)
        };
        Ok(logs.into_iter().map(with_name).collect())
    }
}

/// The verbs on usage logs, for services that mock them: accept `Arc<dyn UsageLogRepository>` and pass
/// [`UsageLogs`] in production, and in a unit test a `MockUsageLogRepository` (feature `mock`). No verb
/// changes a log.
///
/// Listings are newest first, by `created_at` and then `id`, and stable: rows that are written between
/// two pages neither repeat nor hide a row that was there before.
///
/// ```
/// use std::sync::Arc;
/// use genledger::prelude::*;
/// use genledger::usage::{UsageGrouping, UsageLogRepository};
///
/// struct Billing {
///     logs: Arc<dyn UsageLogRepository>,
/// }
///
/// impl Billing {
///     async fn spent(&self, user_id: i64) -> Result<i64> {
///         let all = UserUsageLogFilter::new();
///         let sums = self.logs.totals_for_user(user_id, &all, &UsageGrouping::new()).await?;
///         Ok(sums.first().map_or(0, |sum| sum.totals.quota))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let billing = Billing { logs: Arc::new(UsageLogs::new(store)) };
/// assert_eq!(billing.spent(42).await?, 0);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every verb returns the kinds listed at it and those of [`Session`]: `Unavailable`, `Schema`,
/// and for a write `OutcomeUnknown`: append the same row again, which stores it once.
#[repository(UsageLogRepository)]
impl UsageLogs {
    /// Checks a log against its rules, writes it and returns whether it was new; `false` when the same log was already present, as
    /// after a retry. `Ok` means that the row is stored as it was given, and is as durable as the store
    /// makes any write.
    ///
    /// # Errors
    /// - [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation): a log with this id and different content is
    ///   present, which is kept.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): a rule is broken, or a sum of the roll-ups
    ///   does not fit into 64 bits (the rule `overflow`). The log is not written.
    pub async fn append(&self, log: &UsageLog) -> Result<bool> {
        log.validate()?;
        one_outcome(
            &self.import_many(std::slice::from_ref(log)).await?,
            UsageLog::ID,
        )
    }

    /// Checks logs and writes them in one atomic step, on the store's fastest path; returns for each, in
    /// order, whether it was new, already present, or present with different content, which is kept. Check
    /// every outcome: a log that is [`Different`](RowOutcome::Different) was not stored.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule of every log, where
    /// each path begins with the position (`[3].quota`), or when a sum of the roll-ups does not fit into
    /// 64 bits; no log is written.
    pub async fn append_many(&self, logs: &[UsageLog]) -> Result<Vec<RowOutcome>> {
        validate_all(logs)?;
        self.import_many(logs).await
    }

    /// [`append_many`](Self::append_many) for logs imported from another system, which may be older than a
    /// rule: only the columns are checked, and that an [`IpPolicy`](super::IpPolicy) has passed each address. Errors
    /// are stored as they are; [`UsageLog::with_privacy`] masks them before the import.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a value that does not fit its column, for an address that
    /// passed no policy (the rule `ip_not_allowed`), or when a sum of the roll-ups does not fit into 64 bits; no log is written.
    pub async fn import_many(&self, logs: &[UsageLog]) -> Result<Vec<RowOutcome>> {
        check_addresses(logs)?;
        let Some(sets) = &self.rollups else {
            return self.store.session().insert_if_absent(logs).await;
        };
        let append = |tx: Tx| async move { rollup::append(&tx, sets, logs).await };
        self.store.transaction(append).await
    }

    /// Deletes the logs with these ids, in one atomic step, and returns how many existed; after
    /// `OutcomeUnknown`, delete the same ids again. With roll-ups, the sums of the logs are subtracted from
    /// them.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for more than 10,000 ids
    /// ([`MAX_FILTER_VALUES`]); inside of a transaction with roll-ups,
    /// [`SerializationFailure`](genledger_contract::ErrorKind::SerializationFailure) when another session deletes one
    /// of the logs at the same time.
    pub async fn delete_many(&self, ids: &[UsageLogId]) -> Result<u64> {
        if ids.len() > MAX_FILTER_VALUES {
            let message = format!("must not be more than {MAX_FILTER_VALUES}");
            return Err(Violation::new("ids", "too_many", message).into());
        }
        let Some(sets) = &self.rollups else {
            let session = self.store.session();
            return session.delete_where(UsageLog::ID.is_in(ids)).await;
        };
        let delete = |tx: Tx| async move { rollup::delete(&tx, sets, ids).await };
        self.store.transaction(delete).await
    }

    /// Deletes the logs before a time that a filter selects, oldest first, in batches and for a limited time; the
    /// result says where the next call continues. Its [module](crate::retention) has a loop.
    ///
    /// With roll-ups, the sums of the logs are subtracted from them, in the transaction of each batch, unless they are
    /// [kept](Retention::keep_rollups). Without, roll-ups that other writers maintain become wrong.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a batch outside of 1 to 1,000 logs, and for a position of a call with another
    /// time or filter; those of [`delete_many`](Self::delete_many). Batches before the error are deleted.
    pub async fn delete_before(
        &self,
        before: DateTime<Utc>,
        filter: &UsageLogFilter,
        retention: &Retention,
    ) -> Result<Deleted> {
        let old = filter.condition() & UsageLog::CREATED_AT.lt(before);
        let order = [UsageLog::CREATED_AT.asc(), UsageLog::ID.asc()];
        let delete = |ids: Vec<UsageLogId>| async move {
            if !retention.keep_rollups {
                return self.delete_many(&ids).await;
            }
            let ids = &ids;
            let delete = |tx: Tx| async move {
                rollup::keep_before(&tx, before).await?;
                tx.delete_where(UsageLog::ID.is_in(ids.iter().copied()))
                    .await
            };
            self.store.transaction(delete).await
        };
        delete_in_batches(self.store.session(), old, order, retention, delete).await
    }

    /// The log with this id, as an administrator sees it.
    ///
    /// # Errors
    /// Those of [`Session`] and of the [`ChannelNames`].
    pub async fn find(&self, id: UsageLogId) -> Result<Option<AdminUsageLog>> {
        let log = self.store.session().find::<UsageLog>(&id).await?;
        Ok(self.named(log.into_iter().collect()).await?.pop())
    }

    /// [`find`](Self::find) for a log that must exist.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no log has this id, and those of
    /// [`find`](Self::find).
    pub async fn get(&self, id: UsageLogId) -> Result<AdminUsageLog> {
        let log = self.store.session().get::<UsageLog>(&id).await?;
        let name = self.named(vec![log.clone()]).await?.pop();
        Ok(name.unwrap_or_else(|| AdminUsageLog::new(log, None)))
    }

    /// The log with this id as the user sees it, if it is the user's own.
    ///
    /// # Errors
    /// Those of [`Session`].
    pub async fn find_for_user(
        &self,
        user_id: i64,
        id: UsageLogId,
    ) -> Result<Option<UserUsageLog>> {
        let log = self.store.session().find::<UsageLog>(&id).await?;
        Ok(log.filter(|log| log.user_id == user_id).map(Into::into))
    }

    /// A page of all logs, for administrators. Rows that cannot be read are listed apart.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a page size outside of 1 to 1000, a
    /// cursor of another listing, and a NUL character in a text that is searched for; those of [`Session`]
    /// and of the [`ChannelNames`].
    pub async fn page(
        &self,
        filter: &UsageLogFilter,
        paging: &Paging,
    ) -> Result<Listing<AdminUsageLog>> {
        let page = self.rows(filter.condition(), paging, |log| log).await?;
        Ok(Listing {
            items: self.named(page.items).await?,
            unreadable: page.unreadable,
            next: page.next,
        })
    }

    /// A page of a user's own logs, without the fields that a user may not see.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub async fn page_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        paging: &Paging,
    ) -> Result<Listing<UserUsageLog>> {
        self.rows(filter.condition(user_id), paging, Into::into)
            .await
    }

    /// All logs that a filter selects, newest first, for exports: read a thousand at a time, without
    /// names of channels. A row that cannot be read is an item of its own, the error
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) with its key, and the stream continues after it.
    #[must_use]
    pub fn stream(&self, filter: &UsageLogFilter) -> BoxStream<'static, Result<UsageLog>> {
        let query = newest_first(filter.condition()).page_size(MAX_PAGE_SIZE);
        let rows = self.store.session().stream_lenient(query);
        rows.map(|row| row?.map_err(|unreadable| unreadable.error))
            .boxed()
    }

    /// The number of logs, counted no further than `cap`, which is at least 1. (Counting 18 million rows
    /// to show 50 of them takes half a minute, and a page does not need the exact number.)
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a cap of 0, and as [`page`](Self::page).
    pub async fn count(&self, filter: &UsageLogFilter, cap: u64) -> Result<Count> {
        self.store.session().count(filter.condition(), cap).await
    }

    /// [`count`](Self::count) of a user's own logs.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub async fn count_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        cap: u64,
    ) -> Result<Count> {
        let session = self.store.session();
        session.count(filter.condition(user_id), cap).await
    }

    /// The sums of the logs that a filter selects, and their rates: those of the 60
    /// seconds that end with `now`, inclusive, regardless of the times of the filter.
    ///
    /// Sums and rates are read one after the other; rows that are appended meanwhile may be in the
    /// rates only.
    ///
    /// # Errors
    /// As [`totals`](Self::totals).
    pub async fn stats(&self, filter: &UsageLogFilter, now: DateTime<Utc>) -> Result<UsageStats> {
        let any_time = UsageLogFilter {
            from: None,
            before: None,
            ..filter.clone()
        };
        let session = self.store.session();
        stats(&*session, filter.condition(), any_time.condition(), now).await
    }

    /// [`stats`](Self::stats) of a user's own logs.
    ///
    /// # Errors
    /// As [`totals`](Self::totals).
    pub async fn stats_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        now: DateTime<Utc>,
    ) -> Result<UsageStats> {
        self.stats(&filter.of_user(user_id), now).await
    }

    /// The sums of each group, ordered by time and then by the other parts of the group; groups without
    /// a row are left out. Every group is in memory at once. Rows whose time is outside of the calendar are in
    /// groups of their own, without a [`begin`](super::UsageGroup::begin).
    ///
    /// Sums include the rows of the kinds [`Consume`](UsageLogType::Consume) and [`Refund`](UsageLogType::Refund)
    /// only, whatever kinds the filter selects. A sum over millions of rows takes seconds;
    /// [`UsageRollups`](super::UsageRollups) sum up far fewer rows.
    ///
    /// ```
    /// use chrono_tz::Asia::Shanghai;
    /// use genledger::prelude::*;
    /// use genledger::time::{Calendar, Period};
    /// use genledger::usage::{UsageDimension, UsageGrouping};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let store = genledger::connect("memory:").await?;
    /// store.migrate(genledger::schema::all()).await?;
    /// let logs = UsageLogs::new(store);
    ///
    /// let ids = UsageLogIdGenerator::system(NodeId::ZERO);
    /// let call = NewUsageLog::new(UsageLogType::Consume, 42).model_name("gpt-4o").tokens(120, 35).quota(900);
    /// let refund = NewUsageLog::new(UsageLogType::Refund, 42).model_name("gpt-4o").quota(200);
    /// let rows = [call.into_log(&ids)?, refund.into_log(&ids)?];
    /// logs.append_many(&rows).await?;
    ///
    /// let stats = logs.stats(&UsageLogFilter::new(), rows[0].created_at).await?;
    /// assert_eq!((stats.totals.quota, stats.totals.refunded_quota), (900, 200));
    /// assert_eq!(stats.totals.net_quota(), Some(700));
    /// assert_eq!((stats.rpm, stats.tpm), (1, 155));
    ///
    /// let by_day = UsageGrouping::new()
    ///     .by(UsageDimension::Model)
    ///     .per(Calendar::new(Period::Day, Shanghai));
    /// let days = logs.totals(&UsageLogFilter::new(), &by_day).await?;
    /// assert_eq!(days[0].group.model_name.as_deref(), Some("gpt-4o"));
    /// assert_eq!(days[0].totals.requests, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `overflow` when a sum does not
    /// fit into 64 bits; those of [`Session`].
    pub async fn totals(
        &self,
        filter: &UsageLogFilter,
        grouping: &UsageGrouping,
    ) -> Result<Vec<GroupedUsage>> {
        let session = self.store.session();
        grouped(&*session, filter.condition(), grouping).await
    }

    /// [`totals`](Self::totals) of a user's own logs.
    ///
    /// # Errors
    /// As [`totals`](Self::totals), and [`Invalid`](genledger_contract::ErrorKind::Invalid) for a
    /// grouping by channel, which is hidden from users.
    pub async fn totals_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        grouping: &UsageGrouping,
    ) -> Result<Vec<GroupedUsage>> {
        grouping.for_users()?;
        self.totals(&filter.of_user(user_id), grouping).await
    }
}

#[async_trait]
impl AppendLogs for UsageLogs {
    type Log = UsageLog;

    fn check(&self, log: &UsageLog) -> Result<()> {
        log.validate()
    }

    async fn append_logs(&self, logs: &[UsageLog]) -> Result<Vec<RowOutcome>> {
        // Each was checked when it was accepted.
        self.import_many(logs).await
    }
}

fn newest_first(filter: Filter<UsageLog>) -> Query<UsageLog> {
    Query::matching(filter).order_by([UsageLog::CREATED_AT.desc(), UsageLog::ID.desc()])
}

async fn stats(
    session: &dyn Session,
    selected: Filter<UsageLog>,
    at_any_time: Filter<UsageLog>,
    now: DateTime<Utc>,
) -> Result<UsageStats> {
    let totals = sum(session, selected).await?;
    let minute_ago = now
        .checked_sub_signed(TimeDelta::seconds(60))
        .unwrap_or(now);
    let last_minute = UsageLog::CREATED_AT.gt(minute_ago) & UsageLog::CREATED_AT.le(now);
    let consumed = UsageLog::KIND.eq(UsageLogType::Consume);
    let recent = sum(session, at_any_time & consumed & last_minute).await?;
    Ok(UsageStats {
        totals,
        rpm: recent.requests,
        tpm: recent.tokens().ok_or_else(|| overflow("tpm"))?,
    })
}

async fn sum(session: &dyn Session, filter: Filter<UsageLog>) -> Result<UsageTotals> {
    let groups = grouped(session, filter, &UsageGrouping::new()).await?;
    Ok(groups.first().map(|group| group.totals).unwrap_or_default())
}
