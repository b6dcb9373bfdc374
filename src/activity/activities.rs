//! The activity logs of a store: appending, listing, and what is counted over them.

mod chain;
mod days;
mod flows;
mod funnels;
mod images;
mod sorted;
mod steps;

use std::sync::Arc;

use self::sorted::Sorted;
use super::{Activity, ActivityFilter, ActivityLog, NewActivity};
use crate::contract::{
    Error, Filter, Query, Result, RowOutcome, SessionExt, Store, StoreExt, Violations,
};
use crate::id::{ActivityId, ActivityIdGenerator};
use crate::paging::{Listing, Paging};
use crate::validate::Validate;

pub use chain::{ChainBreak, ChainScope, Chained};
pub use days::DayCounts;
pub use flows::{Flow, FlowSums};
pub use funnels::{OnboardingFunnel, SearchFunnel};
pub use images::{ImageStats, Percentiles};

/// The activity logs of a store.
///
/// ```
/// use std::sync::Arc;
/// use genledger::activity::{Activities, ActivityFilter, BaseInfo, NewSearchLog, SearchLog};
/// use genledger::contract::Filter;
/// use genledger::id::ActivityIdGenerator;
/// use genledger::paging::Paging;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let activities = Activities::new(store, Arc::new(ActivityIdGenerator::system()));
/// let search = NewSearchLog {
///     base: BaseInfo::default(),
///     key_word: "sofa".into(),
///     temporary_code: Some("t-1".into()),
///     result_count: 12,
///     record_time_stamp: chrono::DateTime::from_timestamp_millis(1_750_000_000_000).unwrap(),
/// };
/// let log = activities.append(search).await?;
///
/// let sofas = SearchLog::KEY_WORD.eq("sofa");
/// let page = activities
///     .list::<SearchLog>(&ActivityFilter::default(), sofas, &Paging::first(20))
///     .await?;
/// assert_eq!(page.items, [log]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Activities {
    store: Arc<dyn Store>,
    ids: Arc<ActivityIdGenerator>,
}

impl Activities {
    /// The logs of a store, with ids of this generator.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, ids: Arc<ActivityIdGenerator>) -> Self {
        Self { store, ids }
    }

    /// Checks a log and gives it its id, without writing it. Such a log is appended once, however
    /// often [`append_logs`](Self::append_logs) is called with it: the way to append what must not
    /// be doubled after [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), money above all.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use genledger::activity::{Activities, BaseInfo, NewMerchantSettleLog};
    /// # use genledger::contract::RowOutcome;
    /// # use genledger::id::ActivityIdGenerator;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> genledger::Result<()> {
    /// # let store = genledger::connect("memory:").await?;
    /// # store.migrate(genledger::schema::all()).await?;
    /// # let activities = Activities::new(store, Arc::new(ActivityIdGenerator::system()));
    /// # let record_time_stamp = chrono::DateTime::from_timestamp_millis(1_750_000_000_000).unwrap();
    /// # let base = BaseInfo { user_id: Some("u-1".into()), ..BaseInfo::default() };
    /// let log = activities.prepare(NewMerchantSettleLog { base, record_time_stamp })?;
    /// let first = activities.append_logs(vec![log.clone().into()]).await?;
    /// let again = activities.append_logs(vec![log.into()]).await?;
    /// assert_eq!((first, again), (vec![RowOutcome::New], vec![RowOutcome::Present]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with every broken rule.
    pub fn prepare<N: NewActivity>(&self, new: N) -> Result<N::Log> {
        let log = new.with_id(self.ids.generate());
        log.validate()?;
        Ok(log)
    }

    /// Appends a log and answers it with its id; it is then stored as durably as the store commits.
    ///
    /// After [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) the log may be stored or not, and
    /// calling this again may store it twice: [`prepare`](Self::prepare) what must not be doubled.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with every broken rule, and those of
    /// [`Session`](crate::contract::Session).
    pub async fn append<N: NewActivity>(&self, new: N) -> Result<N::Log> {
        let log = self.prepare(new)?;
        self.store.session().insert(&log).await?;
        Ok(log)
    }

    /// Appends logs of one kind in one atomic step and answers them with their ids. What
    /// [`append`](Self::append) says of an unknown outcome holds for all of them.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with every broken rule of every log, their paths
    /// beginning with the position (`[3].amount`), and those of
    /// [`Session`](crate::contract::Session). Nothing is written then.
    pub async fn append_many<N: NewActivity>(&self, news: Vec<N>) -> Result<Vec<N::Log>> {
        let logs: Vec<N::Log> = news
            .into_iter()
            .map(|new| new.with_id(self.ids.generate()))
            .collect();
        validate_all(&logs)?;
        self.store.session().insert_all(&logs).await?;
        Ok(logs)
    }

    /// Appends logs of any kinds, with the ids they have, in one transaction. A log whose id is
    /// present already is kept as it is, so that a replay adds nothing; the answer says of each log
    /// what became of it. To append a log together with other writes, check it with
    /// [`validate`](Validate::validate) and insert it in a transaction of one's own.
    ///
    /// Logs that are older than a rule can be taken over with
    /// [`insert_many`](crate::contract::SessionExt::insert_many), which checks the columns only.
    ///
    /// # Errors
    /// As for [`append_many`](Self::append_many).
    pub async fn append_logs(&self, logs: Vec<ActivityLog>) -> Result<Vec<RowOutcome>> {
        validate_all(&logs)?;
        let sorted = Arc::new(Sorted::of(logs));
        self.store
            .transaction(move |tx| {
                let sorted = Arc::clone(&sorted);
                async move { sorted.insert(&tx).await }
            })
            .await
    }

    /// The log with this id, if there is one.
    ///
    /// # Errors
    /// Those of [`Session`](crate::contract::Session).
    pub async fn find<L: Activity>(&self, id: &ActivityId) -> Result<Option<L>> {
        self.store.session().find(id).await
    }

    /// A page of logs, newest first. `further` holds conditions on the log's own columns. Rows that
    /// cannot be read are told apart.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for a page size outside of 1 to 1000 and for a cursor of
    /// another query, and those of [`Session`](crate::contract::Session).
    pub async fn list<L: Activity>(
        &self,
        filter: &ActivityFilter,
        further: Filter<L>,
        paging: &Paging,
    ) -> Result<Listing<L>> {
        let query = Query::matching(filter.of::<L>().and(further))
            .order_by([L::OCCURRED_AT.desc(), L::ID.desc()])
            .page_size(paging.size)
            .after_maybe(paging.after.clone());
        let page = self.store.session().page_lenient(&query).await?;
        Ok(Listing::of(page, |log| log))
    }
}

/// Every broken rule of every item, the paths beginning with its position.
fn validate_all<V: Validate>(items: &[V]) -> Result<()> {
    let mut found = Violations::new();
    for (index, item) in items.iter().enumerate() {
        let violations = item.violations();
        if violations.is_empty() {
            continue;
        }
        let within = format!("[{index}]");
        let violations = violations.as_slice().iter().cloned();
        found.extend(violations.map(|violation| violation.within(&within)));
    }
    found.into_result().map_err(Error::from)
}
