//! Slots of accounts: which accounts can be considered, guarded updates that take slots, and the attempts that do.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use genledger_contract::query::{Guard, MAX_PAGE_SIZE};
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

/// Takes slots of an account, as many of `count` as it still has; `None` if it has none, or cannot be used any more.
pub(super) async fn take(
    tx: &Tx,
    term: Term<'_>,
    medium: Medium,
    account: &Account,
    count: usize,
    is_probe: bool,
) -> Result<Option<Slots>> {
    if is_probe {
        return probe(tx, term, medium, account).await;
    }
    // At most a thousand.
    let most = i32::try_from(count).unwrap_or(i32::MAX);
    for count in (1..=most).rev() {
        let slots = several(tx, term, medium, account, count).await?;
        if slots.is_some() {
            return Ok(slots);
        }
    }
    Ok(None)
}

/// That an account has a number of free slots, and can be used apart from the status of its media.
fn usable(columns: &MediaColumns, slots: i32, now: DateTime<Utc>) -> Guard<Account> {
    columns.active.offset(slots).le_column(columns.limit)
        & Account::IS_DELETED.eq(false)
        & Account::ACCOUNT_STATUS.eq(AccountStatus::Active)
        & Account::QUOTA_RESET_TIME.gt(now)
}

/// Takes a number of slots at once; `None` if the account does not have as many, or cannot be used any more.
async fn several(
    tx: &Tx,
    term: Term<'_>,
    medium: Medium,
    account: &Account,
    slots: i32,
) -> Result<Option<Slots>> {
    let columns = MediaColumns::of(medium)?;
    let usable = usable(&columns, slots, term.now) & columns.status_is(MediaStatus::Available);
    let changes = [
        columns.active.plus(slots),
        Account::LEASE_SEQ.plus(i64::from(slots)),
        Account::LAST_USED_AT.set(term.now),
        keep_version(),
    ];
    let row = tx
        .update_returning::<Account>(&account.id, usable, changes)
        .await?;
    Ok(row.map(|account| {
        let last = account.usage.lease_seq;
        let numbers = (last - i64::from(slots) + 1)..=last;
        let opened = numbers.map(|account_seq| Opened {
            account_seq,
            probe_until: None,
        });
        let opened = opened.collect();
        Slots { account, opened }
    }))
}

/// Takes a slot for the one use that finds out whether a limit is over; `None` if another one does, or the account
/// cannot be used any more.
async fn probe(
    tx: &Tx,
    term: Term<'_>,
    medium: Medium,
    account: &Account,
) -> Result<Option<Slots>> {
    let columns = MediaColumns::of(medium)?;
    let Some(media) = account.candidate(medium).map(|candidate| candidate.media) else {
        return Ok(None);
    };
    let (probing, until) = media.begin_probe(term.now, term.expires_at - term.now);
    let until = until.trunc_subsecs(3);
    let usable = usable(&columns, 1, term.now)
        & columns.status_is(probing.status)
        & same(columns.available_at, media.available_at);
    let changes = [
        columns.active.plus(1),
        columns.available_at.set(until),
        Account::LEASE_SEQ.plus(1),
        Account::LAST_USED_AT.set(term.now),
        keep_version(),
    ];
    let row = tx
        .update_returning::<Account>(&account.id, usable, changes)
        .await?;
    Ok(row.map(|account| {
        let opened = vec![Opened {
            account_seq: account.usage.lease_seq,
            probe_until: Some(until),
        }];
        Slots { account, opened }
    }))
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
