//! `ActivityLogs`: the verbs on the activity logs of one kind.

mod chain;
mod days;
mod flows;
mod images;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use futures_core::stream::BoxStream;
use futures_util::StreamExt;

use super::{Activity, ActivityFilter};
use crate::append::one_outcome;
use crate::contract::query::{Count, MAX_PAGE_SIZE};
use crate::contract::schema::Partition;
use crate::contract::{Filter, Query, Result, RowOutcome, SessionExt, Store, Tx, repository};
use crate::id::ActivityId;
use crate::log_writer::AppendLogs;
use crate::paging::{Listing, Paging};
use crate::partitions::{drop_if_possible, of_store};
use crate::retention::{Deleted, Retention, delete_in_batches};
use crate::store_or_tx::StoreOrTx;
use crate::validate::validate_all;

pub use chain::{ChainBreak, ChainScope, Chained};
pub use days::DayCounts;
pub use flows::{Flow, FlowSums};
pub use images::{ImageKindStats, ImageStats, Percentiles};

/// The activity logs of one kind, in a store or in a transaction.
///
/// ```
/// use genledger::activity::{ActivityFilter, ActivityLogs, BaseInfo, NewActivity, NewSearchLog, SearchLog};
/// use genledger::id::ActivityIdGenerator;
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let searches = ActivityLogs::<SearchLog>::new(store);
///
/// let ids = ActivityIdGenerator::system();
/// let search = NewSearchLog {
///     base: BaseInfo::default(),
///     key_word: "sofa".into(),
///     temporary_code: Some("t-1".into()),
///     result_count: 12,
///     record_time_stamp: chrono::DateTime::from_timestamp_millis(1_750_000_000_000).unwrap(),
/// };
/// let log = search.into_log(&ids)?; // every broken rule is reported at once; the id is fixed here
/// assert!(searches.append(&log).await?); // it is new
/// assert!(!searches.append(&log).await?); // a retry is recognised
///
/// let sofas = ActivityFilter::new().and(SearchLog::KEY_WORD.eq("sofa"));
/// let page = searches.page(&sofas, &Paging::first(20)).await?;
/// assert_eq!(page.items, [log]);
/// # Ok(())
/// # }
/// ```
pub struct ActivityLogs<L> {
    store: StoreOrTx,
    marker: PhantomData<fn() -> L>,
}

impl<L> Clone for ActivityLogs<L> {
    fn clone(&self) -> Self {
        Self::of(self.store.clone())
    }
}

impl<L> fmt::Debug for ActivityLogs<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivityLogs")
            .field("store", &self.store)
            .finish()
    }
}

impl<L> ActivityLogs<L> {
    /// The logs of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::of(StoreOrTx::Store(store))
    }

    /// The same logs in a transaction: everything that is written is part of it. Each write is atomic by
    /// itself there as well: after a failed write, the transaction can continue.
    #[must_use]
    pub fn within(&self, tx: &Tx) -> Self {
        Self::of(StoreOrTx::Transaction(tx.clone()))
    }

    pub(super) const fn of(store: StoreOrTx) -> Self {
        Self {
            store,
            marker: PhantomData,
        }
    }
}

/// Verbs on the months of a table that the store's layout partitions.
impl<L: Activity> ActivityLogs<L> {
    /// Drops the months all of whose logs are before a time, each at once and whatever it holds, and returns their
    /// partitions. The month that contains the time stays.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) in a transaction, and when the store does not partition the logs;
    /// those of [`Partitions`](crate::contract::schema::Partitions).
    pub async fn drop_months_before(&self, time: DateTime<Utc>) -> Result<Vec<Partition>> {
        of_store(&self.store, L::TABLE)?.drop_before(time).await
    }
}

/// The verbs on the activity logs of one kind, for services that mock them: accept
/// `Arc<dyn ActivityLogRepository<L>>` and pass [`ActivityLogs`] in production, and in a unit test a
/// `MockActivityLogRepository` (feature `mock`). No verb changes a log.
///
/// Listings are newest first, by the time at which it happened and then the id, and stable: rows that are
/// written between two pages neither repeat nor hide a row that was there before.
///
/// ```
/// use std::sync::Arc;
/// use genledger::activity::{
///     ActivityFilter, ActivityLogRepository, ActivityLogs, ClientType, UserLoginLog,
/// };
/// use genledger::contract::query::Count;
/// use genledger::prelude::*;
///
/// async fn logins_on_ios(logs: &dyn ActivityLogRepository<UserLoginLog>) -> Result<Count> {
///     let ios = ActivityFilter::new().client_type(ClientType::Ios);
///     logs.count(&ios, 1_000).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let logs: Arc<dyn ActivityLogRepository<UserLoginLog>> = Arc::new(ActivityLogs::new(store));
/// assert_eq!(logins_on_ios(&*logs).await?, Count::Exactly(0));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every verb returns the kinds listed at it and those of
/// [`Session`](crate::contract::Session): `Unavailable`, `Schema`, and for a write `OutcomeUnknown`:
/// append the same log again, which stores it once.
#[repository(ActivityLogRepository)]
impl<L: Activity> ActivityLogs<L> {
    /// Checks a log against its rules, writes it and returns whether it was new; `false` when the same
    /// log was already present, as after a retry. `Ok` means that it is stored as it was given, and is as
    /// durable as the store makes any write.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with every broken rule;
    /// [`UniqueViolation`](crate::ErrorKind::UniqueViolation) when a log with this id and different content is present, which
    /// is kept.
    pub async fn append(&self, log: &L) -> Result<bool> {
        log.validate()?;
        one_outcome(&self.import_many(std::slice::from_ref(log)).await?, L::ID)
    }

    /// Checks logs and writes them in one atomic step; returns for each, in order, whether it was new,
    /// already present, or present with different content, which is kept. Check every outcome: a log
    /// that is [`Different`](RowOutcome::Different) was not stored.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with every broken rule of every log, where each path begins
    /// with the position (`[3].Amount`); no log is written.
    pub async fn append_many(&self, logs: &[L]) -> Result<Vec<RowOutcome>> {
        validate_all(logs)?;
        self.import_many(logs).await
    }

    /// [`append_many`](Self::append_many) for logs imported from another system, which may be older than a
    /// rule: only the columns are checked.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a value that does not fit its column; no log is written.
    pub async fn import_many(&self, logs: &[L]) -> Result<Vec<RowOutcome>> {
        self.store.session().insert_if_absent(logs).await
    }

    /// Deletes the logs that happened before a time and that a filter selects, oldest first, in batches and for a
    /// limited time; the result says where the next call continues. Its [module](crate::retention) has a loop.
    ///
    /// A call whose filter selects all logs begins by dropping whole [months](crate::partitions), if the store partitions
    /// the logs and its user may drop them.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a batch outside of 1 to 1,000 logs, and for a position of a call with
    /// another time or filter. Batches before the error are deleted.
    pub async fn delete_before(
        &self,
        before: DateTime<Utc>,
        filter: &ActivityFilter<L>,
        retention: &Retention,
    ) -> Result<Deleted> {
        let old = filter.condition() & L::OCCURRED_AT.lt(before);
        let order = [L::OCCURRED_AT.asc(), L::ID.asc()];
        let session = self.store.session();
        let delete = |ids: Vec<ActivityId>| {
            let session = self.store.session();
            async move { session.delete_where(L::ID.is_in(ids)).await }
        };
        retention.check()?;
        let all = filter.condition() == Filter::all() && retention.after.is_none();
        let dropped = if all {
            drop_if_possible(&self.store, L::TABLE, before).await?
        } else {
            0
        };
        let deleted = delete_in_batches(session, old, order, retention, delete).await?;
        Ok(deleted.with_partitions(dropped))
    }

    /// The log with this id, if there is one.
    ///
    /// # Errors
    /// Those of [`Session`](crate::contract::Session).
    pub async fn find(&self, id: &ActivityId) -> Result<Option<L>> {
        self.store.session().find(id).await
    }

    /// The log with this id.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is none.
    pub async fn get(&self, id: &ActivityId) -> Result<L> {
        self.store.session().get(id).await
    }

    /// A page of logs. Rows that cannot be read are listed apart.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a page size outside of 1 to 1000, a cursor of another
    /// listing, and a NUL character in a text that is searched for.
    pub async fn page(&self, filter: &ActivityFilter<L>, paging: &Paging) -> Result<Listing<L>> {
        let query = newest_first(filter.condition())
            .page_size(paging.size)
            .after_maybe(paging.after.clone());
        let page = self.store.session().page_lenient(&query).await?;
        Ok(Listing::of(page, |log| log))
    }

    /// All logs that a filter selects, newest first, for exports: read a thousand at a time. A row that
    /// cannot be read is an item of its own, the error [`Corrupt`](crate::ErrorKind::Corrupt) with its
    /// key, and the stream continues after it.
    #[must_use]
    pub fn stream(&self, filter: &ActivityFilter<L>) -> BoxStream<'static, Result<L>> {
        let query = newest_first(filter.condition()).page_size(MAX_PAGE_SIZE);
        let rows = self.store.session().stream_lenient(query);
        rows.map(|row| row?.map_err(|unreadable| unreadable.error))
            .boxed()
    }

    /// The number of logs, counted no further than `cap`, which is at least 1.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a cap of 0.
    pub async fn count(&self, filter: &ActivityFilter<L>, cap: u64) -> Result<Count> {
        self.store.session().count(filter.condition(), cap).await
    }

    /// The number of logs on each day of a time zone, days without logs left out. A day may have 23
    /// or 25 hours.
    ///
    /// # Errors
    /// Those of [`Session`](crate::contract::Session).
    pub async fn count_per_day(&self, filter: &ActivityFilter<L>, zone: Tz) -> Result<DayCounts> {
        days::count(&*self.store.session(), &filter.condition(), zone).await
    }
}

#[async_trait]
impl<L: Activity> AppendLogs for ActivityLogs<L> {
    type Log = L;

    fn check(&self, log: &L) -> Result<()> {
        log.validate()
    }

    async fn append_logs(&self, logs: &[L]) -> Result<Vec<RowOutcome>> {
        // Each was checked when it was accepted.
        self.import_many(logs).await
    }
}

fn newest_first<L: Activity>(filter: Filter<L>) -> Query<L> {
    Query::matching(filter).order_by([L::OCCURRED_AT.desc(), L::ID.desc()])
}
