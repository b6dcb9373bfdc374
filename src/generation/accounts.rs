//! `ProviderAccounts`: the verbs on provider accounts.

use std::sync::Arc;

use futures_core::stream::BoxStream;
use futures_util::StreamExt;
use genledger_contract::query::{Count, MAX_PAGE_SIZE};
use genledger_contract::store::StoreClock;
use genledger_contract::{Filter, Query, Result, SessionExt, Store, Tx, repository};

use super::store_time::StoreTime;
use super::{
    AccountChange, AccountStatus, Edit, ProviderAccount, ProviderAccountFilter, StampsColumns as _,
    account_change,
};
use crate::Redacted;
use crate::append::one_outcome;
use crate::id::ProviderAccountId;
use crate::paging::{Listing, Paging};
use crate::store_or_tx::StoreOrTx;
use crate::validate::Validate;

/// The provider accounts of a store, or in a transaction.
///
/// A change of a status appends its event to the [outbox](crate::outbox) in the same transaction, so migrate
/// [`schema::outbox`](crate::schema::outbox) as well.
///
/// ```
/// use genledger::generation::{
///     AccountChange, AccountStatus, Edit, NewProviderAccount, ProviderAccountFilter, ProviderAccounts, Site,
/// };
/// use genledger::id::GenerationIdGenerator;
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::generation(), genledger::schema::outbox()]).await?;
/// let accounts = ProviderAccounts::new(store);
///
/// let ids = GenerationIdGenerator::system();
/// let account = NewProviderAccount::new("a@example.com", "3a7bd3e2360a").site_type(Site::Hk).into_account(&ids)?;
/// assert!(accounts.append(&account).await?); // it is new
/// assert!(!accounts.append(&account).await?); // a retry is recognised
///
/// // The session is in use on this site.
/// let again = NewProviderAccount::new("b@example.com", "3a7bd3e2360a").site_type(Site::Hk).into_account(&ids)?;
/// assert_eq!(accounts.append(&again).await.unwrap_err().kind(), ErrorKind::UniqueViolation);
///
/// let of_site = ProviderAccountFilter::new().site(Site::Hk);
/// assert_eq!(accounts.page(&of_site, &Paging::first(20)).await?.items, [account.clone()]);
///
/// let edit = Edit::of_version(account.version).by("ann");
/// let faster = accounts.change(account.id, &edit, &AccountChange::new().image_limit(3)).await?;
/// assert_eq!((faster.image_limit, faster.version), (3, 2));
/// let edit = Edit::of_version(faster.version).by("ann");
/// let out_of_use = accounts.set_status(account.id, &edit, AccountStatus::Inactive).await?;
/// assert_eq!(out_of_use.account_status, AccountStatus::Inactive);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ProviderAccounts {
    store: StoreOrTx,
    time: StoreTime,
}

impl ProviderAccounts {
    /// The accounts of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            time: StoreTime::Asked(Arc::clone(&store)),
            store: StoreOrTx::Store(store),
        }
    }

    /// The same accounts in a transaction: everything that is written is part of it. `clock` is that of the store
    /// ([`StoreExt::clock`](genledger_contract::StoreExt::clock)), read before the transaction began: asking for it needs
    /// a connection.
    ///
    /// Each verb is atomic by itself there as well: after a failed one, the transaction can continue.
    #[must_use]
    pub fn within(&self, tx: &Tx, clock: StoreClock) -> Self {
        Self {
            store: StoreOrTx::Transaction(tx.clone()),
            time: StoreTime::Read(clock),
        }
    }
}

/// The verbs on provider accounts, for services that mock them: [`ProviderAccounts`] in production, and in a unit test a
/// `MockProviderAccountRepository` (feature `mock`).
///
/// Listings begin with the greatest priority, then the newest, and are stable.
///
/// A verb with an [`Edit`] changes single columns of the version that the user has seen. Leases, which change the use of
/// an account all the time, keep its version; a status that they change is a new version. An edit that is repeated
/// after an unknown outcome returns the row, if it is as this edit has left it. Time is the clock of the store.
///
/// The site of an account never changes, since attempts have recorded it: create another account.
///
/// # Errors
/// Every verb returns the kinds listed at it and those of [`Session`](genledger_contract::Session).
#[repository(ProviderAccountRepository)]
impl ProviderAccounts {
    /// Checks an account against its rules, writes it and returns whether it was new; `false` when the same row was
    /// already present, as after a retry.
    ///
    /// # Errors
    /// - [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation): another account that is not deleted has
    ///   the session on this site, or an account with this id and different content is present, which is kept; also the
    ///   same account, if it was used or changed meanwhile.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): a rule is broken. The account is not written.
    pub async fn append(&self, account: &ProviderAccount) -> Result<bool> {
        account.validate()?;
        let rows = std::slice::from_ref(account);
        let outcomes = self.store.session().insert_if_absent(rows).await?;
        one_outcome(&outcomes, ProviderAccount::ID)
    }

    /// Sets the status, with an event if it is another one, and returns the account as it is afterwards.
    ///
    /// That an account is made active is a recovery, also if it was active: failures of earlier leases do not change it
    /// any more, and the daily reset is done if it is due. Cool-downs and exhausted quotas stay until then. Its repetition is
    /// recognised as long as no lease of the account has begun since; then it is `VersionConflict`.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no account has this id, or it is deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the account has another version.
    /// - [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition): its status is a code that this version
    ///   does not know.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the status is such a code, or the name in the edit is too
    ///   long.
    pub async fn set_status(
        &self,
        id: ProviderAccountId,
        edit: &Edit,
        status: AccountStatus,
    ) -> Result<ProviderAccount> {
        account_change::check_status(status)?;
        let now = self.time.now().await?;
        let set = |tx| async move { account_change::set_status(&tx, id, edit, status, now).await };
        self.store.transaction(set).await
    }

    /// Replaces the session, and returns the account as it is afterwards. Failures of earlier leases do not change it any
    /// more. Its status stays: an account whose old session was refused is inactive until it is made active.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no account has this id, or it is deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the account has another version.
    /// - [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation): another account that is not deleted has the
    ///   session on this site.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the session breaks a rule, or the name in the edit is too
    ///   long. The error does not contain the session.
    pub async fn set_session(
        &self,
        id: ProviderAccountId,
        edit: &Edit,
        session: &Redacted,
    ) -> Result<ProviderAccount> {
        account_change::check_session(session)?;
        let now = self.time.now().await?;
        let set =
            |tx| async move { account_change::set_session(&tx, id, edit, session, now).await };
        self.store.transaction(set).await
    }

    /// Changes settings, without an event unless the daily reset changes a status, and returns the account as it is
    /// afterwards.
    ///
    /// Attempts that are open when a limit falls below their number continue. With a new time zone, the daily reset is
    /// done if it is due, and the next one is that of the zone.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no account has this id, or it is deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the account has another version.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): a setting breaks a rule, none is set, or the name in the edit
    ///   is too long.
    pub async fn change(
        &self,
        id: ProviderAccountId,
        edit: &Edit,
        change: &AccountChange,
    ) -> Result<ProviderAccount> {
        change.check()?;
        let now = self.time.now().await?;
        let work = |tx| async move { account_change::change(&tx, id, edit, change, now).await };
        self.store.transaction(work).await
    }

    /// Deletes an account softly, and returns it as it is afterwards. It stays in the table as history, and its session
    /// is free.
    ///
    /// An account with open attempts cannot be deleted: another account with its session would exceed its limits. Set
    /// its status first, so that it is not chosen any more, and wait for the attempts to end.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no account has this id, or it is deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the account has another version.
    /// - [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition): a slot is taken.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the name in the edit is too long.
    pub async fn delete(&self, id: ProviderAccountId, edit: &Edit) -> Result<ProviderAccount> {
        let now = self.time.now().await?;
        let delete = |tx| async move { account_change::delete(&tx, id, edit, now).await };
        self.store.transaction(delete).await
    }

    /// Restores a deleted account with the status that it had, and returns it as it is afterwards.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no account has this id, or it is not deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the account has another version.
    /// - [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation): another account has the session on this site
    ///   by now.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the name in the edit is too long.
    pub async fn restore(&self, id: ProviderAccountId, edit: &Edit) -> Result<ProviderAccount> {
        let now = self.time.now().await?;
        let restore = |tx| async move { account_change::restore(&tx, id, edit, now).await };
        self.store.transaction(restore).await
    }

    /// The account with this id, also a deleted one.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) for a row that cannot be read.
    pub async fn find(&self, id: ProviderAccountId) -> Result<Option<ProviderAccount>> {
        self.store.session().find(&id).await
    }

    /// [`find`](Self::find) for an account that must exist.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no account has this id, and those of
    /// [`find`](Self::find).
    pub async fn get(&self, id: ProviderAccountId) -> Result<ProviderAccount> {
        self.store.session().get(&id).await
    }

    /// A page of the accounts. Rows that cannot be read are listed apart.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a page size outside of 1 to 1000, a cursor of another
    /// listing, and a NUL character in a text that is searched for.
    pub async fn page(
        &self,
        filter: &ProviderAccountFilter,
        paging: &Paging,
    ) -> Result<Listing<ProviderAccount>> {
        let query = in_order(filter.condition())
            .page_size(paging.size)
            .after_maybe(paging.after.clone());
        let page = self.store.session().page_lenient(&query).await?;
        Ok(Listing::of(page, |account| account))
    }

    /// All accounts that a filter selects, in the order of the pages: read a thousand at a time. A row that cannot be
    /// read is an item of its own, the error [`Corrupt`](genledger_contract::ErrorKind::Corrupt) with its key, and the
    /// stream continues after it.
    #[must_use]
    pub fn stream(
        &self,
        filter: &ProviderAccountFilter,
    ) -> BoxStream<'static, Result<ProviderAccount>> {
        let query = in_order(filter.condition()).page_size(MAX_PAGE_SIZE);
        let rows = self.store.session().stream_lenient(query);
        rows.map(|row| row?.map_err(|unreadable| unreadable.error))
            .boxed()
    }

    /// The number of accounts, counted no further than `cap`, which is at least 1.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a cap of 0, and as [`page`](Self::page).
    pub async fn count(&self, filter: &ProviderAccountFilter, cap: u64) -> Result<Count> {
        self.store.session().count(filter.condition(), cap).await
    }
}

fn in_order(filter: Filter<ProviderAccount>) -> Query<ProviderAccount> {
    Query::matching(filter).order_by([
        ProviderAccount::PRIORITY.desc(),
        ProviderAccount::CREATE_TIME.desc(),
        ProviderAccount::ID.desc(),
    ])
}
