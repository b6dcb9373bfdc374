//! What becomes possible as time passes: daily resets of accounts, and tasks that have waited.

use chrono::{DateTime, Utc};
use genledger_contract::query::{MAX_PAGE_SIZE, RowUpdate};
use genledger_contract::{Query, Result, SessionExt};

use crate::generation::account_row;
use crate::generation::{
    AccountStatus, AccountType, AccountUsageColumns as _, GenerationTask, ProviderAccount,
    StampsColumns as _, TaskReady, TaskStateColumns as _,
};
use crate::store_or_tx::StoreOrTx;

type Account = ProviderAccount;

/// The most accounts that one claim refreshes.
const MAX_REFRESHED: u32 = 100;

/// Does the daily reset of accounts for which it is due, each in a transaction of its own.
pub(in crate::generation) async fn refresh(store: &StoreOrTx, now: DateTime<Utc>) -> Result<()> {
    let active = Account::ACCOUNT_STATUS.eq(AccountStatus::Active) & Account::IS_DELETED.eq(false);
    let due = Account::QUOTA_RESET_TIME.is_null() | Account::QUOTA_RESET_TIME.le(now);
    let mut query = Query::matching(active & due)
        .order_by([
            Account::ACCOUNT_STATUS.asc(),
            Account::QUOTA_RESET_TIME.asc(),
            Account::ID.asc(),
        ])
        .page_size(MAX_REFRESHED);
    let mut left = MAX_REFRESHED;
    loop {
        let page = store.session().page_lenient(&query).await?;
        // One that cannot be read, or whose time zone is not known, does not keep the others waiting.
        for account in page.items.into_iter().flatten() {
            let Some(state) = account.state() else {
                continue;
            };
            let (account, refreshed) = (&account, &state.refreshed(now));
            let write = |tx| async move { account_row::write(&tx, account, refreshed, now).await };
            store.transaction(write).await?;
            left = left.saturating_sub(1);
        }
        match page.next {
            Some(next) if left > 0 => query = query.after(next),
            _ => return Ok(()),
        }
    }
}

/// Makes tasks ready whose time has come, a thousand of each kind: without an event, and without another version.
pub(super) async fn promote<T: GenerationTask>(
    store: &StoreOrTx,
    now: DateTime<Utc>,
) -> Result<()> {
    let kinds = [
        (TaskReady::Waits, TaskReady::Fresh),
        (TaskReady::WaitsToResume, TaskReady::Resume),
    ];
    for (waiting, ready) in kinds {
        let due = T::READY.eq(waiting) & T::NEXT_RETRY_AT.le(now);
        let query = Query::matching(due.clone())
            .order_by([T::READY.asc(), T::NEXT_RETRY_AT.asc(), T::ID.asc()])
            .page_size(MAX_PAGE_SIZE);
        let page = store.session().page_lenient::<T>(&query).await?;
        // Unreadable tasks are promoted as well: a claim lists them.
        let keys = page.items.into_iter().filter_map(|row| match row {
            Ok(task) => Some(task.id()),
            Err(unreadable) => unreadable.key,
        });
        let mut keys: Vec<T::Id> = keys.collect();
        keys.sort_unstable_by_key(|id| (*id).into());
        let updates = keys.iter().map(|id| {
            let changes = [T::READY.set(ready), T::VERSION.plus(0)];
            RowUpdate::<T>::new(id, due.clone(), changes)
        });
        let updates: Vec<_> = updates.collect();
        if !updates.is_empty() {
            store.session().update_each(updates).await?;
        }
    }
    Ok(())
}

/// When the next waiting task becomes ready.
pub(super) async fn next_due_at<T: GenerationTask>(
    store: &StoreOrTx,
    family: Option<AccountType>,
) -> Result<Option<DateTime<Utc>>> {
    let mut next: Option<DateTime<Utc>> = None;
    for waiting in [TaskReady::Waits, TaskReady::WaitsToResume] {
        let of_family = family.map(|family| T::ACCOUNT_TYPE.eq(family));
        let query = Query::matching(T::READY.eq(waiting).and_maybe(of_family))
            .order_by([T::READY.asc(), T::NEXT_RETRY_AT.asc(), T::ID.asc()])
            .page_size(1);
        let page = store.session().page_lenient::<T>(&query).await?;
        let first = page.items.into_iter().flatten().next();
        let due = first.and_then(|task| task.state().next_retry_at);
        next = [next, due].into_iter().flatten().min();
    }
    Ok(next)
}
