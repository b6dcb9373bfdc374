//! `GenerationTasks`: the verbs on tasks, images or videos.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use futures_core::stream::BoxStream;
use futures_util::StreamExt;
use genledger_contract::query::{Count, MAX_PAGE_SIZE};
use genledger_contract::{Error, Filter, Query, Result, SessionExt, Store, Tx, repository};

use super::{
    Edit, GenerationTask, GenerationTaskFilter, ModelTable, StampsColumns as _, change, rules,
};
use crate::paging::{Listing, Paging};
use crate::store_or_tx::StoreOrTx;
use crate::time::{Clock, SystemClock};

/// The tasks of one kind, in a store or in a transaction: `GenerationTasks<ImageTask>`, `GenerationTasks<VideoTask>`.
///
/// Every change of a task appends its event to the [outbox](crate::outbox) in the same transaction, so migrate
/// [`schema::outbox`](crate::schema::outbox) as well.
///
/// ```
/// use std::sync::Arc;
/// use genledger::generation::{
///     Edit, GenerationTaskFilter, GenerationTasks, ImageTask, NewImageTask, TaskRequest,
/// };
/// use genledger::id::GenerationIdGenerator;
/// use genledger::prelude::*;
/// use genledger::schema;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[schema::generation(), schema::outbox()]).await?;
/// let tasks = GenerationTasks::<ImageTask>::new(store);
///
/// let ids = GenerationIdGenerator::system();
/// let request = || TaskRequest::new("project-1", "The sea", "board-7", "work-3", "a cat on a boat");
/// let task = NewImageTask::new(request()).into_task(&ids)?;
/// assert!(tasks.submit(&task).await?); // it is new
/// assert!(!tasks.submit(&task).await?); // a retry is recognised
///
/// // The storyboard has a task.
/// let second = NewImageTask::new(request()).into_task(&ids)?;
/// assert_eq!(tasks.submit(&second).await.unwrap_err().kind(), ErrorKind::UniqueViolation);
///
/// // Until that is deleted.
/// let deleted = tasks.delete(task.id, &Edit::of_version(task.version).by("ann")).await?;
/// assert!(deleted.stamps.is_deleted && tasks.submit(&second).await?);
///
/// let of_project = GenerationTaskFilter::new().project_id("project-1");
/// assert_eq!(tasks.page(&of_project, &Paging::first(20)).await?.items, [second]);
/// # Ok(())
/// # }
/// ```
pub struct GenerationTasks<T> {
    store: StoreOrTx,
    clock: Arc<dyn Clock>,
    /// The built-in table if there is no other.
    models: Option<Arc<ModelTable>>,
    marker: PhantomData<fn() -> T>,
}

impl<T> Clone for GenerationTasks<T> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            clock: Arc::clone(&self.clock),
            models: self.models.clone(),
            marker: PhantomData,
        }
    }
}

impl<T> fmt::Debug for GenerationTasks<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerationTasks")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl<T> GenerationTasks<T> {
    /// The tasks of a store, with the clock of the system and the built-in models.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store: StoreOrTx::Store(store),
            clock: Arc::new(SystemClock),
            models: None,
            marker: PhantomData,
        }
    }

    /// The same tasks in a transaction: everything that is written is part of it. Each verb is atomic by itself there as
    /// well: after a failed one, the transaction can continue.
    #[must_use]
    pub fn within(&self, tx: &Tx) -> Self {
        Self {
            store: StoreOrTx::Transaction(tx.clone()),
            ..self.clone()
        }
    }

    /// The same tasks with another clock, for the times of changes and events.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The same tasks, where the models can do what a table contains.
    #[must_use]
    pub fn with_models(self, models: Arc<ModelTable>) -> Self {
        let models = Some(models);
        Self { models, ..self }
    }

    /// The time of a change, to the millisecond, as it is stored.
    fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(3)
    }
}

/// The verbs on the tasks of one kind, for services that mock them: accept `Arc<dyn GenerationTaskRepository<T>>` and
/// pass [`GenerationTasks`] in production, and in a unit test a `MockGenerationTaskRepository` (feature `mock`).
///
/// Listings are newest first, by the time of the creation and then the id, and stable.
///
/// A verb with an [`Edit`] can be repeated after an unknown outcome: if the row is as the same edit has left it, it is
/// returned, and nothing is written.
///
/// # Errors
/// Every verb returns the kinds listed at it and those of [`Session`](genledger_contract::Session).
#[repository(GenerationTaskRepository)]
impl<T: GenerationTask> GenerationTasks<T> {
    /// Checks a new task against its rules, writes it with the event `created`, and returns whether it is new; `false`
    /// when it was submitted before, as after a retry, whatever has become of it.
    ///
    /// # Errors
    /// - [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation): the project has another task for the
    ///   storyboard that is not deleted, or another task has this id.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): a rule is broken, or the task is not a new one. It is not
    ///   written.
    pub async fn submit(&self, task: &T) -> Result<bool> {
        let models = self.models.as_deref();
        let mut found = task.violations_with(models.unwrap_or_else(|| rules::built_in()));
        found.extend(change::new_only(task));
        found.into_result().map_err(Error::from)?;
        let submit = |tx| async move { change::submit(&tx, task).await };
        self.store.transaction(submit).await
    }

    /// Deletes a task softly, with the event `deleted`, and returns it as it is afterwards. It stays in the table as
    /// history, and its storyboard is free.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no task has this id, or it is deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the task has another version.
    /// - [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition): an attempt is open.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the name in the edit is too long.
    pub async fn delete(&self, id: T::Id, edit: &Edit) -> Result<T> {
        let now = self.now();
        let delete = |tx| async move { change::delete(&tx, id, edit, now).await };
        self.store.transaction(delete).await
    }

    /// Restores a deleted task, with the event `restored`, and returns it as it is afterwards. A pending one may be
    /// claimed again, and a retrying one at once.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no task has this id, or it is not deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the task has another version.
    /// - [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation): the storyboard has another task by now.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the name in the edit is too long.
    pub async fn restore(&self, id: T::Id, edit: &Edit) -> Result<T> {
        let now = self.now();
        let restore = |tx| async move { change::restore(&tx, id, edit, now).await };
        self.store.transaction(restore).await
    }

    /// Changes the priority of a task, without an event, and returns it as it is afterwards.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no task has this id, or it is deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the task has another version.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the name in the edit is too long.
    pub async fn set_priority(&self, id: T::Id, edit: &Edit, priority: i32) -> Result<T> {
        let now = self.now();
        let set = |tx| async move { change::set_priority(&tx, id, edit, priority, now).await };
        self.store.transaction(set).await
    }

    /// The task with this id, also a deleted one.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) for a row that cannot be read.
    pub async fn find(&self, id: T::Id) -> Result<Option<T>> {
        self.store.session().find(&id).await
    }

    /// [`find`](Self::find) for a task that must exist.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no task has this id, and those of
    /// [`find`](Self::find).
    pub async fn get(&self, id: T::Id) -> Result<T> {
        self.store.session().get(&id).await
    }

    /// A page of the tasks. Rows that cannot be read are listed apart.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a page size outside of 1 to 1000, a cursor of another
    /// listing, and a NUL character in a text that is searched for.
    pub async fn page(
        &self,
        filter: &GenerationTaskFilter<T>,
        paging: &Paging,
    ) -> Result<Listing<T>> {
        let query = newest_first(filter.condition())
            .page_size(paging.size)
            .after_maybe(paging.after.clone());
        let page = self.store.session().page_lenient(&query).await?;
        Ok(Listing::of(page, |task| task))
    }

    /// All tasks that a filter selects, newest first, for exports: read a thousand at a time. A row that cannot be read
    /// is an item of its own, the error [`Corrupt`](genledger_contract::ErrorKind::Corrupt) with its key, and the stream
    /// continues after it.
    #[must_use]
    pub fn stream(&self, filter: &GenerationTaskFilter<T>) -> BoxStream<'static, Result<T>> {
        let query = newest_first(filter.condition()).page_size(MAX_PAGE_SIZE);
        let rows = self.store.session().stream_lenient(query);
        rows.map(|row| row?.map_err(|unreadable| unreadable.error))
            .boxed()
    }

    /// The number of tasks, counted no further than `cap`, which is at least 1.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a cap of 0, and as [`page`](Self::page).
    pub async fn count(&self, filter: &GenerationTaskFilter<T>, cap: u64) -> Result<Count> {
        self.store.session().count(filter.condition(), cap).await
    }
}

fn newest_first<T: GenerationTask>(filter: Filter<T>) -> Query<T> {
    Query::matching(filter).order_by([T::CREATE_TIME.desc(), T::ID.desc()])
}
