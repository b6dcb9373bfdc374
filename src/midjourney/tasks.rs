//! `MidjourneyTasks`: the verbs on Midjourney tasks.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use genledger_contract::query::{Count, MAX_PAGE_SIZE};
use genledger_contract::{Filter, Query, Result, RowOutcome, SessionExt, Store, Tx, repository};

use super::{
    MidjourneyChange, MidjourneyOutcome, MidjourneyRefund, MidjourneyRefundState, MidjourneyStatus,
    MidjourneySubmission, MidjourneyTask, MidjourneyTaskFilter, MidjourneyTimeOuts,
    UserMidjourneyTask, UserMidjourneyTaskFilter, advance, refund, submit, time_out,
};
use crate::append::one_outcome;
use crate::id::UsageLogId;
use crate::paging::{Listing, Paging};
use crate::store_or_tx::StoreOrTx;
use crate::validate::{Validate, validate_all};

/// The Midjourney tasks of a store, or in a transaction. The [module](super) has an example.
#[derive(Clone, Debug)]
pub struct MidjourneyTasks {
    store: StoreOrTx,
}

impl MidjourneyTasks {
    /// The tasks of a store.
    #[must_use]
    pub const fn new(store: Arc<dyn Store>) -> Self {
        let store = StoreOrTx::Store(store);
        Self { store }
    }

    /// The same tasks in a transaction: everything that is written is part of it.
    #[must_use]
    pub fn within(&self, tx: &Tx) -> Self {
        let store = StoreOrTx::Transaction(tx.clone());
        Self { store }
    }

    async fn rows<T>(
        &self,
        filter: Filter<MidjourneyTask>,
        paging: &Paging,
        show: fn(MidjourneyTask) -> T,
    ) -> Result<Listing<T>> {
        let query = newest_first(filter)
            .page_size(paging.size)
            .after_maybe(paging.after.clone());
        let page = self.store.session().page_lenient(&query).await?;
        Ok(Listing::of(page, show))
    }
}

/// The verbs on Midjourney tasks, for services that mock them: [`MidjourneyTasks`] in production, and in a unit test a
/// `MockMidjourneyTaskRepository` (feature `mock`).
///
/// Listings are newest first, by `submit_time` and then `id`, and stable.
///
/// # Errors
/// Every verb returns the kinds listed at it and those of [`Session`](genledger_contract::Session).
#[repository(MidjourneyTaskRepository)]
impl MidjourneyTasks {
    /// Stores the task of a submission, after upstream has replied to it, and returns whether it is new.
    ///
    /// With the codes [`Exists`](super::MidjourneySubmitCode::Exists) and
    /// [`Queued`](super::MidjourneySubmitCode::Queued) upstream may refer to a task that the user has already. If a row
    /// of the same user, channel and `mj_id` is open, or for `Exists` has ended, no second row is written: the id of the
    /// first one is returned. A task of another user is stored, and ends by its own row.
    ///
    /// Two submissions of one user at the same time may both be stored; each row ends, and is refunded, by itself.
    ///
    /// # Errors
    /// - [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation): another task has this id.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): a rule is broken. The task is not written.
    pub async fn submit(&self, task: &MidjourneyTask) -> Result<MidjourneySubmission> {
        task.validate()?;
        submit::submit(&*self.store.session(), task).await
    }

    /// Checks a task against its rules, writes it and returns whether it was new; `false` when the same row was
    /// already present, as after a retry. The reply to a submission is stored by [`submit`](Self::submit), which
    /// recognises tasks that exist.
    ///
    /// # Errors
    /// - [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation): a task with this id and different content
    ///   is present, which is kept; also the same task, if it was advanced meanwhile.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): a rule is broken. The task is not written.
    pub async fn append(&self, task: &MidjourneyTask) -> Result<bool> {
        task.validate()?;
        let outcomes = self.import_many(std::slice::from_ref(task)).await?;
        one_outcome(&outcomes, MidjourneyTask::ID)
    }

    /// Checks tasks and writes them in one atomic step; returns for each, in order, whether it was new, already
    /// present, or present with different content, which is kept.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule of every task, where
    /// each path begins with the position (`[3].quota`); no task is written.
    pub async fn append_many(&self, tasks: &[MidjourneyTask]) -> Result<Vec<RowOutcome>> {
        validate_all(tasks)?;
        self.import_many(tasks).await
    }

    /// [`append_many`](Self::append_many) for tasks imported from another system, which may be older than a
    /// rule: only the columns are checked.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a value that does not fit its column; no task is written.
    pub async fn import_many(&self, tasks: &[MidjourneyTask]) -> Result<Vec<RowOutcome>> {
        self.store.session().insert_if_absent(tasks).await
    }

    /// Stores what was reported about a task, and returns what became of it. A report can be repeated, and reports may
    /// arrive in any order and from several processes:
    ///
    /// - A terminal status is stored once, with the progress 100 %, the finish time (`now`, unless it is reported) and
    ///   the refund state, in one statement. `FAILURE` and `CANCEL` make the quota due. Every later report is
    ///   [`Final`](MidjourneyOutcome::Final).
    /// - A report with less progress than the task has, or with the same progress and an earlier status, is
    ///   [`Stale`](MidjourneyOutcome::Stale).
    /// - A report of which the task has everything already is [`Unchanged`](MidjourneyOutcome::Unchanged), and
    ///   writes nothing.
    ///
    /// Inside of a transaction, the change is part of it. The texts of a task that another program wrote are not
    /// read as JSON here, so that they cannot prevent it from ending.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no task has this id;
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a status that this version does not know.
    pub async fn advance(
        &self,
        id: UsageLogId,
        change: &MidjourneyChange,
        now: DateTime<Utc>,
    ) -> Result<MidjourneyOutcome> {
        change.check()?;
        advance::advance(&*self.store.session(), id, change, now).await
    }

    /// Ends the tasks that were submitted before a time and are still open, whether or not upstream knows them:
    /// status `FAILURE`, this reason, the finish time `now`, and the refund, as [`advance`](Self::advance) does it.
    ///
    /// It ends at most `limit` tasks, in statements of at most 200, and returns how many; call it again while there are
    /// [`more`](MidjourneyTimeOuts::more). It can be stopped at any point, run in several processes, and run while
    /// upstream is polled: each task ends once. After an error, what was ended stays ended.
    ///
    /// # Errors
    /// Those of [`Session`](genledger_contract::Session).
    pub async fn time_out(
        &self,
        submitted_before: DateTime<Utc>,
        reason: &str,
        limit: u32,
        now: DateTime<Utc>,
    ) -> Result<MidjourneyTimeOuts> {
        let session = self.store.session();
        time_out::time_out(&*session, submitted_before, reason, limit, now).await
    }

    /// All open tasks, those of each status by their submit time, for the process that polls upstream: read a thousand at
    /// a time through an index of the status. Rows with the same `mj_id` are separate items, and each is
    /// [advanced](Self::advance) by its own id. A row that cannot be read is an item of its own, the error
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) with its key; it is still timed out.
    #[must_use]
    pub fn stream_open(&self) -> BoxStream<'static, Result<MidjourneyTask>> {
        let session = self.store.session();
        let gaps = time_out::gaps(MidjourneyTask::STATUS, |status| status);
        let rows = stream::iter(gaps).flat_map(move |gap| {
            let query = Query::matching(gap)
                .order_by([
                    MidjourneyTask::STATUS.asc(),
                    MidjourneyTask::SUBMIT_TIME.asc(),
                    MidjourneyTask::ID.asc(),
                ])
                .page_size(MAX_PAGE_SIZE);
            Arc::clone(&session).stream_lenient(query)
        });
        rows.map(|row| row?.map_err(|unreadable| unreadable.error))
            .try_filter(|task| std::future::ready(task.is_open()))
            .boxed()
    }

    /// A page of the refunds that are due, by id, the oldest first: also of tasks that ended before a crash, or in
    /// another process. Rows that cannot be read are listed apart.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a page size outside of 1 to 1000, and for a cursor of
    /// another listing.
    pub async fn refunds_due(&self, paging: &Paging) -> Result<Listing<MidjourneyRefund>> {
        refund::due(&*self.store.session(), paging).await
    }

    /// Marks a refund as given back, and returns it; `None` when none is due: another call has settled it, the task is
    /// open, succeeded or cost nothing, or no task has this id. One of any number of calls returns it.
    ///
    /// Call it in the transaction that credits the quota, so that both happen or neither. Where the balance is in
    /// another system, credit it there first, with the id of the task as the idempotency key.
    ///
    /// # Errors
    /// Those of [`Session`](genledger_contract::Session).
    pub async fn settle_refund(&self, id: UsageLogId) -> Result<Option<MidjourneyRefund>> {
        refund::settle(&*self.store.session(), id).await
    }

    /// Deletes those of the tasks with these ids that have a terminal status and no refund due, in one atomic step, and
    /// returns their number.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for more ids than a filter may hold beside four other values:
    /// 9,996.
    pub async fn delete_many(&self, ids: &[UsageLogId]) -> Result<u64> {
        let ended = MidjourneyTask::STATUS.is_in(MidjourneyStatus::TERMINAL);
        let settled = MidjourneyTask::REFUND.ne(MidjourneyRefundState::Due);
        let chosen = MidjourneyTask::ID.is_in(ids) & ended & settled;
        self.store.session().delete_where(chosen).await
    }

    /// The task with this id, as an administrator sees it.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) for a row that cannot be read.
    pub async fn find(&self, id: UsageLogId) -> Result<Option<MidjourneyTask>> {
        self.store.session().find(&id).await
    }

    /// [`find`](Self::find) for a task that must exist.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no task has this id, and those of
    /// [`find`](Self::find).
    pub async fn get(&self, id: UsageLogId) -> Result<MidjourneyTask> {
        self.store.session().get(&id).await
    }

    /// The task with this id as the user sees it, if it is the user's own.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn find_for_user(
        &self,
        user_id: i64,
        id: UsageLogId,
    ) -> Result<Option<UserMidjourneyTask>> {
        let task = self.find(id).await?;
        Ok(task.filter(|task| task.user_id == user_id).map(Into::into))
    }

    /// A page of all tasks, for administrators. Rows that cannot be read are listed apart.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a page size outside of 1 to 1000, a
    /// cursor of another listing, and a NUL character in a text that is searched for.
    pub async fn page(
        &self,
        filter: &MidjourneyTaskFilter,
        paging: &Paging,
    ) -> Result<Listing<MidjourneyTask>> {
        self.rows(filter.condition(), paging, |task| task).await
    }

    /// A page of a user's own tasks, without the fields that a user may not see.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub async fn page_for_user(
        &self,
        user_id: i64,
        filter: &UserMidjourneyTaskFilter,
        paging: &Paging,
    ) -> Result<Listing<UserMidjourneyTask>> {
        let condition = filter.condition(user_id);
        self.rows(condition, paging, Into::into).await
    }

    /// All tasks that a filter selects, newest first, for exports: read a thousand at a time. A row that cannot be read
    /// is an item of its own, the error [`Corrupt`](genledger_contract::ErrorKind::Corrupt) with its key, and the stream
    /// continues after it.
    #[must_use]
    pub fn stream(
        &self,
        filter: &MidjourneyTaskFilter,
    ) -> BoxStream<'static, Result<MidjourneyTask>> {
        let query = newest_first(filter.condition()).page_size(MAX_PAGE_SIZE);
        let rows = self.store.session().stream_lenient(query);
        rows.map(|row| row?.map_err(|unreadable| unreadable.error))
            .boxed()
    }

    /// The number of tasks, counted no further than `cap`, which is at least 1.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a cap of 0, and as [`page`](Self::page).
    pub async fn count(&self, filter: &MidjourneyTaskFilter, cap: u64) -> Result<Count> {
        self.store.session().count(filter.condition(), cap).await
    }

    /// [`count`](Self::count) of a user's own tasks.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub async fn count_for_user(
        &self,
        user_id: i64,
        filter: &UserMidjourneyTaskFilter,
        cap: u64,
    ) -> Result<Count> {
        let condition = filter.condition(user_id);
        self.store.session().count(condition, cap).await
    }
}

fn newest_first(filter: Filter<MidjourneyTask>) -> Query<MidjourneyTask> {
    Query::matching(filter).order_by([
        MidjourneyTask::SUBMIT_TIME.desc(),
        MidjourneyTask::ID.desc(),
    ])
}
