//! Tasks that the provider works on get a holder again, on the same account.

use std::collections::HashMap;

use genledger_contract::query::RowUpdate;
use genledger_contract::{Query, Result, SessionExt, Tx};

use super::claim::Request;
use super::lease::LeasedTask;
use crate::generation::change::overtaken;
use crate::generation::event::{self, TaskEvent};
use crate::generation::{
    GenerationAttempt, GenerationStatus, GenerationTask, StampsColumns as _, SubmitState,
    TaskReady, TaskRequestColumns as _, TaskStateColumns as _,
};
use crate::id::GenerationAttemptId;

/// What was resumed.
pub(super) struct Resumed<T: GenerationTask> {
    pub(super) leased: Vec<LeasedTask<T>>,
    /// Whether other claims were faster.
    pub(super) contended: bool,
}

impl<T: GenerationTask> Resumed<T> {
    pub(super) const fn none() -> Self {
        Self {
            leased: Vec::new(),
            contended: false,
        }
    }
}

type Attempts = HashMap<GenerationAttemptId, GenerationAttempt>;

/// Resumes tasks in the order of claims.
pub(super) async fn resume<T: GenerationTask>(tx: &Tx, request: Request<'_>) -> Result<Resumed<T>> {
    let claim = request.claim;
    let of_family = claim.family.map(|family| T::ACCOUNT_TYPE.eq(family));
    let query = Query::matching(T::READY.eq(TaskReady::Resume).and_maybe(of_family))
        .order_by([T::PRIORITY.desc(), T::CREATE_TIME.asc(), T::ID.asc()])
        .page_size(claim.n);
    let page = tx.page_lenient::<T>(&query).await?;
    let tasks: Vec<T> = page.items.into_iter().flatten().collect();
    let attempts = attempts_of(tx, &tasks).await?;
    let mut pairs: Vec<(usize, &T, &GenerationAttempt)> = Vec::new();
    for (position, task) in tasks.iter().enumerate() {
        let attempt = task.state().attempt_id.and_then(|id| attempts.get(&id));
        pairs.extend(attempt.map(|attempt| (position, task, attempt)));
    }
    // All sessions lock rows in the same order.
    pairs.sort_unstable_by_key(|(_, _, attempt)| attempt.id);
    let taken = take_attempts(tx, request, &pairs).await?;
    let contended = taken.len() < pairs.len();
    let mut taken: Vec<_> = taken.into_iter().map(|index| pairs[index]).collect();
    taken.sort_unstable_by_key(|(_, task, _)| task.id().into());
    let mut leased = take_tasks(tx, request, &taken).await?;
    leased.sort_unstable_by_key(|(position, _)| *position);
    let leased = leased.into_iter().map(|(_, leased)| leased).collect();
    Ok(Resumed { leased, contended })
}

async fn attempts_of<T: GenerationTask>(tx: &Tx, tasks: &[T]) -> Result<Attempts> {
    let ids: Vec<_> = tasks
        .iter()
        .filter_map(|task| task.state().attempt_id)
        .collect();
    if ids.is_empty() {
        return Ok(Attempts::new());
    }
    let query = Query::matching(GenerationAttempt::ID.is_in(ids)).page_size(1_000);
    let page = tx.page_lenient::<GenerationAttempt>(&query).await?;
    Ok(page
        .items
        .into_iter()
        .flatten()
        .map(|row| (row.id, row))
        .collect())
}

/// Gives the attempts to the holder, and returns the positions of those that had none.
async fn take_attempts<T: GenerationTask>(
    tx: &Tx,
    request: Request<'_>,
    pairs: &[(usize, &T, &GenerationAttempt)],
) -> Result<Vec<usize>> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let updates = pairs.iter().map(|(_, _, attempt)| {
        let free = GenerationAttempt::SEQ.eq(attempt.seq)
            & GenerationAttempt::OUTCOME.is_null()
            & GenerationAttempt::EXPIRES_AT.is_null()
            & GenerationAttempt::SUBMIT_STATE.eq(SubmitState::Accepted);
        let changes = [
            GenerationAttempt::SEQ.plus(1),
            GenerationAttempt::HOLDER.set(request.claim.holder.as_str()),
            GenerationAttempt::CLAIM_TOKEN.set(request.claim.token),
            GenerationAttempt::EXPIRES_AT.set(request.expires_at),
        ];
        RowUpdate::new(&attempt.id, free, changes)
    });
    let updates: Vec<_> = updates.collect();
    let taken = tx.update_each(updates).await?;
    let positions = taken.iter().enumerate().filter(|(_, taken)| **taken);
    Ok(positions.map(|(position, _)| position).collect())
}

/// Takes the tasks of attempts that were taken, and returns each with its position in the order of claims.
async fn take_tasks<T: GenerationTask>(
    tx: &Tx,
    request: Request<'_>,
    pairs: &[(usize, &T, &GenerationAttempt)],
) -> Result<Vec<(usize, LeasedTask<T>)>> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let updates = pairs.iter().map(|(_, task, attempt)| {
        let unchanged = T::ATTEMPT_ID.eq(attempt.id)
            & T::GENERATION_STATUS.eq(GenerationStatus::Retrying)
            & T::READY.eq(TaskReady::Resume)
            & T::IS_DELETED.eq(false);
        let changes = [
            T::GENERATION_STATUS.set(GenerationStatus::Processing),
            T::READY.set(TaskReady::No),
            T::LEASE_SEQ.plus(1),
            T::UPDATE_TIME.set(request.now),
        ];
        RowUpdate::<T>::new(&task.id(), unchanged, changes)
    });
    let updates: Vec<_> = updates.collect();
    let rows = tx.update_each_returning(updates).await?;
    let missing = || overtaken(T::TABLE.name);
    let tasks = rows.into_iter().map(|row| row.ok_or_else(missing));
    let tasks: Vec<T> = tasks.collect::<Result<_>>()?;
    let from = Some(GenerationStatus::Retrying);
    let changes = tasks
        .iter()
        .map(|task| (TaskEvent::StatusChanged, from, task));
    let changes: Vec<_> = changes.collect();
    event::append_all(tx, &changes, request.now).await?;
    let mut leased = Vec::new();
    for (task, (position, _, attempt)) in tasks.into_iter().zip(pairs) {
        let attempt = GenerationAttempt {
            seq: attempt.seq.saturating_add(1),
            holder: request.claim.holder.clone(),
            expires_at: Some(request.expires_at),
            ..(*attempt).clone()
        };
        leased.extend(LeasedTask::of(&attempt, task).map(|leased| (*position, leased)));
    }
    Ok(leased)
}
