//! Changes of tasks that were made in another system.

use chrono::{DateTime, Utc};
use genledger_contract::{Error, ErrorKind, Result, SessionExt, Tx};

use super::ending::{self, Reason};
use crate::generation::change::{is_idle, overtaken, restored};
use crate::generation::event::{self, TaskEvent};
use crate::generation::{
    Edit, GenerationTask, NewImageTask, StampsColumns as _, TaskReady, TaskRequest,
    TaskRequestColumns as _, TaskStateColumns as _,
};
use crate::setters::setters;
use crate::validate::Validate;

/// How another system has its record of a task: all columns that it may change. What is absent here becomes absent.
///
/// Changes of one task have increasing numbers. Since each has all columns, a newer one makes an older one superfluous.
///
/// ```
/// use genledger::generation::InboundChange;
///
/// let change = InboundChange::new(7, "The sea", "work-3").priority(5).callback_url("https://cartoon.example/done");
/// assert_eq!((change.seq, change.is_deleted), (7, false));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InboundChange {
    /// The number of the change among those of the task, from 1 on.
    pub seq: i64,
    /// The name of the project; 1 to 50 characters.
    pub project_name: String,
    /// The work; 1 to 50 characters.
    pub work_id: String,
    /// Tasks with a greater number are claimed first.
    pub priority: i32,
    /// The URL that the service calls at the end, http or https, without a user; at most 500 characters.
    pub callback_url: Option<String>,
    /// For the application; at most 255 characters.
    pub attr1: Option<String>,
    /// For the application; at most 255 characters.
    pub attr2: Option<String>,
    /// For the application.
    pub attr3: Option<String>,
    /// Whether the record is deleted there.
    pub is_deleted: bool,
}

impl InboundChange {
    /// A record that is not deleted, with priority 0; everything else is absent.
    #[must_use]
    pub fn new(seq: i64, project_name: impl Into<String>, work_id: impl Into<String>) -> Self {
        Self {
            seq,
            project_name: project_name.into(),
            work_id: work_id.into(),
            priority: 0,
            callback_url: None,
            attr1: None,
            attr2: None,
            attr3: None,
            is_deleted: false,
        }
    }

    /// Tasks with a greater number are claimed first.
    #[must_use]
    pub const fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Whether the record is deleted there.
    #[must_use]
    pub const fn deleted(mut self, is_deleted: bool) -> Self {
        self.is_deleted = is_deleted;
        self
    }

    setters! {
        /// The URL that the service calls at the end; at most 500 characters.
        callback_url: text String;
        /// For the application; at most 255 characters.
        attr1: text String;
        /// For the application; at most 255 characters.
        attr2: text String;
        /// For the application.
        attr3: text String;
    }

    /// The rules are those of a new task.
    pub(super) fn check(&self) -> Result<()> {
        let request = TaskRequest {
            callback_url: self.callback_url.clone(),
            attr1: self.attr1.clone(),
            attr2: self.attr2.clone(),
            attr3: self.attr3.clone(),
            ..TaskRequest::new("-", &self.project_name, "-", &self.work_id, "-")
        };
        let mut found = NewImageTask::new(request).violations();
        found.check(self.seq < 1, "seq", "out_of_range", "must be at least 1");
        found.into_result().map_err(Error::from)
    }
}

/// What became of a change of another system.
///
/// ```
/// use genledger::generation::{ImageTask, Inbound};
///
/// /// The task as it is now.
/// fn task(inbound: Inbound<ImageTask>) -> ImageTask {
///     match inbound {
///         Inbound::Applied(task) | Inbound::Stale(task) => task,
///     }
/// }
/// # let _ = task;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound<T> {
    /// It was applied: the task as it is afterwards.
    Applied(T),
    /// It was applied before, or a newer one was: the task as it is.
    Stale(T),
}

pub(super) async fn apply<T: GenerationTask>(
    tx: &Tx,
    id: T::Id,
    change: &InboundChange,
    now: DateTime<Utc>,
) -> Result<Inbound<T>> {
    let task = tx.find::<T>(&id).await?;
    let task = task.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "no task has this id").with_table(T::TABLE.name)
    })?;
    if task.state().inbound_seq >= change.seq {
        return Ok(Inbound::Stale(task));
    }
    let was_deleted = task.stamps().is_deleted;
    let deletes = change.is_deleted && !was_deleted;
    let task = if deletes && !is_idle(task.state()) {
        // The other system does not have the record any more, so nothing can be refused: the task is cancelled.
        let edit = Edit::of_version(task.version());
        ending::end::<T>(tx, id, &edit, Reason::Cancelled, now).await?
    } else {
        task
    };
    let mut changes = vec![
        T::INBOUND_SEQ.set(change.seq),
        T::PROJECT_NAME.set(change.project_name.as_str()),
        T::WORK_ID.set(change.work_id.as_str()),
        T::PRIORITY.set(change.priority),
        T::CALLBACK_URL.set(change.callback_url.clone()),
        T::ATTR1.set(change.attr1.clone()),
        T::ATTR2.set(change.attr2.clone()),
        T::ATTR3.set(change.attr3.clone()),
        T::UPDATE_TIME.set(now),
        T::UPDATE_BY.set(None::<String>),
    ];
    let status = task.state().generation_status;
    let what = if deletes {
        changes.extend([T::IS_DELETED.set(true), T::READY.set(TaskReady::No)]);
        TaskEvent::Deleted
    } else if was_deleted && !change.is_deleted {
        changes.extend(restored(status, now));
        TaskEvent::Restored
    } else {
        TaskEvent::Changed
    };
    let unchanged = T::VERSION.eq(task.version()) & T::INBOUND_SEQ.lt(change.seq);
    let changed = tx.update_returning::<T>(&id, unchanged, changes).await?;
    let changed = changed.ok_or_else(|| overtaken(T::TABLE.name))?;
    event::append_inbound(tx, what, status, &changed, now).await?;
    Ok(Inbound::Applied(changed))
}
