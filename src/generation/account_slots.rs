//! Slots of accounts: which accounts can be considered, guarded updates that take slots, and the attempts that do.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use genledger_contract::query::{Changes, Guard, MAX_PAGE_SIZE, RowUpdate};
use genledger_contract::{Query, Result, SessionExt, Tx};
use uuid::Uuid;

use super::account_row::{MediaColumns, keep_version, same};
use super::store_time::after;
use super::{
    AccountStatus, AccountUsageColumns as _, Candidate, GenerationAttempt, MediaStatus, Medium,
    ProviderAccount, StampsColumns as _, SubmitState,
};
use crate::id::GenerationAttemptId;

type Account = ProviderAccount;

/// The accounts that are active, as they are considered, and their rows.
pub(super) struct ActiveAccounts {
    pub(super) candidates: Vec<Candidate>,
    pub(super) rows: Vec<Account>,
}

impl ActiveAccounts {
    pub(super) async fn read(tx: &Tx, medium: Medium) -> Result<Self> {
        let active =
            Account::ACCOUNT_STATUS.eq(AccountStatus::Active) & Account::IS_DELETED.eq(false);
        let mut query = Query::matching(active).page_size(MAX_PAGE_SIZE);
        let mut accounts = Self {
            candidates: Vec::new(),
            rows: Vec::new(),
        };
        loop {
            let page = tx.page_lenient::<Account>(&query).await?;
            for account in page.items.into_iter().flatten() {
                if let Some(candidate) = account.candidate(medium) {
                    accounts.candidates.push(candidate);
                    accounts.rows.push(account);
                }
            }
            match page.next {
                Some(next) => query = query.after(next),
                None => return Ok(accounts),
            }
        }
    }
}

/// The leases that slots are taken for.
#[derive(Clone, Copy)]
pub(super) struct Term<'a> {
    pub(super) holder: &'a str,
    pub(super) token: Uuid,
    pub(super) now: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
}

impl<'a> Term<'a> {
    pub(super) fn new(
        holder: &'a str,
        token: Uuid,
        length: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        Ok(Self {
            holder,
            token,
            now,
            expires_at: after(now, length)?,
        })
    }
}

/// Slots of one account that were taken.
pub(super) struct Slots {
    /// The account as it is afterwards.
    pub(super) account: Account,
    pub(super) opened: Vec<Opened>,
}

/// A slot that was taken.
#[derive(Clone, Copy)]
pub(super) struct Opened {
    pub(super) account_seq: i64,
    pub(super) probe_until: Option<DateTime<Utc>>,
}

/// The slots of an account that are wanted.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The account as it was read.
    pub(super) account: &'a Account,
    pub(super) count: usize,
    /// Whether it is the one use that finds out whether a limit is over.
    pub(super) is_probe: bool,
}

/// Takes slots of accounts, of each as many of those wanted as it still has; `None` where there is none, or the account
/// cannot be used any more.
///
/// The accounts are in the order of their ids, in which all sessions lock them.
pub(super) async fn take_all(
    tx: &Tx,
    term: Term<'_>,
    medium: Medium,
    wanted: &[Wanted<'_>],
) -> Result<Vec<Option<Slots>>> {
    let columns = MediaColumns::of(medium)?;
    let mut takings = Vec::new();
    for (index, wanted) in wanted.iter().enumerate() {
        let taking = if wanted.is_probe {
            Taking::probe(&columns, term, medium, wanted.account)
        } else {
            // At most a thousand.
            let slots = i32::try_from(wanted.count).unwrap_or(i32::MAX);
            Some(Taking::several(&columns, term, slots))
        };
        takings.extend(taking.map(|taking| (index, taking)));
    }
    let updates = takings
        .iter()
        .map(|(index, taking)| taking.update(wanted[*index].account));
    let updates: Vec<_> = updates.collect();
    let rows = tx.update_each_returning(updates).await?;
    let mut taken: Vec<Option<Slots>> = wanted.iter().map(|_| None).collect();
    for ((index, taking), row) in takings.into_iter().zip(rows) {
        taken[index] = match row {
            Some(row) => Some(taking.slots(row)),
            None => fewer(tx, term, &columns, wanted[index].account, taking.count).await?,
        };
    }
    Ok(taken)
}

/// Takes as many slots of an account as it has, but fewer than a number that it does not have.
async fn fewer(
    tx: &Tx,
    term: Term<'_>,
    columns: &MediaColumns,
    account: &Account,
    than: i32,
) -> Result<Option<Slots>> {
    for count in (1..than).rev() {
        let taking = Taking::several(columns, term, count);
        let mut rows = tx.update_each_returning([taking.update(account)]).await?;
        if let Some(row) = rows.pop().flatten() {
            return Ok(Some(taking.slots(row)));
        }
    }
    Ok(None)
}

/// A guarded update that takes slots of an account.
struct Taking {
    count: i32,
    probe_until: Option<DateTime<Utc>>,
    usable: Guard<Account>,
    changes: Changes<Account>,
}

impl Taking {
    /// A number of slots at once, if the account has as many.
    fn several(columns: &MediaColumns, term: Term<'_>, count: i32) -> Self {
        let is_available = columns.status_is(MediaStatus::Available);
        Self {
            count,
            probe_until: None,
            usable: usable(columns, count, term.now) & is_available,
            changes: changes(columns, count, term.now),
        }
    }

    /// The slot for the one use that finds out whether a limit is over, if no other use does.
    fn probe(
        columns: &MediaColumns,
        term: Term<'_>,
        medium: Medium,
        account: &Account,
    ) -> Option<Self> {
        let media = account.candidate(medium)?.media;
        let (probing, until) = media.begin_probe(term.now, term.expires_at - term.now);
        let until = until.trunc_subsecs(3);
        let mut changes = changes(columns, 1, term.now);
        changes.push(columns.available_at.set(until));
        Some(Self {
            count: 1,
            probe_until: Some(until),
            usable: usable(columns, 1, term.now)
                & columns.status_is(probing.status)
                & same(columns.available_at, media.available_at),
            changes,
        })
    }

    fn update(&self, account: &Account) -> RowUpdate<Account> {
        RowUpdate::new(&account.id, self.usable.clone(), self.changes.clone())
    }

    /// The slots that it took of an account, whose row is as it is afterwards.
    fn slots(&self, account: Account) -> Slots {
        let last = account.usage.lease_seq;
        let numbers = (last - i64::from(self.count) + 1)..=last;
        let opened = numbers.map(|account_seq| Opened {
            account_seq,
            probe_until: self.probe_until,
        });
        let opened = opened.collect();
        Slots { account, opened }
    }
}

/// That an account has a number of free slots, and can be used apart from the status of its media.
fn usable(columns: &MediaColumns, slots: i32, now: DateTime<Utc>) -> Guard<Account> {
    columns.active.offset(slots).le_column(columns.limit)
        & Account::IS_DELETED.eq(false)
        & Account::ACCOUNT_STATUS.eq(AccountStatus::Active)
        & Account::QUOTA_RESET_TIME.gt(now)
}

/// What taking slots changes.
fn changes(columns: &MediaColumns, slots: i32, now: DateTime<Utc>) -> Changes<Account> {
    vec![
        columns.active.plus(slots),
        Account::LEASE_SEQ.plus(i64::from(slots)),
        Account::LAST_USED_AT.set(now),
        keep_version(),
    ]
}

/// The attempt that takes a slot of an account, without a task: its fencing number is that of the account.
pub(super) fn attempt(
    id: GenerationAttemptId,
    term: Term<'_>,
    medium: Medium,
    account: &Account,
    slot: Opened,
) -> GenerationAttempt {
    GenerationAttempt {
        id,
        media: medium,
        task_id: None,
        attempt_no: None,
        account_id: Some(account.id),
        account_seq: slot.account_seq,
        site: Some(account.site_type),
        seq: slot.account_seq,
        holder: term.holder.to_owned(),
        claim_token: Some(term.token),
        submit_state: SubmitState::NotSent,
        submitted_at: None,
        remote_task_id: None,
        probe_until_at: slot.probe_until,
        started_at: Some(term.now),
        expires_at: Some(term.expires_at),
        outcome: None,
        ended_at: None,
        error_code: None,
        error_message: None,
        result: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests;
