//! The verbs on usage logs, over any store.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::{
    Count, Filter, Page, Query, Result, RowOutcome, Session, SessionExt, Store,
};

use super::{
    AdminUsageLog, ChannelNames, NoChannelNames, UsageLog, UsageLogFilter, UsageLogs, UserUsageLog,
    UserUsageLogFilter,
};
use crate::id::LogId;
use crate::paging::Paging;

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
        Self {
            session,
            channels: Arc::new(NoChannelNames),
        }
    }

    /// Shows administrators the names of channels.
    #[must_use]
    pub fn with_channel_names(mut self, names: Arc<dyn ChannelNames>) -> Self {
        self.channels = names;
        self
    }

    async fn page(&self, filter: Filter<UsageLog>, paging: &Paging) -> Result<Page<UsageLog>> {
        let query = Query::matching(filter)
            .order_by([UsageLog::CREATED_AT.desc(), UsageLog::ID.desc()])
            .page_size(paging.size)
            .after_maybe(paging.after.clone());
        self.session.page(&query).await
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
    async fn append(&self, log: &UsageLog) -> Result<RowOutcome> {
        let outcomes = self.session.insert_many(std::slice::from_ref(log)).await?;
        // A store answers once for each row; an answer that is missing is no promise of a row.
        outcomes.first().copied().ok_or_else(|| {
            genledger_contract::Error::corrupt("the store answered for another number of rows")
        })
    }

    async fn append_many(&self, logs: &[UsageLog]) -> Result<Vec<RowOutcome>> {
        self.session.insert_many(logs).await
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
    ) -> Result<Page<AdminUsageLog>> {
        let page = self.page(filter.condition(), paging).await?;
        Ok(Page {
            items: self.named(page.items).await?,
            next: page.next,
        })
    }

    async fn page_for_user(
        &self,
        user_id: i64,
        filter: &UserUsageLogFilter,
        paging: &Paging,
    ) -> Result<Page<UserUsageLog>> {
        let page = self.page(filter.condition(user_id), paging).await?;
        Ok(Page {
            items: page.items.into_iter().map(Into::into).collect(),
            next: page.next,
        })
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
