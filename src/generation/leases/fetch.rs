//! One claim, in its transaction: its repetition, tasks to be resumed, tasks to be begun.

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::query::MAX_PAGE_SIZE;
use genledger_contract::{Error, Query, Result, SessionExt, Tx};

use super::begin::{self, Begun};
use super::claim::{Claim, Claimed, Empty};
use super::lease::{Lease, LeasedTask};
use super::resume;
use super::settings::Settings;
use crate::generation::{GenerationAttempt, GenerationTask};

/// A claim that was checked, at a time.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) claim: &'a Claim,
    pub(super) now: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
}

impl<'a> Request<'a> {
    pub(super) fn new(claim: &'a Claim, length: TimeDelta, now: DateTime<Utc>) -> Result<Self> {
        let expires_at = now.checked_add_signed(length);
        let out_of_range = || Error::corrupt("the clock of the store is out of range");
        let expires_at = expires_at.ok_or_else(out_of_range)?;
        Ok(Self {
            claim,
            now,
            expires_at,
        })
    }
}

/// The outcome of a claim; why there is no task is found out afterwards.
pub(super) enum Fetched<T: GenerationTask> {
    Leased(Vec<LeasedTask<T>>),
    NoTask,
    Empty(Empty),
}

impl<T: GenerationTask> Fetched<T> {
    pub(super) fn into_claimed(self, next_due_at: Option<DateTime<Utc>>) -> Claimed<T> {
        match self {
            Self::Leased(tasks) => Claimed::Leased(tasks),
            Self::NoTask => Claimed::Empty(Empty::NoTask { next_due_at }),
            Self::Empty(empty) => Claimed::Empty(empty),
        }
    }
}

pub(super) async fn fetch<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    request: Request<'_>,
) -> Result<Fetched<T>> {
    if let Some(leased) = replayed(tx, request.claim).await? {
        return Ok(Fetched::Leased(leased));
    }
    let wanted = usize::try_from(request.claim.n).unwrap_or(usize::MAX);
    let resumed = resume::resume::<T>(tx, request).await?;
    let mut leased = resumed.leased;
    if leased.len() >= wanted {
        return Ok(Fetched::Leased(leased));
    }
    let begun = begin::begin::<T>(tx, settings, request, wanted - leased.len()).await?;
    let empty = match begun {
        Begun::Leased(more) => {
            leased.extend(more);
            None
        }
        Begun::Empty(empty) => Some(empty),
        Begun::NoTask => None,
    };
    Ok(match empty {
        _ if !leased.is_empty() => Fetched::Leased(leased),
        _ if resumed.contended => Fetched::Empty(Empty::Contended),
        Some(empty) => Fetched::Empty(empty),
        None => Fetched::NoTask,
    })
}

/// The leases of a claim with the same token that are still held; `None` if there was none.
async fn replayed<T: GenerationTask>(tx: &Tx, claim: &Claim) -> Result<Option<Vec<LeasedTask<T>>>> {
    let of_claim =
        GenerationAttempt::CLAIM_TOKEN.eq(claim.token) & GenerationAttempt::MEDIA.eq(T::MEDIUM);
    let query = Query::matching(of_claim).page_size(MAX_PAGE_SIZE);
    let attempts = tx.page(&query).await?.items;
    if attempts.is_empty() {
        return Ok(None);
    }
    let mut leased = Vec::new();
    for attempt in attempts {
        if attempt.outcome.is_some() {
            continue;
        }
        let Some(task_id) = attempt.task_id else {
            continue;
        };
        let task = tx.find::<T>(&T::Id::from(task_id)).await?;
        leased.extend(task.and_then(|task| leased_task(&attempt, task)));
    }
    Ok(Some(leased))
}

/// A task with the lease that its attempt records; `None` without a lease.
pub(super) fn leased_task<T: GenerationTask>(
    attempt: &GenerationAttempt,
    task: T,
) -> Option<LeasedTask<T>> {
    let lease = Lease {
        task_id: task.id(),
        attempt_id: attempt.id,
        seq: attempt.seq,
        holder: attempt.holder.clone(),
        account_id: attempt.account_id?,
        account_seq: attempt.account_seq,
        expires_at: attempt.expires_at?,
    };
    Some(LeasedTask {
        lease,
        task,
        submit_state: attempt.submit_state,
    })
}
