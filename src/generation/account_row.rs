//! Changes of the row of an account: slots, state, and the edits of users.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use genledger_contract::entity::{Column, Unindexed};
use genledger_contract::query::{Change, Changes, Guard, RowUpdate};
use genledger_contract::{Entity, Error, Field, Result, SessionExt, Tx};

use super::change::overtaken;
use super::{
    AccountState, AccountStatus, AccountUsageColumns as _, Edit, MediaStatus, Medium,
    ProviderAccount, StampsColumns as _, UseEnd, account_event,
};
use crate::id::ProviderAccountId;

type Account = ProviderAccount;
type Count = Column<Account, i32, Unindexed>;
type Time = Column<Account, Option<DateTime<Utc>>, Unindexed>;

/// The columns of one kind of media.
pub(super) struct MediaColumns {
    status: Column<Account, MediaStatus>,
    pub(super) active: Count,
    pub(super) limit: Count,
    count: Count,
    pub(super) available_at: Time,
}

impl MediaColumns {
    pub(super) fn of(medium: Medium) -> Result<Self> {
        match medium {
            Medium::Image => Ok(Self {
                status: Account::IMAGE_GENERATION_STATUS,
                active: Account::IMAGE_ACTIVE,
                limit: Account::IMAGE_LIMIT,
                count: Account::IMAGE_COUNT,
                available_at: Account::IMAGE_AVAILABLE_AT,
            }),
            Medium::Video => Ok(Self {
                status: Account::VIDEO_GENERATION_STATUS,
                active: Account::VIDEO_ACTIVE,
                limit: Account::VIDEO_LIMIT,
                count: Account::VIDEO_COUNT,
                available_at: Account::VIDEO_AVAILABLE_AT,
            }),
            Medium::Unrecognized(_) => Err(Error::corrupt("the kind of media is not known")),
        }
    }

    /// That the media have a status.
    pub(super) fn status_is(&self, status: MediaStatus) -> Guard<Account> {
        self.status.eq(status).into()
    }
}

/// Keeps the version, which changes of slots and counts do not increment: edits of an account in use would always
/// come too late.
pub(super) fn keep_version() -> Change<Account> {
    Account::VERSION.plus(0)
}

/// The row, with a write that changes nothing: no other transaction changes it until the end of this one.
pub(super) async fn lock(tx: &Tx, id: ProviderAccountId) -> Result<Option<Account>> {
    tx.update_returning::<Account>(&id, Account::ID.eq(id), [keep_version()])
        .await
}

/// The state of an account, or the error of one whose time zone is not known.
pub(super) fn state(account: &Account) -> Result<AccountState> {
    account.state().ok_or_else(|| {
        let message = "the time zone is not the name of an IANA time zone";
        Error::corrupt(message)
            .with_table(Account::TABLE.name)
            .with_column(Account::TIME_ZONE.definition().name)
    })
}

/// What happens to the slot that an attempt takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Kept,
    Released,
}

/// What the end of a use does to the state of an account.
pub(super) enum StateChange {
    /// A success is counted.
    Success(UseEnd),
    /// Nothing was found out about the account.
    NoResult(UseEnd),
    /// Any other change.
    Other(Box<dyn FnOnce(&AccountState) -> AccountState + Send>),
}

impl StateChange {
    pub(super) fn of(change: impl FnOnce(&AccountState) -> AccountState + Send + 'static) -> Self {
        Self::Other(Box::new(change))
    }

    /// The successes that it adds, if it does nothing else while no daily reset is due.
    fn only_counts(&self) -> Option<i32> {
        match self {
            Self::Success(end) if end.probe_until.is_none() => Some(1),
            Self::NoResult(end) if end.probe_until.is_none() => Some(0),
            _ => None,
        }
    }

    fn apply(self, medium: Medium, state: &AccountState) -> AccountState {
        match self {
            Self::Success(end) => state.after_success(medium, &end),
            Self::NoResult(end) => state.after_no_result(medium, &end),
            Self::Other(change) => change(state),
        }
    }
}

/// Releases a slot or not, and changes the state of the account; both are part of the transaction. An account that is
/// gone is left out.
pub(super) async fn change(
    tx: &Tx,
    id: ProviderAccountId,
    medium: Medium,
    slot: Slot,
    now: DateTime<Utc>,
    change: StateChange,
) -> Result<()> {
    let changes = BTreeMap::from([(id, vec![(slot, Some(change))])]);
    change_all(tx, medium, changes, now).await
}

/// What happens to slots of an account, and to its state, in this order.
pub(super) type AccountChanges = Vec<(Slot, Option<StateChange>)>;

/// Releases slots of accounts, and changes their states step by step. Those that are gone are left out.
///
/// The rows are changed in the order of the ids, in which all sessions lock them, but for accounts whose daily reset is
/// due.
pub(super) async fn change_all(
    tx: &Tx,
    medium: Medium,
    accounts: BTreeMap<ProviderAccountId, AccountChanges>,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut counts = Vec::new();
    for (id, changes) in accounts {
        let successes = changes.iter().filter_map(|(_, change)| change.as_ref());
        let successes: Option<i32> = successes.map(StateChange::only_counts).sum();
        if let Some(successes) = successes {
            counts.push((id, successes, changes));
            continue;
        }
        count_all(tx, medium, std::mem::take(&mut counts), now).await?;
        change_state(tx, id, medium, changes, now).await?;
    }
    count_all(tx, medium, counts, now).await
}

/// The number of slots that changes release.
fn released(changes: &AccountChanges) -> i32 {
    let slots = changes.iter().filter(|(slot, _)| *slot == Slot::Released);
    // At most as many as there are leases in a group.
    i32::try_from(slots.count()).unwrap_or(i32::MAX)
}

/// Releases slots and counts successes, without knowing the states: not where a daily reset is due, which comes first.
async fn count_all(
    tx: &Tx,
    medium: Medium,
    accounts: Vec<(ProviderAccountId, i32, AccountChanges)>,
    now: DateTime<Utc>,
) -> Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    let columns = MediaColumns::of(medium)?;
    let updates = accounts.iter().map(|(id, successes, changes)| {
        let slots = released(changes);
        let guard = columns.active.ge(slots) & Account::QUOTA_RESET_TIME.gt(now);
        let mut to = vec![columns.active.plus(-slots), keep_version()];
        if *successes > 0 {
            to.extend([
                columns.count.plus(*successes),
                Account::UPDATE_TIME.set(now),
            ]);
        }
        RowUpdate::new(id, guard, to)
    });
    let updates: Vec<_> = updates.collect();
    let counted = tx.update_each(updates).await?;
    for ((id, _, changes), is_counted) in accounts.into_iter().zip(counted) {
        if !is_counted {
            change_state(tx, id, medium, changes, now).await?;
        }
    }
    Ok(())
}

/// Releases slots of an account, and changes its state step by step.
async fn change_state(
    tx: &Tx,
    id: ProviderAccountId,
    medium: Medium,
    changes: AccountChanges,
    now: DateTime<Utc>,
) -> Result<()> {
    let slots = released(&changes);
    let changes: Vec<StateChange> = changes
        .into_iter()
        .filter_map(|(_, change)| change)
        .collect();
    let Some(account) = locked(tx, id, medium, slots).await? else {
        return Ok(());
    };
    if changes.is_empty() {
        return Ok(());
    }
    let before = state(&account)?;
    let after = changes
        .into_iter()
        .fold(before, |state, change| change.apply(medium, &state));
    if write(tx, &account, &after, now).await? {
        Ok(())
    } else {
        Err(overtaken(Account::TABLE.name))
    }
}

/// The row, which this transaction has changed: no other one changes it until the end.
async fn locked(
    tx: &Tx,
    id: ProviderAccountId,
    medium: Medium,
    slots: i32,
) -> Result<Option<Account>> {
    let columns = MediaColumns::of(medium)?;
    if slots > 0 {
        let changes = [columns.active.plus(-slots), keep_version()];
        let row = tx
            .update_returning::<Account>(&id, columns.active.ge(slots), changes)
            .await?;
        if row.is_some() {
            return Ok(row);
        }
        // The counter is wrong already, which must not keep the attempts open: `repair_slots` corrects it.
        let none = [columns.active.set(0), keep_version()];
        tx.update_if::<Account>(&id, columns.active.ge(1), none)
            .await?;
    }
    lock(tx, id).await
}

/// Writes a state if the row still has the one that it was made of, and returns whether it had. A change of a status
/// increments the version and appends an event.
pub(super) async fn write(
    tx: &Tx,
    account: &Account,
    after: &AccountState,
    now: DateTime<Utc>,
) -> Result<bool> {
    let mut next = account.clone();
    next.set_state(after);
    if next == *account {
        return Ok(true);
    }
    let mut changes = state_changes(account, &next);
    changes.push(Account::UPDATE_TIME.set(now));
    if statuses(account) == statuses(&next) {
        changes.push(keep_version());
    }
    let changed = tx
        .update_returning::<Account>(&account.id, same_state(account), changes)
        .await?;
    let Some(changed) = changed else {
        return Ok(false);
    };
    append_event(tx, account, &changed, now).await?;
    Ok(true)
}

/// Writes an edit of a row that this transaction has locked, and returns the row as it is afterwards: the state of
/// `next`, and further changes. A change of a status appends an event.
pub(super) async fn edit(
    tx: &Tx,
    account: &Account,
    next: &Account,
    further: Changes<Account>,
    edit: &Edit,
    now: DateTime<Utc>,
) -> Result<Account> {
    let mut changes = state_changes(account, next);
    changes.extend(further);
    changes.extend([
        Account::UPDATE_TIME.set(now),
        Account::UPDATE_BY.set(edit.by.clone()),
    ]);
    let changed = tx
        .update_returning::<Account>(&account.id, same_state(account), changes)
        .await?;
    let changed = changed.ok_or_else(|| overtaken(Account::TABLE.name))?;
    append_event(tx, account, &changed, now).await?;
    Ok(changed)
}

/// The statuses whose changes have events.
const fn statuses(row: &Account) -> (AccountStatus, [MediaStatus; 2]) {
    let usage = &row.usage;
    let media = [usage.image_generation_status, usage.video_generation_status];
    (row.account_status, media)
}

async fn append_event(
    tx: &Tx,
    before: &Account,
    account: &Account,
    now: DateTime<Utc>,
) -> Result<()> {
    if statuses(before) == statuses(account) {
        return Ok(());
    }
    account_event::append(tx, before, account, now).await
}

/// The changes from one state to another, except for the time zone. Columns that stay as they are may hold codes that
/// this version does not know, which cannot be written.
fn state_changes(account: &Account, next: &Account) -> Changes<Account> {
    macro_rules! changes {
        ($($column:ident: $($field:ident).+;)+) => {{
            let mut changes = Changes::new();
            $(if account.$($field).+ != next.$($field).+ {
                changes.push(Account::$column.set(next.$($field).+));
            })+
            changes
        }};
    }
    changes! {
        ACCOUNT_STATUS: account_status;
        IMAGE_GENERATION_STATUS: usage.image_generation_status;
        VIDEO_GENERATION_STATUS: usage.video_generation_status;
        IMAGE_COUNT: usage.image_count;
        VIDEO_COUNT: usage.video_count;
        IMAGE_UNAVAILABLE_TIME: usage.image_unavailable_time;
        VIDEO_UNAVAILABLE_TIME: usage.video_unavailable_time;
        IMAGE_AVAILABLE_AT: usage.image_available_at;
        VIDEO_AVAILABLE_AT: usage.video_available_at;
        IMAGE_STRIKES: usage.image_strikes;
        VIDEO_STRIKES: usage.video_strikes;
        QUOTA_RESET_TIME: usage.quota_reset_time;
        STATE_SEQ: usage.state_seq;
    }
}

/// That the row has the state that was read.
fn same_state(account: &Account) -> Guard<Account> {
    let usage = &account.usage;
    Account::VERSION.eq(account.version)
        & Account::ACCOUNT_STATUS.eq(account.account_status)
        & Account::TIME_ZONE.eq(account.time_zone.as_str())
        & Account::IMAGE_GENERATION_STATUS.eq(usage.image_generation_status)
        & Account::VIDEO_GENERATION_STATUS.eq(usage.video_generation_status)
        & Account::IMAGE_COUNT.eq(usage.image_count)
        & Account::VIDEO_COUNT.eq(usage.video_count)
        & same(
            Account::IMAGE_UNAVAILABLE_TIME,
            usage.image_unavailable_time,
        )
        & same(
            Account::VIDEO_UNAVAILABLE_TIME,
            usage.video_unavailable_time,
        )
        & same(Account::IMAGE_AVAILABLE_AT, usage.image_available_at)
        & same(Account::VIDEO_AVAILABLE_AT, usage.video_available_at)
        & Account::IMAGE_STRIKES.eq(usage.image_strikes)
        & Account::VIDEO_STRIKES.eq(usage.video_strikes)
        & same(Account::QUOTA_RESET_TIME, usage.quota_reset_time)
        & Account::LEASE_SEQ.eq(usage.lease_seq)
        & Account::STATE_SEQ.eq(usage.state_seq)
}

/// That a column has a value, or is NULL as well.
pub(super) fn same<E: Entity, V: Field, A>(
    column: Column<E, Option<V>, A>,
    value: Option<V>,
) -> Guard<E>
where
    Guard<E>: From<genledger_contract::Filter<E, A>>,
{
    match value {
        Some(value) => column.eq(value).into(),
        None => column.is_null().into(),
    }
}
