//! Changes of the row of an account: slots and state.

use chrono::{DateTime, Utc};
use genledger_contract::entity::{Column, Unindexed};
use genledger_contract::query::{Change, Guard};
use genledger_contract::{Entity, Error, Field, Result, SessionExt, Tx};

use super::account_event;
use super::held::overtaken;
use crate::generation::{
    AccountState, AccountUsageColumns as _, MediaStatus, Medium, ProviderAccount,
    StampsColumns as _,
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
    pub(super) available_at: Time,
}

impl MediaColumns {
    pub(super) fn of(medium: Medium) -> Result<Self> {
        match medium {
            Medium::Image => Ok(Self {
                status: Account::IMAGE_GENERATION_STATUS,
                active: Account::IMAGE_ACTIVE,
                limit: Account::IMAGE_LIMIT,
                available_at: Account::IMAGE_AVAILABLE_AT,
            }),
            Medium::Video => Ok(Self {
                status: Account::VIDEO_GENERATION_STATUS,
                active: Account::VIDEO_ACTIVE,
                limit: Account::VIDEO_LIMIT,
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

/// What happens to the slot that an attempt takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Kept,
    Released,
}

/// A change of the state of an account.
pub(super) type AccountChange = Box<dyn FnOnce(&AccountState) -> AccountState + Send>;

/// Releases a slot or not, and changes the state of the account; both are part of the transaction. An account that is
/// gone is left out.
pub(super) async fn change(
    tx: &Tx,
    id: ProviderAccountId,
    medium: Medium,
    slot: Slot,
    now: DateTime<Utc>,
    change: impl FnOnce(&AccountState) -> AccountState + Send + 'static,
) -> Result<()> {
    let changes = vec![(slot, Some(Box::new(change) as AccountChange))];
    change_all(tx, id, medium, changes, now).await
}

/// Releases slots of an account, and changes its state step by step.
pub(super) async fn change_all(
    tx: &Tx,
    id: ProviderAccountId,
    medium: Medium,
    changes: Vec<(Slot, Option<AccountChange>)>,
    now: DateTime<Utc>,
) -> Result<()> {
    let released = changes.iter().filter(|(slot, _)| *slot == Slot::Released);
    // At most as many as there are leases in a group.
    let released = i32::try_from(released.count()).unwrap_or(i32::MAX);
    let Some(account) = locked(tx, id, medium, released).await? else {
        return Ok(());
    };
    let mut changes = changes.into_iter().filter_map(|(_, change)| change);
    let Some(first) = changes.next() else {
        return Ok(());
    };
    let Some(state) = account.state() else {
        let message = "the time zone is not the name of an IANA time zone";
        return Err(Error::corrupt(message)
            .with_table(Account::TABLE.name)
            .with_column(Account::TIME_ZONE.definition().name));
    };
    let after = changes.fold(first(&state), |state, change| change(&state));
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
    released: i32,
) -> Result<Option<Account>> {
    let columns = MediaColumns::of(medium)?;
    if released > 0 {
        let changes = [columns.active.plus(-released), keep_version()];
        let row = tx
            .update_returning::<Account>(&id, columns.active.ge(released), changes)
            .await?;
        if row.is_some() {
            return Ok(row);
        }
        // The counter is wrong already, which must not keep the attempts open: `repair_slots` corrects it.
        let none = [columns.active.set(0), keep_version()];
        tx.update_if::<Account>(&id, columns.active.ge(1), none)
            .await?;
    }
    tx.update_returning::<Account>(&id, Account::ID.eq(id), [keep_version()])
        .await
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
    let statuses = |row: &Account| {
        let usage = &row.usage;
        let media = (usage.image_generation_status, usage.video_generation_status);
        (row.account_status, media)
    };
    let is_event = statuses(account) != statuses(&next);
    let version = if is_event {
        Account::VERSION.plus(1)
    } else {
        keep_version()
    };
    let usage = &next.usage;
    let changes = [
        version,
        Account::ACCOUNT_STATUS.set(next.account_status),
        Account::IMAGE_GENERATION_STATUS.set(usage.image_generation_status),
        Account::VIDEO_GENERATION_STATUS.set(usage.video_generation_status),
        Account::IMAGE_COUNT.set(usage.image_count),
        Account::VIDEO_COUNT.set(usage.video_count),
        Account::IMAGE_UNAVAILABLE_TIME.set(usage.image_unavailable_time),
        Account::VIDEO_UNAVAILABLE_TIME.set(usage.video_unavailable_time),
        Account::IMAGE_AVAILABLE_AT.set(usage.image_available_at),
        Account::VIDEO_AVAILABLE_AT.set(usage.video_available_at),
        Account::IMAGE_STRIKES.set(usage.image_strikes),
        Account::VIDEO_STRIKES.set(usage.video_strikes),
        Account::QUOTA_RESET_TIME.set(usage.quota_reset_time),
        Account::STATE_SEQ.set(usage.state_seq),
        Account::UPDATE_TIME.set(now),
    ];
    let changed = tx
        .update_returning::<Account>(&account.id, same_state(account), changes)
        .await?;
    let Some(changed) = changed else {
        return Ok(false);
    };
    if is_event {
        account_event::append(tx, account, &changed, now).await?;
    }
    Ok(true)
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
