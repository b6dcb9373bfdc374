//! `Activities`: batches and funnels over several kinds of logs.

mod funnels;
mod sorted;
mod steps;

use std::sync::Arc;

use self::sorted::Sorted;
use super::{Activity, ActivityFilter, ActivityLog, ActivityLogs};
use crate::contract::{Result, RowOutcome, Store, Tx, repository};
use crate::store_or_tx::StoreOrTx;
use crate::validate::validate_all;

pub use funnels::{OnboardingFunnel, SearchFunnel};

/// The activity logs of all kinds, in a store or in a transaction: batches of several kinds, and
/// funnels over several kinds. [`ActivityLogs`] has the verbs of one kind.
///
/// ```
/// use genledger::activity::{Activities, ActivityFilter, ActivityLog, BaseInfo, NewActivity, NewSearchLog, NewWaresBrowseLog};
/// use genledger::id::ActivityIdGenerator;
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let activities = Activities::new(store);
///
/// let ids = ActivityIdGenerator::system();
/// let at = chrono::DateTime::from_timestamp_millis(1_750_000_000_000).unwrap();
/// let search = NewSearchLog {
///     base: BaseInfo::default(),
///     key_word: "sofa".into(),
///     temporary_code: Some("t-1".into()),
///     result_count: 12,
///     record_time_stamp: at,
/// };
/// let browse = NewWaresBrowseLog {
///     base: BaseInfo::default(),
///     temporary_code: Some("t-1".into()),
///     record_time_stamp: at,
/// };
/// let logs: [ActivityLog; 2] = [search.into_log(&ids)?.into(), browse.into_log(&ids)?.into()];
/// activities.append_many(&logs).await?;
///
/// let funnel = activities.search_funnel(&ActivityFilter::new()).await?;
/// assert_eq!((funnel.searched, funnel.browsed), (1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Activities {
    store: StoreOrTx,
}

impl Activities {
    /// The logs of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        let store = StoreOrTx::Store(store);
        Self { store }
    }

    /// The same logs in a transaction: everything that is written is part of it.
    #[must_use]
    pub fn within(&self, tx: &Tx) -> Self {
        let store = StoreOrTx::Transaction(tx.clone());
        Self { store }
    }

    /// The logs of one kind.
    #[must_use]
    pub fn of<L: Activity>(&self) -> ActivityLogs<L> {
        ActivityLogs::of(self.store.clone())
    }
}

/// The verbs on activity logs of several kinds, for services that mock them: [`Activities`] in
/// production, and in a unit test a `MockActivityRepository` (feature `mock`).
///
/// # Errors
/// Every verb returns the kinds listed at it and those of
/// [`Session`](crate::contract::Session).
#[repository(ActivityRepository)]
impl Activities {
    /// Checks logs of any kinds and writes them in one atomic step; returns for each, in order, whether
    /// it was new, already present, or present with different content, which is kept. Check every outcome:
    /// a log that is [`Different`](RowOutcome::Different) was not stored.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with every broken rule of every log, where each path begins
    /// with the position (`[3].Amount`); no log is written.
    pub async fn append_many(&self, logs: &[ActivityLog]) -> Result<Vec<RowOutcome>> {
        validate_all(logs)?;
        self.import_many(logs).await
    }

    /// [`append_many`](Self::append_many) for logs imported from another system, which may be older than a
    /// rule: only the columns are checked.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a value that does not fit its column; no log is written.
    pub async fn import_many(&self, logs: &[ActivityLog]) -> Result<Vec<RowOutcome>> {
        let sorted = &Sorted::of(logs);
        let insert = |tx: Tx| async move { sorted.insert(&tx).await };
        self.store.transaction(insert).await
    }

    /// The funnel activation → login → image generation, over the logs of a time range. Keeps a time
    /// for each user and step in memory. It reads only the user and the time of each log; a
    /// log without a readable time is counted as unreadable.
    ///
    /// # Errors
    /// Those of [`Session`](crate::contract::Session).
    pub async fn onboarding_funnel(&self, filter: &ActivityFilter) -> Result<OnboardingFunnel> {
        funnels::onboarding(&self.store, filter).await
    }

    /// The funnel search → browse → collection, over the logs of a time range. Keeps a time for each
    /// temporary code and step in memory, and one for each user who browsed with it. It reads only
    /// the user, the code and the time of each log; a log without a readable time is
    /// counted as unreadable.
    ///
    /// # Errors
    /// Those of [`Session`](crate::contract::Session).
    pub async fn search_funnel(&self, filter: &ActivityFilter) -> Result<SearchFunnel> {
        funnels::search(&self.store, filter).await
    }
}
