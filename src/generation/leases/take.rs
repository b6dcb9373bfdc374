//! Guarded updates of a claim: tasks, then slots of accounts.

use std::collections::BTreeMap;

use genledger_contract::query::RowUpdate;
use genledger_contract::{Result, SessionExt, Tx};

use super::claim::Request;
use crate::generation::account_slots::{self, Opened, Wanted};
use crate::generation::change::overtaken;
use crate::generation::settings::Settings;
use crate::generation::{
    GenerationStatus, GenerationTask, Pair, ProviderAccount, StampsColumns as _, TaskReady,
    TaskStateColumns as _,
};
use crate::id::{GenerationAttemptId, ProviderAccountId};

type Account = ProviderAccount;

/// A task that was taken.
pub(super) struct Taken<T> {
    /// Its position in the order of claims.
    pub(super) position: usize,
    pub(super) before: T,
    pub(super) task: T,
    pub(super) attempt_id: GenerationAttemptId,
    /// The account as it was read.
    pub(super) account: Account,
    is_probe: bool,
}

/// Takes the tasks of pairs. Those that another claim was faster to take, or that were changed since they were read,
/// are left out.
pub(super) async fn tasks<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    request: Request<'_>,
    tasks: &[T],
    accounts: &[Account],
    pairs: &[Pair],
) -> Result<Vec<Taken<T>>> {
    let mut chosen: Vec<(&Pair, &T, &Account, GenerationAttemptId)> = Vec::new();
    for pair in pairs {
        let (Some(task), Some(account)) = (tasks.get(pair.task), accounts.get(pair.account)) else {
            continue;
        };
        chosen.push((pair, task, account, settings.ids.generate()));
    }
    chosen.sort_unstable_by_key(|(_, task, _, _)| task.id().into());
    let updates = chosen.iter().map(|(_, task, account, attempt_id)| {
        let unchanged =
            T::VERSION.eq(task.version()) & T::READY.eq(TaskReady::Fresh) & T::IS_DELETED.eq(false);
        let state = task.state();
        let is_switch = state
            .jimeng_accounts_id
            .is_some_and(|before| before != account.id);
        let changes = [
            T::GENERATION_STATUS.set(GenerationStatus::Processing),
            T::READY.set(TaskReady::No),
            T::JIMENG_ACCOUNTS_ID.set(account.id),
            T::SITE_USED.set(account.site_type),
            T::SITE_SWITCH_COUNT.plus(i32::from(is_switch)),
            T::ATTEMPT_ID.set(*attempt_id),
            T::ATTEMPT_COUNT.plus(1),
            T::LEASE_SEQ.plus(1),
            T::STARTED_AT.set(request.now),
            T::REMOTE_TASK_ID.set(None::<String>),
            T::UPDATE_TIME.set(request.now),
        ];
        RowUpdate::<T>::new(&task.id(), unchanged, changes)
    });
    let updates: Vec<_> = updates.collect();
    let rows = tx.update_each_returning(updates).await?;
    let taken = rows.into_iter().zip(chosen).filter_map(|(row, chosen)| {
        let (pair, before, account, attempt_id) = chosen;
        Some(Taken {
            position: pair.task,
            before: before.clone(),
            task: row?,
            attempt_id,
            account: account.clone(),
            is_probe: pair.is_probe,
        })
    });
    let mut taken: Vec<Taken<T>> = taken.collect();
    taken.sort_unstable_by_key(|taken| taken.position);
    Ok(taken)
}

/// The tasks that have slots, and those that have none.
type Split<T> = (Vec<(Taken<T>, Opened)>, Vec<Taken<T>>);

/// Takes slots of the accounts of tasks, as many as each still has; the tasks that get none are returned as the rest.
pub(super) async fn slots<T: GenerationTask>(
    tx: &Tx,
    request: Request<'_>,
    taken: Vec<Taken<T>>,
) -> Result<Split<T>> {
    let mut of_account: BTreeMap<ProviderAccountId, Vec<Taken<T>>> = BTreeMap::new();
    for one in taken {
        of_account.entry(one.account.id).or_default().push(one);
    }
    let wanted = of_account.values().filter_map(|taken| {
        let first = taken.first()?;
        Some(Wanted {
            account: &first.account,
            count: taken.len(),
            is_probe: first.is_probe,
        })
    });
    let wanted: Vec<_> = wanted.collect();
    let slots = account_slots::take_all(tx, request.term(), T::MEDIUM, &wanted).await?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for (mut taken, slots) in of_account.into_values().zip(slots) {
        let opened = slots.map(|slots| slots.opened).unwrap_or_default();
        without.extend(taken.split_off(opened.len().min(taken.len())));
        with.extend(taken.into_iter().zip(opened));
    }
    Ok((with, without))
}

/// Undoes the taking of tasks whose account has no slot left: they are as they were read.
pub(super) async fn put_back<T: GenerationTask>(tx: &Tx, mut taken: Vec<Taken<T>>) -> Result<()> {
    if taken.is_empty() {
        return Ok(());
    }
    taken.sort_unstable_by_key(|taken| taken.task.id().into());
    let updates = taken.iter().map(|taken| {
        let before = taken.before.state();
        let mine = T::VERSION.eq(taken.task.version()) & T::ATTEMPT_ID.eq(taken.attempt_id);
        let changes = [
            T::VERSION.set(taken.before.version()),
            T::GENERATION_STATUS.set(before.generation_status),
            T::READY.set(before.ready),
            T::JIMENG_ACCOUNTS_ID.set(before.jimeng_accounts_id),
            T::SITE_USED.set(before.site_used),
            T::SITE_SWITCH_COUNT.set(before.site_switch_count),
            T::ATTEMPT_ID.set(before.attempt_id),
            T::ATTEMPT_COUNT.set(before.attempt_count),
            T::LEASE_SEQ.set(before.lease_seq),
            T::STARTED_AT.set(before.started_at),
            T::REMOTE_TASK_ID.set(before.remote_task_id.clone()),
            T::UPDATE_TIME.set(taken.before.stamps().update_time),
        ];
        RowUpdate::<T>::new(&taken.task.id(), mine, changes)
    });
    let updates: Vec<_> = updates.collect();
    let undone = tx.update_each(updates).await?;
    if undone.iter().all(|undone| *undone) {
        Ok(())
    } else {
        Err(overtaken(T::TABLE.name))
    }
}
