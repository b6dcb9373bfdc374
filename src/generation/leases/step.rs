//! Changes of attempts, their tasks and their accounts, in one transaction.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use genledger_contract::query::{Change, Changes, Guard, RowUpdate};
use genledger_contract::{Entity, Error, Result, SessionExt, Tx};

use super::held::{Held, foreign_write};
use super::report::Failure;
use crate::generation::account_row::{self, AccountChanges, Slot, StateChange};
use crate::generation::change::overtaken;
use crate::generation::event::{self, TaskEvent};
use crate::generation::{
    AttemptOutcome, Edit, FailureCode, GenerationAttempt, GenerationStatus, GenerationTask,
    StampsColumns as _, TaskReady, TaskStateColumns as _,
};
use crate::id::ProviderAccountId;

/// The changes of a verb.
pub(super) struct Step<T> {
    pub(super) attempt: Changes<GenerationAttempt>,
    /// Without any, the task stays as it is.
    pub(super) task: Changes<T>,
    slot: Slot,
    account: Option<StateChange>,
    pub(super) event: Option<TaskEvent>,
    /// The version of the task, for a change by a user.
    version: Option<i64>,
}

impl<T: GenerationTask> Step<T> {
    /// The attempt ends, and its slot is free.
    pub(super) fn ends(outcome: AttemptOutcome, now: DateTime<Utc>) -> Self {
        Self::of(ended(outcome, now), Slot::Released)
    }

    /// The lease ends, and the attempt stays open: the provider works on the task.
    pub(super) fn detaches() -> Self {
        let attempt = vec![
            GenerationAttempt::SEQ.plus(1),
            GenerationAttempt::EXPIRES_AT.set(None::<DateTime<Utc>>),
        ];
        let mut step = Self::of(attempt, Slot::Kept);
        step.task.push(T::LEASE_SEQ.plus(1));
        step
    }

    /// The attempt and its lease continue.
    pub(super) const fn keeps() -> Self {
        Self::of(Vec::new(), Slot::Kept)
    }

    const fn of(attempt: Changes<GenerationAttempt>, slot: Slot) -> Self {
        Self {
            attempt,
            task: Vec::new(),
            slot,
            account: None,
            event: Some(TaskEvent::StatusChanged),
            version: None,
        }
    }

    /// What happens to the account.
    pub(super) fn on_account(mut self, change: StateChange) -> Self {
        self.account = Some(change);
        self
    }

    /// A user makes the change: the task must have the version.
    pub(super) fn by(mut self, edit: Option<&Edit>) -> Self {
        if let Some(edit) = edit {
            self.version = Some(edit.version);
            self.task.push(T::UPDATE_BY.set(edit.by.clone()));
        }
        self
    }

    /// The next status of the task.
    pub(super) fn status(mut self, status: GenerationStatus, ready: TaskReady) -> Self {
        self.task
            .extend([T::GENERATION_STATUS.set(status), T::READY.set(ready)]);
        self
    }

    /// The error, of the attempt and of the task.
    pub(super) fn error(self, code: &FailureCode, message: Option<&str>) -> Self {
        let mut step = self.attempt_error(code, message);
        step.task.extend([
            T::ERROR_CODE.set(code.as_str()),
            T::ERROR_MESSAGE.set(message.map(str::to_owned)),
        ]);
        step
    }

    /// The error, of the attempt only.
    pub(super) fn attempt_error(mut self, code: &FailureCode, message: Option<&str>) -> Self {
        self.attempt.extend(error_of(code, message));
        self
    }

    /// Applies the changes if the rows are as they were read, and returns the task as it is afterwards.
    pub(super) async fn apply(self, tx: &Tx, held: Held<T>, now: DateTime<Utc>) -> Result<T> {
        let mut tasks = apply_all(tx, vec![(held, self)], now).await?;
        tasks
            .pop()
            .ok_or_else(|| Error::corrupt("a step without its task"))
    }
}

/// The changes of an attempt that ends.
fn ended(outcome: AttemptOutcome, now: DateTime<Utc>) -> Changes<GenerationAttempt> {
    vec![
        GenerationAttempt::OUTCOME.set(outcome),
        GenerationAttempt::ENDED_AT.set(now),
        GenerationAttempt::EXPIRES_AT.set(None::<DateTime<Utc>>),
    ]
}

/// The error of an attempt.
fn error_of(code: &FailureCode, message: Option<&str>) -> [Change<GenerationAttempt>; 2] {
    [
        GenerationAttempt::ERROR_CODE.set(code.as_str()),
        GenerationAttempt::ERROR_MESSAGE.set(message.map(str::to_owned)),
    ]
}

/// Ends an attempt without its task, which it does not have or which something else has changed: its slot is free.
pub(in crate::generation) async fn end_alone(
    tx: &Tx,
    attempt: &GenerationAttempt,
    outcome: AttemptOutcome,
    failure: Option<&Failure>,
    now: DateTime<Utc>,
    change: StateChange,
) -> Result<()> {
    let mut changes = ended(outcome, now);
    if let Some(failure) = failure {
        changes.extend(error_of(&failure.code, failure.message.as_deref()));
    }
    change_attempt(tx, attempt, changes).await?;
    let Some(account) = attempt.account_id else {
        return Ok(());
    };
    account_row::change(tx, account, attempt.media, Slot::Released, now, change).await
}

/// Applies steps of different tasks, and returns the tasks as they are afterwards: all of them, or none if a row is not
/// as it was read. The task must be that of the attempt, and have the status and readiness that were read.
///
/// Rows are changed table by table, each in the order of the ids, so that two groups wait for each other and do not
/// deadlock.
pub(super) async fn apply_all<T: GenerationTask>(
    tx: &Tx,
    steps: Vec<(Held<T>, Step<T>)>,
    now: DateTime<Utc>,
) -> Result<Vec<T>> {
    let mut rows = Vec::with_capacity(steps.len());
    let (mut attempts, mut tasks) = (Vec::new(), Vec::new());
    let mut accounts: BTreeMap<ProviderAccountId, AccountChanges> = BTreeMap::new();
    for (index, (held, step)) in steps.into_iter().enumerate() {
        let Step {
            attempt,
            task,
            slot,
            account,
            event,
            version,
        } = step;
        if !attempt.is_empty() {
            attempts.push((index, attempt));
        }
        if !task.is_empty() {
            tasks.push((index, task, version));
        }
        if let Some(id) = held.attempt.account_id
            && (account.is_some() || slot == Slot::Released)
        {
            accounts.entry(id).or_default().push((slot, account));
        }
        rows.push((held, event));
    }
    change_attempts(tx, &rows, attempts).await?;
    let mut changed = change_tasks(tx, &rows, tasks, now).await?;
    account_row::change_all(tx, T::MEDIUM, accounts, now).await?;
    let mut events = Vec::new();
    for (index, (held, what)) in rows.iter().enumerate() {
        if let (Some(what), Some(task)) = (what, changed.get(&index)) {
            events.push((*what, Some(held.task.state().generation_status), task));
        }
    }
    event::append_all(tx, &events, now).await?;
    let rows = rows.into_iter().enumerate();
    Ok(rows
        .map(|(index, (held, _))| changed.remove(&index).unwrap_or(held.task))
        .collect())
}

/// The rows of a step, and the event that it appends.
type Rows<T> = [(Held<T>, Option<TaskEvent>)];

/// Changes attempts that are open and as they were read.
async fn change_attempts<T: GenerationTask>(
    tx: &Tx,
    rows: &Rows<T>,
    mut changes: Vec<(usize, Changes<GenerationAttempt>)>,
) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    changes.sort_unstable_by_key(|(index, _)| rows[*index].0.attempt.id);
    let updates = changes.into_iter().map(|(index, changes)| {
        let attempt = &rows[index].0.attempt;
        RowUpdate::new(&attempt.id, unchanged(attempt), changes)
    });
    let updates: Vec<_> = updates.collect();
    let matched = tx.update_each(updates).await?;
    if matched.iter().all(|matched| *matched) {
        Ok(())
    } else {
        Err(overtaken(GenerationAttempt::TABLE.name))
    }
}

/// That an attempt is open, and as it was read: a heartbeat that came between must not be lost to a sweep.
fn unchanged(attempt: &GenerationAttempt) -> Guard<GenerationAttempt> {
    GenerationAttempt::SEQ.eq(attempt.seq)
        & GenerationAttempt::OUTCOME.is_null()
        & GenerationAttempt::SUBMIT_STATE.eq(attempt.submit_state)
        & account_row::same(GenerationAttempt::EXPIRES_AT, attempt.expires_at)
}

/// Changes tasks that are as they were read, and returns them by their positions.
async fn change_tasks<T: GenerationTask>(
    tx: &Tx,
    rows: &Rows<T>,
    mut changes: Vec<(usize, Changes<T>, Option<i64>)>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<usize, T>> {
    if changes.is_empty() {
        return Ok(BTreeMap::new());
    }
    changes.sort_unstable_by_key(|(index, ..)| rows[*index].0.task.id().into());
    let versions: Vec<_> = changes
        .iter()
        .map(|(index, _, version)| (*index, *version))
        .collect();
    let updates = changes.into_iter().map(|(index, changes, version)| {
        let Held { attempt, task } = &rows[index].0;
        let mut guard = T::ATTEMPT_ID.eq(attempt.id) & as_read(task);
        if let Some(version) = version {
            guard = guard & T::VERSION.eq(version);
        }
        let changes = changes.into_iter().chain([T::UPDATE_TIME.set(now)]);
        RowUpdate::<T>::new(&task.id(), guard, changes)
    });
    let updates: Vec<_> = updates.collect();
    let changed = tx.update_each_returning(updates).await?;
    let changed = versions.into_iter().zip(changed);
    changed
        .map(|((index, version), task)| {
            let task = task.ok_or_else(|| match version {
                // Changed since it was read, or only ready by now: which of the two is found out by reading it again.
                Some(_) => overtaken(T::TABLE.name),
                None => foreign_write::<T>(),
            });
            Ok((index, task?))
        })
        .collect()
}

/// That a task is not deleted, and has the status and readiness that were read.
fn as_read<T: GenerationTask>(task: &T) -> Guard<T> {
    let state = task.state();
    let unchanged = T::GENERATION_STATUS.eq(state.generation_status)
        & T::READY.eq(state.ready)
        & T::IS_DELETED.eq(false);
    unchanged.into()
}

/// Changes an attempt whose task stays as it is.
pub(in crate::generation) async fn change_attempt(
    tx: &Tx,
    attempt: &GenerationAttempt,
    changes: Changes<GenerationAttempt>,
) -> Result<()> {
    if tx
        .update_if::<GenerationAttempt>(&attempt.id, unchanged(attempt), changes)
        .await?
    {
        Ok(())
    } else {
        Err(overtaken(GenerationAttempt::TABLE.name))
    }
}

/// Changes a task without an open attempt, if it has the status and readiness that were read and satisfies a guard;
/// `None` if not.
pub(super) async fn change_task<T: GenerationTask>(
    tx: &Tx,
    task: &T,
    guard: impl Into<Guard<T>>,
    changes: Changes<T>,
    now: DateTime<Utc>,
) -> Result<Option<T>> {
    let unchanged = as_read(task) & guard.into();
    let changes = changes.into_iter().chain([T::UPDATE_TIME.set(now)]);
    tx.update_returning::<T>(&task.id(), unchanged, changes)
        .await
}
