//! One claim, in its transaction: its repetition, tasks to be resumed, tasks to be begun.

use chrono::{DateTime, Utc};
use genledger_contract::query::MAX_PAGE_SIZE;
use genledger_contract::{Query, Result, SessionExt, Tx};

use super::begin::{self, Begun};
use super::claim::{Claim, Claimed, Empty, Look, Request};
use super::lease::LeasedTask;
use super::resume::{self, Resumed};
use crate::generation::settings::Settings;
use crate::generation::{GenerationAttempt, GenerationTask};

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
    let wanted = usize::try_from(request.claim.n).unwrap_or(usize::MAX);
    let mut resumed = Resumed::none();
    if request.look == Look::AtAll {
        if let Some(leased) = replayed(tx, request.claim).await? {
            return Ok(Fetched::Leased(leased));
        }
        resumed = resume::resume::<T>(tx, request).await?;
    }
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
    let of_claim = GenerationAttempt::CLAIM_TOKEN.eq(claim.token)
        & GenerationAttempt::MEDIA.eq(T::MEDIUM)
        & GenerationAttempt::TASK_ID.is_not_null();
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
        leased.extend(task.and_then(|task| LeasedTask::of(&attempt, task)));
    }
    Ok(Some(leased))
}
