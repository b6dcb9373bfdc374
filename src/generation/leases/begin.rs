//! New attempts: tasks and accounts are paired, and taken with guards.

use genledger_contract::query::MAX_PAGE_SIZE;
use genledger_contract::{Query, Result, SessionExt, Tx};
use uuid::Uuid;

use super::claim::{Empty, Request};
use super::lease::LeasedTask;
use super::take::{self, Taken};
use crate::generation::account_slots::{self, ActiveAccounts, Opened};
use crate::generation::event::{self, TaskEvent};
use crate::generation::settings::Settings;
use crate::generation::{
    AccountType, ClaimPlace, GenerationAttempt, GenerationTask, Pair, Shortage, SplitMix64,
    StampsColumns as _, TaskNeed, TaskReady, TaskRequestColumns as _, TaskStateColumns as _,
    pair_tasks, shortage, tasks_seen,
};

/// What a claim of new attempts got.
pub(super) enum Begun<T: GenerationTask> {
    Leased(Vec<LeasedTask<T>>),
    NoTask,
    Empty(Empty),
}

pub(super) async fn begin<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    request: Request<'_>,
    wanted: usize,
) -> Result<Begun<T>> {
    let read = |most| ready_tasks::<T>(tx, request.claim.family, most);
    let mut families = read(wanted).await?;
    if families.is_empty() {
        return Ok(Begun::NoTask);
    }
    let pool = ActiveAccounts::read(tx, T::MEDIUM).await?;
    let mut chosen = choose(settings, request, &families, &pool, wanted);
    // Mostly every task has an account, so that the tasks behind them are not read.
    let may_be_more = families.iter().any(|tasks| tasks.len() >= wanted);
    if may_be_more && chosen.pairs.len() < wanted {
        families = read(tasks_seen(wanted)).await?;
        chosen = choose(settings, request, &families, &pool, wanted);
    }
    match families.get(chosen.family) {
        Some(tasks) => take_pairs(tx, settings, request, tasks, &pool, &chosen.pairs).await,
        None => Ok(Begun::Empty(Empty::NoAccount {
            full: chosen.short.full,
            next_available_at: chosen.short.next_available_at,
        })),
    }
}

/// The pairs of a claim.
struct Chosen {
    /// The family of the tasks; after the last one if no task has an account.
    family: usize,
    pairs: Vec<Pair>,
    /// Why no task of the families before has an account.
    short: Shortage,
}

/// Pairs the tasks of the first family that has an account for one of them.
fn choose<T: GenerationTask>(
    settings: &Settings,
    request: Request<'_>,
    families: &[Vec<T>],
    pool: &ActiveAccounts,
    wanted: usize,
) -> Chosen {
    let mut random = SplitMix64::new(request.claim.seed);
    let mut short = Shortage::default();
    for (family, tasks) in families.iter().enumerate() {
        let needs: Vec<TaskNeed> = tasks.iter().map(|task| need(task, settings)).collect();
        let pairs = pair_tasks(
            &needs,
            &pool.candidates,
            wanted,
            &request.claim.strategy,
            &mut random,
            request.now,
        );
        if !pairs.is_empty() {
            return Chosen {
                family,
                pairs,
                short,
            };
        }
        // The tasks of the other family may have an account.
        let other = shortage(&needs, &pool.candidates, request.now);
        short.full += other.full;
        let times = [short.next_available_at, other.next_available_at];
        short.next_available_at = times.into_iter().flatten().min();
    }
    Chosen {
        family: families.len(),
        pairs: Vec::new(),
        short,
    }
}

fn need<T: GenerationTask>(task: &T, settings: &Settings) -> TaskNeed {
    let avoid = task.state().avoid_account_id;
    TaskNeed {
        want_site: task.request().want_site,
        avoid: avoid.map(|id| id.to_string()),
        ..TaskNeed::of(task.state().account_type, task.sites(settings.models()))
    }
}

/// The tasks that are ready, in the order of claims: those of the family, or of each family, the one whose first task
/// comes first before the other.
async fn ready_tasks<T: GenerationTask>(
    tx: &Tx,
    family: Option<AccountType>,
    most: usize,
) -> Result<Vec<Vec<T>>> {
    let families = match family {
        Some(family) => vec![family],
        None => vec![AccountType::Domestic, AccountType::International],
    };
    let mut ready = Vec::new();
    for family in families {
        let tasks = ready_of_family::<T>(tx, family, most).await?;
        if !tasks.is_empty() {
            ready.push(tasks);
        }
    }
    ready.sort_by_key(|tasks| tasks.first().map(place));
    Ok(ready)
}

/// The place of a task in the order of claims.
fn place<T: GenerationTask>(task: &T) -> ClaimPlace<Uuid> {
    let (priority, created) = (task.request().priority, task.stamps().create_time);
    ClaimPlace::new(priority, created, task.id().into())
}

async fn ready_of_family<T: GenerationTask>(
    tx: &Tx,
    family: AccountType,
    most: usize,
) -> Result<Vec<T>> {
    let size = u32::try_from(most)
        .unwrap_or(MAX_PAGE_SIZE)
        .min(MAX_PAGE_SIZE);
    let mut query = Query::matching(T::READY.eq(TaskReady::Fresh) & T::ACCOUNT_TYPE.eq(family))
        .order_by([
            T::READY.asc(),
            T::ACCOUNT_TYPE.asc(),
            T::PRIORITY.desc(),
            T::CREATE_TIME.asc(),
            T::ID.asc(),
        ])
        .page_size(size);
    let mut tasks = Vec::new();
    loop {
        let page = tx.page_lenient::<T>(&query).await?;
        // Rows that cannot be read do not keep the others waiting; listings show them.
        tasks.extend(
            page.items
                .into_iter()
                .flatten()
                .filter(|task| !task.stamps().is_deleted),
        );
        match page.next {
            Some(next) if tasks.len() < most => query = query.after(next),
            _ => break,
        }
    }
    tasks.truncate(most);
    Ok(tasks)
}

/// Takes the tasks and then the accounts of pairs; tasks that lose their account are put back.
async fn take_pairs<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    request: Request<'_>,
    tasks: &[T],
    pool: &ActiveAccounts,
    pairs: &[Pair],
) -> Result<Begun<T>> {
    let taken = take::tasks(tx, settings, request, tasks, &pool.rows, pairs).await?;
    let (slots, rest) = take::slots(tx, request, taken).await?;
    let begun = slots.into_iter().map(|(taken, opened)| {
        let attempt = attempt(&taken, opened, request);
        (taken, attempt)
    });
    let mut begun: Vec<(Taken<T>, GenerationAttempt)> = begun.collect();
    take::put_back(tx, rest).await?;
    if begun.is_empty() {
        return Ok(Begun::Empty(Empty::Contended));
    }
    begun.sort_unstable_by_key(|(_, attempt)| attempt.id);
    let attempts: Vec<_> = begun.iter().map(|(_, attempt)| attempt.clone()).collect();
    tx.insert_many(&attempts).await?;
    let changes = begun.iter().map(|(taken, _)| {
        let from = taken.before.state().generation_status;
        (TaskEvent::StatusChanged, Some(from), &taken.task)
    });
    let changes: Vec<_> = changes.collect();
    event::append_all(tx, &changes, request.now).await?;
    begun.sort_unstable_by_key(|(taken, _)| taken.position);
    let leased = begun.into_iter();
    let leased = leased.filter_map(|(taken, attempt)| LeasedTask::of(&attempt, taken.task));
    Ok(Begun::Leased(leased.collect()))
}

/// The attempt of a task that has a slot.
fn attempt<T: GenerationTask>(
    taken: &Taken<T>,
    slot: Opened,
    request: Request<'_>,
) -> GenerationAttempt {
    let state = taken.task.state();
    let (id, account) = (taken.attempt_id, &taken.account);
    GenerationAttempt {
        task_id: Some(taken.task.id().into()),
        attempt_no: Some(state.attempt_count),
        seq: state.lease_seq,
        ..account_slots::attempt(id, request.term(), T::MEDIUM, account, slot)
    }
}
