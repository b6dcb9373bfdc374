//! Changes by users: what an edit of a version requires, and the submission, deletion, restoration and priority of tasks.

use chrono::{DateTime, Utc};
use genledger_contract::entity::Versioned;
use genledger_contract::query::{Changes, Guard};
use genledger_contract::{Error, ErrorKind, Result, RowOutcome, SessionExt, Tx, Violations};

use super::event::{self, TaskEvent};
use super::{
    Edit, GenerationStatus, GenerationTask, ProviderAccount, Stamps, StampsColumns as _, TaskReady,
    TaskRequestColumns as _, TaskState, TaskStateColumns as _,
};
use crate::append::one_outcome;

/// The violations of a task that is not a new one.
pub(super) fn new_only<T: GenerationTask>(task: &T) -> Violations {
    let mut found = Violations::new();
    let state = task.state();
    let is_new = *state == TaskState::pending(state.account_type);
    let message = "must be pending: a task is submitted before anything else";
    found.check(!is_new, T::GENERATION_STATUS, "not_pending", message);
    found.check(task.version() != 1, "version", "out_of_range", "must be 1");
    let deleted = task.stamps().is_deleted;
    found.check(deleted, T::IS_DELETED, "deleted", "must not be deleted");
    found
}

pub(super) async fn submit<T: GenerationTask>(tx: &Tx, task: &T) -> Result<bool> {
    // A repetition is recognised before the unique key, which another task may have by now.
    if let Some(stored) = tx.find::<T>(&task.id()).await? {
        return if stored.is_same_submission(task) {
            Ok(false)
        } else {
            one_outcome(&[RowOutcome::Different], T::ID)
        };
    }
    let outcomes = tx.insert_if_absent(std::slice::from_ref(task)).await?;
    if outcomes == [RowOutcome::Different] {
        // Written since it was searched for, and changed already: the next attempt finds it.
        return Err(overtaken(T::TABLE.name));
    }
    if !one_outcome(&outcomes, T::ID)? {
        return Ok(false);
    }
    let created = task.stamps().create_time;
    event::append(tx, TaskEvent::Created, None, task, created).await?;
    Ok(true)
}

/// The error of a write that another one overtook: the transaction is repeated, and reads the rows again.
pub(super) fn overtaken(table: &'static str) -> Error {
    let message = "another session has changed the row at the same time";
    Error::new(ErrorKind::SerializationFailure, message).with_table(table)
}

/// A row that users edit.
pub(super) trait Editable: Versioned {
    /// The message where there is none with an id.
    const NOT_FOUND: &'static str;

    /// Its times, and whether it is deleted.
    fn edited(&self) -> &Stamps;
}

impl<T: GenerationTask> Editable for T {
    const NOT_FOUND: &'static str = "no task has this id";

    fn edited(&self) -> &Stamps {
        self.stamps()
    }
}

impl Editable for ProviderAccount {
    const NOT_FOUND: &'static str = "no account has this id";

    fn edited(&self) -> &Stamps {
        &self.stamps
    }
}

/// What a change requires of the stored row, and what it has been if this is its repetition.
pub(super) struct Expected {
    pub(super) deleted: bool,
    /// Whether the row is as the change leaves it.
    pub(super) done: bool,
}

/// The stored row, to be changed; `Err(row)` if the change was made already.
pub(super) fn checked<E: Editable>(
    stored: Option<E>,
    edit: &Edit,
    expected: impl FnOnce(&E) -> Expected,
) -> Result<Result<E, E>> {
    let not_found = || Error::new(ErrorKind::NotFound, E::NOT_FOUND).with_table(E::TABLE.name);
    let stored = stored.ok_or_else(not_found)?;
    let Expected { deleted, done } = expected(&stored);
    let next = edit.version.checked_add(1) == Some(stored.version());
    if done && next && stored.edited().update_by == edit.by {
        return Ok(Err(stored));
    }
    if stored.edited().is_deleted != deleted {
        return Err(not_found());
    }
    if stored.version() != edit.version {
        return Err(Error::version_conflict().with_table(E::TABLE.name));
    }
    Ok(Ok(stored))
}

/// Changes the row if it still has the version. If not, reading it again finds out whether this change was made already,
/// by a call whose reply was lost.
async fn apply<T: GenerationTask>(
    tx: &Tx,
    id: T::Id,
    edit: &Edit,
    now: DateTime<Utc>,
    guard: impl Into<Guard<T>>,
    changes: Changes<T>,
) -> Result<T> {
    let stamps = [T::UPDATE_TIME.set(now), T::UPDATE_BY.set(edit.by.clone())];
    let guard = guard.into() & T::VERSION.eq(edit.version);
    let changes = changes.into_iter().chain(stamps);
    let changed = tx.update_returning::<T>(&id, guard, changes).await?;
    changed.ok_or_else(|| overtaken(T::TABLE.name))
}

/// Without an open attempt: an account neither works on it nor may have been sent it.
pub(super) fn is_idle(state: &TaskState) -> bool {
    let idle = [TaskReady::No, TaskReady::Fresh, TaskReady::Waits];
    state.generation_status != GenerationStatus::Processing && idle.contains(&state.ready)
}

pub(super) async fn delete<T: GenerationTask>(
    tx: &Tx,
    id: T::Id,
    edit: &Edit,
    now: DateTime<Utc>,
) -> Result<T> {
    let stored = tx.find::<T>(&id).await?;
    let stored = match checked(stored, edit, |row| Expected {
        deleted: false,
        done: row.stamps().is_deleted,
    })? {
        Ok(stored) => stored,
        Err(done) => return Ok(done),
    };
    if !is_idle(stored.state()) {
        let status = stored.state().generation_status;
        return Err(Error::invalid_transition(status, "deleted").with_table(T::TABLE.name));
    }
    let guard = T::IS_DELETED.eq(false)
        & T::GENERATION_STATUS.ne(GenerationStatus::Processing)
        & T::READY.is_in([TaskReady::No, TaskReady::Fresh, TaskReady::Waits]);
    let changes = vec![T::IS_DELETED.set(true), T::READY.set(TaskReady::No)];
    let deleted = apply(tx, id, edit, now, guard, changes).await?;
    let from = Some(stored.state().generation_status);
    event::append(tx, TaskEvent::Deleted, from, &deleted, now).await?;
    Ok(deleted)
}

pub(super) async fn restore<T: GenerationTask>(
    tx: &Tx,
    id: T::Id,
    edit: &Edit,
    now: DateTime<Utc>,
) -> Result<T> {
    let stored = tx.find::<T>(&id).await?;
    let stored = match checked(stored, edit, |row| Expected {
        deleted: true,
        done: !row.stamps().is_deleted,
    })? {
        Ok(stored) => stored,
        Err(done) => return Ok(done),
    };
    let changes = restored(stored.state().generation_status, now);
    let restored = apply(tx, id, edit, now, T::IS_DELETED.eq(true), changes).await?;
    let from = Some(stored.state().generation_status);
    event::append(tx, TaskEvent::Restored, from, &restored, now).await?;
    Ok(restored)
}

/// The changes of a task with this status that is restored: it can be claimed again.
pub(super) fn restored<T: GenerationTask>(
    status: GenerationStatus,
    now: DateTime<Utc>,
) -> Changes<T> {
    let mut changes = vec![T::IS_DELETED.set(false)];
    match status {
        GenerationStatus::Pending => changes.push(T::READY.set(TaskReady::Fresh)),
        GenerationStatus::Retrying => {
            changes.extend([T::READY.set(TaskReady::Waits), T::NEXT_RETRY_AT.set(now)]);
        }
        _ => {}
    }
    changes
}

pub(super) async fn set_priority<T: GenerationTask>(
    tx: &Tx,
    id: T::Id,
    edit: &Edit,
    priority: i32,
    now: DateTime<Utc>,
) -> Result<T> {
    let stored = tx.find::<T>(&id).await?;
    let stored = checked(stored, edit, |row| Expected {
        deleted: false,
        done: !row.stamps().is_deleted && row.request().priority == priority,
    })?;
    if let Err(done) = stored {
        return Ok(done);
    }
    let changes = vec![T::PRIORITY.set(priority)];
    apply(tx, id, edit, now, T::IS_DELETED.eq(false), changes).await
}
