//! The verbs on usage logs.

use async_trait::async_trait;
use genledger_contract::{Count, Result, RowOutcome};

use super::{AdminUsageLog, UsageLog, UsageLogFilter, UserUsageLog, UserUsageLogFilter};
use crate::id::LogId;
use crate::paging::{Listing, Paging};

/// Appends, lists and deletes usage logs. There is no verb that changes one.
///
/// Services name it as `Arc<dyn UsageLogs>`; [`UsageLogStore`](super::UsageLogStore) implements it
/// over any store.
///
/// Listings are newest first, by `created_at` and then `id`, and stable: rows that are written while
/// someone turns pages neither repeat nor hide a row that was there before.
///
/// ```
/// use std::sync::Arc;
/// use genledger::id::{LogIdGenerator, NodeId};
/// use genledger::paging::Paging;
/// use genledger::usage::{LogType, NewUsageLog, UsageLogFilter, UsageLogStore, UsageLogs};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let logs: Arc<dyn UsageLogs> = Arc::new(UsageLogStore::new(&store));
///
/// let ids = LogIdGenerator::system(NodeId::ZERO);
/// let log = NewUsageLog::new(LogType::Consume, 42).quota(900).into_log(&ids)?;
/// logs.append(&log).await?;
///
/// let page = logs.page_all(&UsageLogFilter::new(), &Paging::first(20)).await?;
/// assert_eq!(page.items[0].log, log);
/// assert!(page.next.is_none());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method answers, beside the kinds named at it, those of the store: `Unavailable`,
/// `OutcomeUnknown` (append the same row again: that settles it, and stores it once), `Schema`.
#[async_trait]
pub trait UsageLogs: Send + Sync {
    /// Writes a row and returns whether it was new; `false` when the same row was there already, as
    /// after a retry. `Ok` means that the row is stored as it was given, and is as durable as the store
    /// makes any write.
    ///
    /// `Conflict` when a row with this id but other content is there, which is kept; `Invalid` when a value fits no column, or when roll-ups are kept and a sum does not fit into 64
    /// bits (the rule `overflow`); the row is not written.
    async fn append(&self, log: &UsageLog) -> Result<bool>;

    /// Writes any number of rows in one atomic step, on the store's fastest path, and answers for
    /// each, in order, whether it was new, present already, or present with other content, which is
    /// kept: look at every outcome, since a row that is [`Different`](RowOutcome::Different) was not
    /// stored.
    ///
    /// `Invalid` when a value of any row fits no column, or when roll-ups are kept and a sum does not
    /// fit into 64 bits; none is written.
    async fn append_many(&self, logs: &[UsageLog]) -> Result<Vec<RowOutcome>>;

    /// Deletes the rows with these ids, in one atomic step, and returns how many there were; after
    /// `OutcomeUnknown`, delete the same ids again. Where
    /// roll-ups are kept, what the rows added to them is taken away.
    ///
    /// `Invalid` for more than 10,000 ids
    /// ([`MAX_FILTER_VALUES`](genledger_contract::MAX_FILTER_VALUES)); inside of a transaction with
    /// roll-ups, `Serialization` when someone else deletes one of the rows at the same time.
    async fn delete_many(&self, ids: &[LogId]) -> Result<u64>;

    /// The row with this id, as an administrator sees it.
    async fn find(&self, id: LogId) -> Result<Option<AdminUsageLog>>;

    /// The row with this id, if it is the user's own, as the user sees it.
    async fn find_for_user(&self, user_id: i64, id: LogId) -> Result<Option<UserUsageLog>>;

    /// A page of all logs, for administrators. Rows that cannot be read are told apart.
    ///
    /// `Invalid` for a page size outside of 1 to 1000, a cursor of another listing, and a NUL
    /// character in a text that is searched for.
    async fn page_all(
        &self,
        filter: &UsageLogFilter,
        paging: &Paging,
    ) -> Result<Listing<AdminUsageLog>>;

    /// A page of a user's own logs, without what a user may not see.
    ///
    /// `Invalid` as for [`page_all`](Self::page_all).
    async fn page_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        paging: &Paging,
    ) -> Result<Listing<UserUsageLog>>;

    /// The number of logs, counted no further than `cap`, which is at least 1. (Counting 18 million
    /// rows to show 50 of them takes half a minute; no one reads the exact number.)
    async fn count_all(&self, filter: &UsageLogFilter, cap: u64) -> Result<Count>;

    /// The number of a user's own logs, counted no further than `cap`, which is at least 1.
    async fn count_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        cap: u64,
    ) -> Result<Count>;
}
