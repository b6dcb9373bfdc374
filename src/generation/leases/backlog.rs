//! Tasks of an adopted table get what a claim needs.

use chrono::{DateTime, Utc};
use genledger_contract::query::MAX_PAGE_SIZE;
use genledger_contract::{Entity, Error, ErrorKind, Query, Result, SessionExt, Tx, Violation};

use super::step::change_task;
use crate::generation::account_row::{MediaColumns, keep_version};
use crate::generation::change::overtaken;
use crate::generation::event::{self, TaskEvent};
use crate::generation::settings::Settings;
use crate::generation::{
    AccountType, AccountUsageColumns as _, GenerationAttempt, GenerationStatus, GenerationTask,
    GenerationTaskFilter, ProviderAccount, Site, StampsColumns as _, SubmitState, TaskReady,
    TaskStateColumns as _,
};
use crate::store_or_tx::StoreOrTx;

/// The holder of an attempt that another program has begun.
const HOLDER: &str = "adopted";

/// The result of a round over the tasks of an adopted table.
///
/// ```
/// use genledger::generation::{GenerationLeases, GenerationTaskFilter, ImageTask};
///
/// /// All tasks of a project, once the other program has stopped.
/// async fn adopt(leases: &GenerationLeases<ImageTask>) -> genledger::Result<()> {
///     let filter = GenerationTaskFilter::new().project_id("project-1");
///     loop {
///         let adopted = leases.adopt_backlog(&filter, 1_000).await?;
///         for error in &adopted.errors {
///             eprintln!("a task stays as it is: {error}");
///         }
///         if !adopted.more {
///             return Ok(());
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct AdoptedBacklog {
    /// How many pending tasks can be claimed now.
    pub ready: u32,
    /// How many retrying tasks are due now.
    pub due: u32,
    /// How many tasks can be resumed, since the provider has accepted them.
    pub resumed: u32,
    /// How many tasks wait for a decision, since the provider may have accepted them.
    pub undecided: u32,
    /// Whether more tasks may be left: the round has reached its limit.
    pub more: bool,
    /// The errors of tasks that stay as they are. They do not keep the others waiting.
    pub errors: Vec<Error>,
}

/// What a task gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Ready,
    Due,
    Resumed,
    Undecided,
}

impl AdoptedBacklog {
    const fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Ready => self.ready += 1,
            Fate::Due => self.due += 1,
            Fate::Resumed => self.resumed += 1,
            Fate::Undecided => self.undecided += 1,
        }
    }

    const fn total(&self) -> u32 {
        self.ready + self.due + self.resumed + self.undecided
    }
}

/// One round: each task is changed in a transaction of its own.
pub(super) async fn round<T: GenerationTask>(
    store: &StoreOrTx,
    settings: &Settings,
    filter: &GenerationTaskFilter<T>,
    limit: u32,
    now: DateTime<Utc>,
) -> Result<AdoptedBacklog> {
    if !(1..=1_000).contains(&limit) {
        return Err(Violation::new("limit", "out_of_range", "must be from 1 to 1000").into());
    }
    let open = [
        GenerationStatus::Pending,
        GenerationStatus::Processing,
        GenerationStatus::Retrying,
    ];
    let left = T::READY.eq(TaskReady::No) & T::GENERATION_STATUS.is_in(open);
    let mut query = Query::matching(filter.condition() & left)
        .order_by([
            T::GENERATION_STATUS.asc(),
            T::CREATE_TIME.asc(),
            T::ID.asc(),
        ])
        .page_size(MAX_PAGE_SIZE);
    let mut adopted = AdoptedBacklog::default();
    loop {
        let page = store.session().page_lenient::<T>(&query).await?;
        for task in page.items {
            if adopted.total() == limit {
                adopted.more = true;
                return Ok(adopted);
            }
            let task = match task {
                Ok(task) if is_left(&task) => task,
                Ok(_) => continue,
                Err(unreadable) => {
                    adopted.errors.push(unreadable.error);
                    continue;
                }
            };
            let task = &task;
            let adopt = |tx| async move { adopt(&tx, settings, task, now).await };
            match store.transaction(adopt).await {
                Ok(Some(fate)) => adopted.count(fate),
                // Another round, or the other program, was faster.
                Ok(None) => {}
                Err(error) => adopted.errors.push(error),
            }
        }
        match page.next {
            Some(next) => query = query.after(next),
            None => return Ok(adopted),
        }
    }
}

/// Whether the library has never had the task: its own have an attempt, or are ready.
fn is_left<T: GenerationTask>(task: &T) -> bool {
    let state = task.state();
    state.ready == TaskReady::No && state.attempt_id.is_none() && !task.stamps().is_deleted
}

/// Changes the task if it is as it was read; `None` if it is not.
async fn adopt<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    task: &T,
    now: DateTime<Utc>,
) -> Result<Option<Fate>> {
    let state = task.state();
    let account = match state.jimeng_accounts_id {
        Some(id) => readable(tx.find::<ProviderAccount>(&id).await)?,
        None => None,
    };
    let is_known = state
        .remote_task_id
        .as_deref()
        .is_some_and(|id| !id.is_empty());
    let fate = match state.generation_status {
        // The provider works on it, or has finished: the account that has its session is needed.
        _ if is_known && account.is_some() => Fate::Resumed,
        _ if is_known => Fate::Undecided,
        GenerationStatus::Pending => Fate::Ready,
        GenerationStatus::Retrying => Fate::Due,
        _ => Fate::Undecided,
    };
    let family = family(task, account.as_ref(), settings);
    let mut changes = vec![T::ACCOUNT_TYPE.set(family)];
    let attempt = match fate {
        Fate::Ready => {
            changes.push(T::READY.set(TaskReady::Fresh));
            None
        }
        Fate::Due => {
            changes.extend([T::READY.set(TaskReady::Waits), T::NEXT_RETRY_AT.set(now)]);
            None
        }
        Fate::Resumed => Some((GenerationStatus::Retrying, TaskReady::Resume)),
        Fate::Undecided => Some((GenerationStatus::Processing, TaskReady::Undecided)),
    };
    let attempt = attempt.map(|(status, ready)| {
        let id = settings.ids.generate();
        changes.extend([
            T::GENERATION_STATUS.set(status),
            T::READY.set(ready),
            T::ATTEMPT_ID.set(id),
            T::ATTEMPT_COUNT.plus(1),
            T::LEASE_SEQ.plus(1),
            T::STARTED_AT.set(now),
        ]);
        id
    });
    let unchanged = T::VERSION.eq(task.version()) & T::ATTEMPT_ID.is_null();
    let Some(changed) = change_task(tx, task, unchanged, changes, now).await? else {
        return Ok(None);
    };
    if let Some(id) = attempt {
        let account = match account {
            Some(account) => Some(take_slot::<T>(tx, &account).await?),
            None => None,
        };
        let state = changed.state();
        tx.insert(&GenerationAttempt {
            id,
            media: T::MEDIUM,
            task_id: Some(changed.id().into()),
            attempt_no: Some(state.attempt_count),
            account_id: account.as_ref().map(|account| account.id),
            account_seq: account
                .as_ref()
                .map_or(0, |account| account.usage.lease_seq),
            site: account
                .as_ref()
                .map_or(state.site_used, |account| Some(account.site_type)),
            seq: state.lease_seq,
            holder: HOLDER.to_owned(),
            claim_token: None,
            submit_state: if fate == Fate::Resumed {
                SubmitState::Accepted
            } else {
                SubmitState::Unknown
            },
            submitted_at: None,
            remote_task_id: state.remote_task_id.clone(),
            probe_until_at: None,
            started_at: Some(now),
            expires_at: None,
            outcome: None,
            ended_at: None,
            error_code: None,
            error_message: None,
            result: None,
            evidence: None,
        })
        .await?;
    }
    let from = task.state().generation_status;
    let event = match fate {
        Fate::Undecided => Some(TaskEvent::SubmitUnknown),
        _ if from != changed.state().generation_status => Some(TaskEvent::StatusChanged),
        _ => None,
    };
    if let Some(what) = event {
        event::append(tx, what, Some(from), &changed, now).await?;
    }
    Ok(Some(fate))
}

/// An account that cannot be read is none.
fn readable(account: Result<Option<ProviderAccount>>) -> Result<Option<ProviderAccount>> {
    match account {
        Err(error) if error.kind() == ErrorKind::Corrupt => Ok(None),
        account => account,
    }
}

/// Counts the slot, also beyond the limit: the provider works on the task already.
async fn take_slot<T: GenerationTask>(
    tx: &Tx,
    account: &ProviderAccount,
) -> Result<ProviderAccount> {
    let columns = MediaColumns::of(T::MEDIUM)?;
    let changes = [
        columns.active.plus(1),
        ProviderAccount::LEASE_SEQ.plus(1),
        keep_version(),
    ];
    let any = ProviderAccount::ID.eq(account.id);
    let row = tx
        .update_returning::<ProviderAccount>(&account.id, any, changes)
        .await?;
    row.ok_or_else(|| overtaken(ProviderAccount::TABLE.name))
}

/// The family on which the task is generated: that of the site or account it had, if its model is offered there.
fn family<T: GenerationTask>(
    task: &T,
    account: Option<&ProviderAccount>,
    settings: &Settings,
) -> AccountType {
    let sites = task.sites(settings.models());
    let offers = |family: &AccountType| {
        let mut families = sites.iter().filter_map(Site::account_type);
        families.any(|one| one == *family)
    };
    let of_account = account.map(|account| account.site_type);
    [task.state().site_used, of_account]
        .into_iter()
        .flatten()
        .filter_map(Site::account_type)
        .find(offers)
        .or_else(|| sites.account_type())
        .unwrap_or_default()
}
