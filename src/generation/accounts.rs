//! `ProviderAccounts`: the verbs on provider accounts.

use std::sync::Arc;

use futures_core::stream::BoxStream;
use futures_util::StreamExt;
use genledger_contract::query::{Count, MAX_PAGE_SIZE};
use genledger_contract::{Filter, Query, Result, SessionExt, Store, Tx, repository};

use super::{ProviderAccount, ProviderAccountFilter, StampsColumns as _};
use crate::append::one_outcome;
use crate::id::ProviderAccountId;
use crate::paging::{Listing, Paging};
use crate::store_or_tx::StoreOrTx;
use crate::validate::Validate;

/// The provider accounts of a store, or in a transaction.
///
/// ```
/// use std::sync::Arc;
/// use genledger::generation::{NewProviderAccount, ProviderAccountFilter, ProviderAccounts, Site};
/// use genledger::id::GenerationIdGenerator;
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::generation()]).await?;
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
/// assert_eq!(accounts.page(&of_site, &Paging::first(20)).await?.items, [account]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ProviderAccounts {
    store: StoreOrTx,
}

impl ProviderAccounts {
    /// The accounts of a store.
    #[must_use]
    pub const fn new(store: Arc<dyn Store>) -> Self {
        let store = StoreOrTx::Store(store);
        Self { store }
    }

    /// The same accounts in a transaction: everything that is written is part of it.
    #[must_use]
    pub fn within(&self, tx: &Tx) -> Self {
        let store = StoreOrTx::Transaction(tx.clone());
        Self { store }
    }
}

/// The verbs on provider accounts, for services that mock them: [`ProviderAccounts`] in production, and in a unit test a
/// `MockProviderAccountRepository` (feature `mock`).
///
/// Listings begin with the greatest priority, then the newest, and are stable.
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
