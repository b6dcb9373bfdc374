//! Changes of an account by its users: status, session, settings, deletion, restoration.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use genledger_contract::query::Changes;
use genledger_contract::{CodedEnum as _, Entity as _, Error, Result, Tx};

use super::account_row::{self, lock, state};
use super::change::{Expected, checked};
use super::{AccountStatus, Edit, NewProviderAccount, ProviderAccount, StampsColumns as _};
use crate::Redacted;
use crate::id::ProviderAccountId;
use crate::setters::setters;
use crate::validate::Validate;

type Account = ProviderAccount;

/// New settings of an account; what is not set stays as it is.
///
/// ```
/// use genledger::generation::AccountChange;
///
/// let change = AccountChange::new().image_limit(3).time_zone("America/Santiago");
/// assert_eq!((change.image_limit, change.video_limit), (Some(3), None));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountChange {
    /// Accounts with a greater number are chosen first.
    pub priority: Option<i32>,
    /// Its share of the tasks when accounts are chosen by weight, 0 to 1000.
    pub weight: Option<i32>,
    /// The most images that are generated at once, 0 to 1000; 0 pauses it.
    pub image_limit: Option<i32>,
    /// The most videos that are generated at once, 0 to 1000; 0 pauses it.
    pub video_limit: Option<i32>,
    /// How often a task is retried that failed on this account, 0 to 100.
    pub max_retry_count: Option<i32>,
    /// The IANA time zone in which the provider renews the quota.
    pub time_zone: Option<String>,
}

impl AccountChange {
    /// No change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Accounts with a greater number are chosen first.
        priority: value i32;
        /// Its share of the tasks when accounts are chosen by weight, 0 to 1000.
        weight: value i32;
        /// The most images that are generated at once, 0 to 1000; 0 pauses it.
        image_limit: value i32;
        /// The most videos that are generated at once, 0 to 1000; 0 pauses it.
        video_limit: value i32;
        /// How often a task is retried that failed on this account, 0 to 100.
        max_retry_count: value i32;
        /// The IANA time zone in which the provider renews the quota.
        time_zone: text String;
    }

    /// The rules are those of a new account.
    pub(super) fn check(&self) -> Result<()> {
        let new = NewProviderAccount {
            priority: self.priority.unwrap_or_default(),
            weight: self.weight,
            image_limit: self.image_limit,
            video_limit: self.video_limit,
            max_retry_count: self.max_retry_count,
            time_zone: self.time_zone.clone(),
            ..NewProviderAccount::new("-", "-")
        };
        let mut found = new.violations();
        let message = "a setting is required";
        found.check(*self == Self::default(), "change", "required", message);
        found.into_result().map_err(Error::from)
    }

    /// Whether an account has these settings.
    fn is_done(&self, account: &Account) -> bool {
        let same = |wanted: Option<i32>, stored: i32| wanted.is_none_or(|wanted| wanted == stored);
        let zone = self.time_zone.as_deref();
        same(self.priority, account.priority)
            && same(self.weight, account.weight)
            && same(self.image_limit, account.image_limit)
            && same(self.video_limit, account.video_limit)
            && same(self.max_retry_count, account.max_retry_count)
            && zone.is_none_or(|zone| zone == account.time_zone)
    }

    fn columns(&self) -> Changes<Account> {
        let mut changes = Changes::new();
        changes.extend(self.priority.map(|value| Account::PRIORITY.set(value)));
        changes.extend(self.weight.map(|value| Account::WEIGHT.set(value)));
        changes.extend(
            self.image_limit
                .map(|value| Account::IMAGE_LIMIT.set(value)),
        );
        changes.extend(
            self.video_limit
                .map(|value| Account::VIDEO_LIMIT.set(value)),
        );
        let retries = self.max_retry_count;
        changes.extend(retries.map(|value| Account::MAX_RETRY_COUNT.set(value)));
        let zone = self.time_zone.as_deref();
        changes.extend(zone.map(|value| Account::TIME_ZONE.set(value)));
        changes
    }
}

pub(super) async fn change(
    tx: &Tx,
    id: ProviderAccountId,
    edit: &Edit,
    change: &AccountChange,
    now: DateTime<Utc>,
) -> Result<Account> {
    let stored = checked(lock(tx, id).await?, edit, |row| Expected {
        deleted: false,
        done: !row.stamps.is_deleted && change.is_done(row),
    })?;
    let account = match stored {
        Ok(account) => account,
        Err(done) => return Ok(done),
    };
    let mut next = account.clone();
    if let Some(zone) = &change.time_zone {
        move_to(&mut next, zone, now)?;
    }
    account_row::edit(tx, &account, &next, change.columns(), edit, now).await
}

/// Does the daily reset if it is due; the next one is that of the new zone. An account whose time zone is not known can
/// be corrected in this way.
fn move_to(account: &mut Account, zone: &str, now: DateTime<Utc>) -> Result<()> {
    if account.zone().is_none() {
        zone.clone_into(&mut account.time_zone);
    }
    let state = state(account)?;
    // It was checked before: an error here is the one above.
    let zone = zone.parse::<Tz>().unwrap_or(state.resets.zone);
    account.set_state(&state.moved_to(zone, now));
    Ok(())
}

/// The rules of a status that a user sets.
pub(super) fn check_status(status: AccountStatus) -> Result<()> {
    let new = NewProviderAccount {
        account_status: status,
        ..NewProviderAccount::new("-", "-")
    };
    new.validate()
}

pub(super) async fn set_status(
    tx: &Tx,
    id: ProviderAccountId,
    edit: &Edit,
    status: AccountStatus,
    now: DateTime<Utc>,
) -> Result<Account> {
    let stored = checked(lock(tx, id).await?, edit, |row| Expected {
        deleted: false,
        done: !row.stamps.is_deleted && row.account_status == status && has_recovered(row),
    })?;
    let account = match stored {
        Ok(account) => account,
        Err(done) => return Ok(done),
    };
    if !account.account_status.is_known() {
        let error = Error::invalid_transition(account.account_status, status);
        return Err(error.with_table(Account::TABLE.name));
    }
    let mut next = account.clone();
    if status == AccountStatus::Active {
        next.set_state(&state(&account)?.activated(now));
    } else {
        next.account_status = status;
    }
    account_row::edit(tx, &account, &next, Changes::new(), edit, now).await
}

/// Whether an active account is as an edit to this status leaves it. Once a lease has begun, it cannot be known: another
/// edit, or a status that the library has changed, may have made the version.
fn has_recovered(account: &Account) -> bool {
    let usage = &account.usage;
    account.account_status != AccountStatus::Active || usage.state_seq == usage.lease_seq
}

/// The rules of a session.
pub(super) fn check_session(session: &Redacted) -> Result<()> {
    NewProviderAccount::new("-", session.clone()).validate()
}

pub(super) async fn set_session(
    tx: &Tx,
    id: ProviderAccountId,
    edit: &Edit,
    session: &Redacted,
    now: DateTime<Utc>,
) -> Result<Account> {
    let stored = checked(lock(tx, id).await?, edit, |row| Expected {
        deleted: false,
        done: !row.stamps.is_deleted && row.session_id == *session,
    })?;
    let account = match stored {
        Ok(account) => account,
        Err(done) => return Ok(done),
    };
    let mut next = account.clone();
    next.usage.state_seq = account.usage.lease_seq;
    let session = vec![Account::SESSION_ID.set(session)];
    account_row::edit(tx, &account, &next, session, edit, now).await
}

pub(super) async fn delete(
    tx: &Tx,
    id: ProviderAccountId,
    edit: &Edit,
    now: DateTime<Utc>,
) -> Result<Account> {
    let stored = checked(lock(tx, id).await?, edit, |row| Expected {
        deleted: false,
        done: row.stamps.is_deleted,
    })?;
    let account = match stored {
        Ok(account) => account,
        Err(done) => return Ok(done),
    };
    if account.usage.image_active > 0 || account.usage.video_active > 0 {
        let error = Error::invalid_transition("an account with open attempts", "deleted");
        return Err(error.with_table(Account::TABLE.name));
    }
    let deleted = vec![Account::IS_DELETED.set(true)];
    account_row::edit(tx, &account, &account, deleted, edit, now).await
}

pub(super) async fn restore(
    tx: &Tx,
    id: ProviderAccountId,
    edit: &Edit,
    now: DateTime<Utc>,
) -> Result<Account> {
    let stored = checked(lock(tx, id).await?, edit, |row| Expected {
        deleted: true,
        done: !row.stamps.is_deleted,
    })?;
    let account = match stored {
        Ok(account) => account,
        Err(done) => return Ok(done),
    };
    let restored = vec![Account::IS_DELETED.set(false)];
    account_row::edit(tx, &account, &account, restored, edit, now).await
}
