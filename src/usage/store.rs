//! The verbs on usage logs, over any store.

mod writer;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::{
    Count, Entity, Error, ErrorKind, Filter, MAX_FILTER_VALUES, Query, Result, RowOutcome, Session,
    SessionExt, Store, Tx, Violation,
};

use super::{
    AdminUsageLog, ChannelNames, NoChannelNames, UsageLog, UsageLogFilter, UsageLogs, UserUsageLog,
    UserUsageLogFilter,
};
use crate::id::LogId;
use crate::paging::{Listing, Paging};

use writer::Writer;

/// [`UsageLogs`] over any store, or inside of a transaction.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Arc;
/// use genledger::usage::{ChannelNames, UsageLogStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// let names: Arc<dyn ChannelNames> = Arc::new(HashMap::from([(12, String::from("eu-west"))]));
/// let logs = UsageLogStore::new(&store).with_channel_names(names);
/// # let _ = logs;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct UsageLogStore {
    session: Arc<dyn Session>,
    writer: Writer,
    channels: Arc<dyn ChannelNames>,
}

impl UsageLogStore {
    /// The logs of a store.
    #[must_use]
    pub fn new(store: &(impl Store + ?Sized)) -> Self {
        Self::in_session(store.session())
    }

    /// The logs as one session sees them. With the handle of a transaction, what is appended belongs
    /// to the transaction.
    #[must_use]
    pub fn in_session(session: Arc<dyn Session>) -> Self {
        Self::of(Writer::Rows(session))
    }

    /// The logs of a store, with [roll-ups](super::UsageRollup): every append adds to them, and every
    /// delete takes from them, in the transaction that writes the rows.
    ///
    /// Each write is a transaction of its own and is tried again as
    /// [`StoreExt::transaction`](genledger_contract::StoreExt::transaction) says; its errors are those
    /// of that method as well.
    ///
    /// The roll-ups are exact if every writer keeps them. For logs that are older than they are,
    /// [`reconcile`](super::UsageRollups::reconcile) makes them.
    #[must_use]
    pub fn with_rollups(store: Arc<dyn Store>) -> Self {
        Self::of(Writer::Transactions(store))
    }

    /// The logs inside of a transaction, with roll-ups: both belong to the transaction. Each write is a
    /// nested transaction: what fails is undone alone, and the outer one can go on.
    ///
    /// Two appends at the same time on one transaction are not queued: the second is refused with
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid).
    ///
    /// One append of many rows is better than many appends: roll-ups are written in an order that
    /// cannot deadlock, and each append of a transaction begins anew.
    ///
    /// ```
    /// use genledger::id::{LogIdGenerator, NodeId};
    /// use genledger::prelude::*;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> genledger::Result<()> {
    /// let store = genledger::connect("memory:").await?;
    /// store.migrate(genledger::schema::all()).await?;
    /// let ids = LogIdGenerator::system(NodeId::ZERO);
    /// let log = NewUsageLog::new(LogType::Consume, 42).quota(900).into_log(&ids)?;
    /// store
    ///     .transaction(|tx| {
    ///         let log = log.clone();
    ///         // Other writes of the same step go to `tx` as well.
    ///         async move { UsageLogStore::with_rollups_in(tx).append(&log).await }
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_rollups_in(tx: Tx) -> Self {
        Self::of(Writer::Within(tx))
    }

    fn of(writer: Writer) -> Self {
        Self {
            session: writer.session(),
            writer,
            channels: Arc::new(NoChannelNames),
        }
    }

    pub(super) fn session(&self) -> &dyn Session {
        &*self.session
    }

    /// Shows administrators the names of channels.
    #[must_use]
    pub fn with_channel_names(mut self, names: Arc<dyn ChannelNames>) -> Self {
        self.channels = names;
        self
    }

    async fn page<T>(
        &self,
        filter: Filter<UsageLog>,
        paging: &Paging,
        show: fn(UsageLog) -> T,
    ) -> Result<Listing<T>> {
        let query = Query::matching(filter)
            .order_by([UsageLog::CREATED_AT.desc(), UsageLog::ID.desc()])
            .page_size(paging.size)
            .after_maybe(paging.after.clone());
        let page = self.session.page_lenient(&query).await?;
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
            std::collections::HashMap::new()
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

#[async_trait]
impl UsageLogs for UsageLogStore {
    async fn append(&self, log: &UsageLog) -> Result<bool> {
        let outcomes = self.append_many(std::slice::from_ref(log)).await?;
        match outcomes.first() {
            Some(RowOutcome::New) => Ok(true),
            Some(RowOutcome::Present) => Ok(false),
            Some(RowOutcome::Different) => {
                let message = "a row with this id but other content is there already";
                Err(Error::new(ErrorKind::Conflict, message)
                    .with_table(UsageLog::TABLE.name)
                    .with_column(UsageLog::ID.definition().name))
            }
            // A store answers once for each row; an answer that is missing is no promise of a row.
            None => Err(Error::corrupt(
                "the store answered for another number of rows",
            )),
        }
    }

    async fn append_many(&self, logs: &[UsageLog]) -> Result<Vec<RowOutcome>> {
        self.writer.append(logs).await
    }

    async fn delete_many(&self, ids: &[LogId]) -> Result<u64> {
        if ids.len() > MAX_FILTER_VALUES {
            let message = format!("are more than {MAX_FILTER_VALUES}");
            return Err(Violation::new("ids", "too_many", message).into());
        }
        self.writer.delete(ids).await
    }

    async fn find(&self, id: LogId) -> Result<Option<AdminUsageLog>> {
        let log = self.session.find::<UsageLog>(&id).await?;
        Ok(self.named(log.into_iter().collect()).await?.pop())
    }

    async fn find_for_user(&self, user_id: i64, id: LogId) -> Result<Option<UserUsageLog>> {
        let log = self.session.find::<UsageLog>(&id).await?;
        Ok(log.filter(|log| log.user_id == user_id).map(Into::into))
    }

    async fn page_all(
        &self,
        filter: &UsageLogFilter,
        paging: &Paging,
    ) -> Result<Listing<AdminUsageLog>> {
        let page = self.page(filter.condition(), paging, |log| log).await?;
        Ok(Listing {
            items: self.named(page.items).await?,
            unreadable: page.unreadable,
            next: page.next,
        })
    }

    async fn page_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        paging: &Paging,
    ) -> Result<Listing<UserUsageLog>> {
        self.page(filter.condition(user_id), paging, Into::into)
            .await
    }

    async fn count_all(&self, filter: &UsageLogFilter, cap: u64) -> Result<Count> {
        self.session.count(filter.condition(), cap).await
    }

    async fn count_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        cap: u64,
    ) -> Result<Count> {
        self.session.count(filter.condition(user_id), cap).await
    }
}
