//! What the holders of leases report: one lease, or a group of them in one transaction.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::query::MAX_PAGE_SIZE;
use genledger_contract::session::Unreadable;
use genledger_contract::{Entity, Error, ErrorKind, Query, Result, SessionExt, Tx};

use super::answer::Answer;
use super::held::Rows;
use super::lease::Lease;
use super::plan::{Plan, Reply};
use super::report::{Failure, GenerationResult};
use super::step::apply_all;
use super::switch::Switch;
use super::{finish, orphan, progress, switch};
use crate::generation::settings::Settings;
use crate::generation::{GenerationAttempt, GenerationTask, TextList};
use crate::id::GenerationAttemptId;

/// What the holder of a lease reports.
#[derive(Clone, Debug)]
pub(in crate::generation) enum Verb {
    Start,
    Submitted(String),
    Heartbeat(TimeDelta),
    Complete(GenerationResult),
    Fail(Failure),
    Unknown,
    Release,
    Switch(Switch),
}

impl Verb {
    pub(in crate::generation) fn check(&self) -> Result<()> {
        match self {
            Self::Submitted(remote_task_id) => progress::check_remote_id(remote_task_id),
            Self::Complete(result) => result.check(),
            Self::Fail(failure) => failure.check(),
            _ => Ok(()),
        }
    }

    pub(in crate::generation) const fn name(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Submitted(_) => "submitted",
            Self::Heartbeat(_) => "heartbeat",
            Self::Complete(_) => "complete",
            Self::Fail(_) => "fail",
            Self::Unknown => "unknown",
            Self::Release => "release",
            Self::Switch(_) => "switch",
        }
    }

    /// Whether it may release a slot, or make a task ready.
    pub(in crate::generation) const fn frees(&self) -> bool {
        matches!(
            self,
            Self::Complete(_) | Self::Fail(_) | Self::Release | Self::Switch(_)
        )
    }

    /// About how many bytes it takes.
    pub(in crate::generation) fn bytes(&self) -> usize {
        let reported = match self {
            Self::Submitted(remote_task_id) => remote_task_id.len(),
            Self::Complete(result) => {
                let lists = [&result.urls, &result.local_paths];
                let items = lists.into_iter().flat_map(TextList::items);
                items.map(String::len).sum()
            }
            Self::Fail(failure) => failure.message.as_ref().map_or(0, String::len),
            _ => 0,
        };
        size_of::<Self>() + reported
    }
}

/// Runs verbs of leases of different tasks, and returns the answer to each.
///
/// Verbs that are refused do not concern the others. An error is that of a statement, or of a row that was changed at the
/// same time, and then nothing was done.
pub(super) async fn run<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    verbs: &[(&Lease<T::Id>, &Verb)],
    now: DateTime<Utc>,
) -> Result<Vec<Answer<Reply<T>>>> {
    let mut rows = read::<T>(tx, verbs).await?;
    let (mut answers, mut steps, mut written) = (Vec::new(), Vec::new(), Vec::new());
    let mut freed = Vec::new();
    for (lease, verb) in verbs {
        let rows = rows.of(lease);
        let planned = match rows {
            Ok(rows) => plan::<T>(tx, settings, lease, verb, rows, now).await,
            Err(error) => Err(error),
        };
        answers.push(match planned {
            Ok(Plan::Done(reply)) => Some(Answer::Done(reply)),
            Ok(Plan::Refused(refusal)) => {
                freed.extend(refusal.freed);
                let (error, evidence) = (refusal.error, refusal.evidence);
                Some(Answer::Refused { error, evidence })
            }
            Ok(Plan::Write {
                held,
                step,
                expires_at,
            }) => {
                steps.push((held, step));
                written.push(expires_at);
                None
            }
            Err(error) if is_of_verb(&error) => {
                let evidence = None;
                Some(Answer::Refused { error, evidence })
            }
            Err(error) => return Err(error),
        });
    }
    let tasks = apply_all(tx, steps, now).await?;
    // After the others, which lock their attempts first.
    freed.sort_unstable_by_key(|attempt| attempt.id);
    for attempt in freed {
        orphan::end(tx, &attempt, now).await?;
    }
    let replies = tasks.into_iter().zip(written);
    let mut replies = replies.map(|(task, expires_at)| Answer::Done(Reply { task, expires_at }));
    let missing = || Error::corrupt("a step without its task");
    answers
        .into_iter()
        .map(|answer| answer.or_else(|| replies.next()).ok_or_else(missing))
        .collect()
}

/// Whether an error is that of one verb, and says nothing about the transaction.
fn is_of_verb(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Invalid
            | ErrorKind::NotFound
            | ErrorKind::InvalidTransition
            | ErrorKind::VersionConflict
            | ErrorKind::StaleLease
            | ErrorKind::Corrupt
    )
}

async fn plan<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    lease: &Lease<T::Id>,
    verb: &Verb,
    rows: Rows<T>,
    now: DateTime<Utc>,
) -> Result<Plan<T>> {
    match verb {
        Verb::Start => progress::start(tx, lease, rows, now).await,
        Verb::Submitted(id) => progress::submitted(tx, lease, rows, id).await,
        Verb::Heartbeat(length) => progress::heartbeat(tx, lease, rows, *length, now).await,
        Verb::Complete(result) => finish::complete(tx, lease, rows, result, now).await,
        Verb::Fail(failure) => finish::fail(tx, settings, lease, rows, failure, now).await,
        Verb::Unknown => finish::unknown(tx, lease, rows).await,
        Verb::Release => finish::release(tx, lease, rows, now).await,
        Verb::Switch(to) => switch::switch_lease(tx, settings, lease, rows, to, now).await,
    }
}

/// The rows of leases.
struct Read<T: GenerationTask> {
    attempts: HashMap<GenerationAttemptId, Result<GenerationAttempt>>,
    tasks: HashMap<T::Id, Result<T>>,
}

/// Attempts first: a task that was read afterwards is not older than its attempt.
async fn read<T: GenerationTask>(tx: &Tx, verbs: &[(&Lease<T::Id>, &Verb)]) -> Result<Read<T>> {
    let attempts = verbs.iter().map(|(lease, _)| lease.attempt_id);
    let query = Query::matching(GenerationAttempt::ID.is_in(attempts)).page_size(MAX_PAGE_SIZE);
    let attempts = tx.page_lenient::<GenerationAttempt>(&query).await?.items;
    let tasks = verbs.iter().map(|(lease, _)| lease.task_id);
    let query = Query::matching(T::ID.is_in(tasks)).page_size(MAX_PAGE_SIZE);
    let tasks = tx.page_lenient::<T>(&query).await?.items;
    Ok(Read {
        attempts: by_key(attempts, |row| row.id),
        tasks: by_key(tasks, T::id),
    })
}

/// Rows by their keys, also those that cannot be read.
fn by_key<E: Entity>(
    rows: Vec<Result<E, Unreadable<E>>>,
    key: impl Fn(&E) -> E::Key,
) -> HashMap<E::Key, Result<E>>
where
    E::Key: Eq + Hash,
{
    let rows = rows.into_iter().filter_map(|row| match row {
        Ok(row) => Some((key(&row), Ok(row))),
        Err(unreadable) => Some((unreadable.key?, Err(unreadable.error))),
    });
    rows.collect()
}

impl<T: GenerationTask> Read<T> {
    /// The rows of a lease.
    fn of(&mut self, lease: &Lease<T::Id>) -> Result<Rows<T>> {
        let attempt = self.attempts.remove(&lease.attempt_id).transpose()?;
        let task = self.tasks.remove(&lease.task_id).transpose()?;
        Rows::of(lease, attempt, task)
    }
}

/// Divides verbs into groups without two of the same task, each in the order in which they were given: a later verb of a
/// task is planned when the earlier ones are written.
pub(in crate::generation) fn rounds<I: Copy + Eq + Hash>(tasks: &[I]) -> Vec<Vec<usize>> {
    let mut rounds = Vec::new();
    let mut left: Vec<usize> = (0..tasks.len()).collect();
    while !left.is_empty() {
        let mut seen = HashSet::new();
        let (round, later) = left
            .into_iter()
            .partition(|index| seen.insert(tasks[*index]));
        rounds.push(round);
        left = later;
    }
    rounds
}
