//! `Ledger`: the operations on accounts.

mod account;
mod adjust;
mod authorize;
mod book;
mod charge;
mod decide;
mod details;
mod due;
mod groups;
mod hold;
mod known;
mod operation;
mod policy;
mod read;
mod receipt;
mod refund;
mod request_text;
mod rerate;
mod reverse;
mod run;
mod settings;
mod settle;
mod sweep;
#[cfg(test)]
mod tests;
mod top_up;
mod void;
mod write;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use genledger_contract::{Error, Query, Result, SessionExt, Store, Tx, repository};

use super::{
    AccountingRecord, BalanceEntry, BalanceStatus, Currency, CustomerBalance, Money,
    RecordStateColumns as _, RecordStatus,
};
use crate::id::{AccountingRecordIdGenerator, CustomerBalanceId};
use crate::paging::{Listing, Paging};
use crate::store_or_tx::StoreOrTx;
use crate::time::{Clock, SystemClock};
use decide::Answer;
use groups::Groups;
use known::changed;
use operation::{Operation, Request};

pub use adjust::NewAdjustment;
pub use authorize::NewAuthorization;
pub use charge::NewCharge;
pub use due::Due;
pub use groups::LedgerGroups;
pub use policy::{Late, Overrun};
pub use receipt::{Receipt, Refusal};
pub use refund::NewRefund;
pub use rerate::NewRerating;
pub use reverse::NewReversal;
pub use settings::{NewLimit, NewStatus};
pub use settle::NewSettlement;
pub use sweep::SweptHolds;
pub use top_up::NewTopUp;
pub use void::NewVoid;

/// The accounts of customers, in a store or in a transaction.
///
/// Every operation has a key, with which it happens once: a repetition returns the stored [`Receipt`], whatever has
/// happened since. Each writes one [entry](BalanceEntry), also if it is refused, in one transaction with the account and
/// the record that it changes. The first operation of a customer in a currency opens the account.
///
/// Time is that of a [`Clock`], but never earlier than the last operation of the account.
///
/// ```
/// use std::time::Duration;
/// use genledger::accounting::{
///     Currency, IdempotencyKey, Ledger, Money, NewAuthorization, NewSettlement, NewTopUp,
/// };
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::accounting()]).await?;
/// let ledger = Ledger::new(store.clone());
///
/// let cny = Currency::iso("CNY")?;
/// let yuan = |amount: &str| Money::new(amount.parse().unwrap(), cny);
/// let key = IdempotencyKey::new;
/// ledger.top_up(&NewTopUp::new("c1", key("payment-8")?, yuan("10")?)).await?;
///
/// // Before a call of a model, the most that it can cost is held.
/// let hold = NewAuthorization::new("c1", key("call-17")?, yuan("4")?, Duration::from_secs(600));
/// let held = ledger.authorize(&hold).await?;
/// assert_eq!(held.available, yuan("6")?);
///
/// // Afterwards what it did cost is charged, and the rest released.
/// let record = held.record_id.unwrap();
/// let settlement = NewSettlement::of_amount("c1", key("settle-17")?, record, yuan("2.5")?);
/// let settled = ledger.settle(&settlement).await?;
/// assert_eq!((settled.balance, settled.available), (yuan("7.5")?, yuan("7.5")?));
///
/// // A repetition changes nothing.
/// let again = ledger.settle(&settlement).await?;
/// assert!(again.replayed && again.balance == settled.balance);
///
/// // In a transaction, together with other writes:
/// let (ledger, more) = (&ledger, &NewTopUp::new("c1", key("payment-9")?, yuan("1")?));
/// store.transaction(|tx| async move { ledger.within(&tx).top_up(more).await }).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Ledger {
    store: StoreOrTx,
    clock: Arc<dyn Clock>,
    ids: Arc<AccountingRecordIdGenerator>,
    groups: Option<Groups>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Ledger {
    /// The accounts of a store, with the clock of the system.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Self {
            store: StoreOrTx::Store(store),
            ids: Arc::new(AccountingRecordIdGenerator::new(Arc::clone(&clock))),
            clock,
            groups: None,
        }
    }

    /// The same accounts in a transaction: everything that is written is part of it, refusals as well. Each operation is
    /// atomic by itself there: after a failed one, the transaction can continue, unless the database has ended it.
    #[must_use]
    pub fn within(&self, tx: &Tx) -> Self {
        Self {
            store: StoreOrTx::Transaction(tx.clone()),
            groups: None,
            ..self.clone()
        }
    }

    /// The same accounts, where operations that wait at the same time share a transaction: those of this ledger, its
    /// clones, and whatever is made of them with another clock. Each returns when its transaction is committed, with its
    /// own answer: one that is refused or fails does not concern the others. One whose future is dropped before its
    /// transaction has begun is not done.
    ///
    /// ```
    /// use std::time::Duration;
    /// use genledger::accounting::{Currency, IdempotencyKey, Ledger, LedgerGroups, Money, NewCharge, NewTopUp};
    /// use genledger::prelude::*;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let store = genledger::connect("memory:").await?;
    /// # store.migrate(&[genledger::schema::accounting()]).await?;
    /// let ledger = Ledger::new(store).with_groups(LedgerGroups::new())?;
    /// let cny = Currency::iso("CNY")?;
    /// let yuan = |amount: &str| Money::new(amount.parse().unwrap(), cny);
    /// ledger.top_up(&NewTopUp::new("c1", IdempotencyKey::new("payment-8")?, yuan("10")?)).await?;
    ///
    /// let one = NewCharge::of_amount("c1", IdempotencyKey::new("call-1")?, yuan("4")?);
    /// let other = NewCharge::of_amount("c1", IdempotencyKey::new("call-2")?, yuan("4")?);
    /// let (one, other) = tokio::join!(ledger.charge(&one), ledger.charge(&other));
    /// assert_eq!([one?.seq, other?.seq], [2, 3]);
    ///
    /// // At the end of the process:
    /// ledger.drain(Duration::from_secs(10)).await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid): a number is outside of its bounds, the ledger is in a
    /// transaction, or there is no Tokio runtime.
    pub fn with_groups(self, groups: LedgerGroups) -> Result<Self> {
        let StoreOrTx::Store(store) = &self.store else {
            return Err(Error::invalid("groups of operations need a store"));
        };
        let groups = Some(Groups::start(Arc::clone(store), groups)?);
        Ok(Self { groups, ..self })
    }

    /// Refuses further operations of [groups](Self::with_groups) with `Unavailable`, and waits until those that wait are
    /// answered, at most this long: then they return `OutcomeUnknown`. Without groups there is nothing to wait for.
    pub async fn drain(&self, limit: Duration) {
        if let Some(groups) = &self.groups {
            groups.drain(limit).await;
        }
    }

    /// The same accounts with another clock, for the times of entries and the ids of records.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self {
            ids: Arc::new(AccountingRecordIdGenerator::new(Arc::clone(&clock))),
            clock,
            ..self
        }
    }

    async fn run(&self, operation: impl Operation + 'static) -> Result<Receipt> {
        let request = Request::new(operation, self.ids.generate())?;
        let answer = match &self.groups {
            Some(groups) => groups.run(request, Arc::clone(&self.clock)).await?,
            None => run::one(&self.store, &*self.clock, &request).await?,
        };
        match answer {
            Answer::Entry(receipt) => receipt.done(),
            Answer::Nothing => Err(Error::corrupt("an operation without an entry")),
        }
    }
}

/// The operations on accounts, for services that mock them: accept `Arc<dyn LedgerRepository>` and pass [`Ledger`] in
/// production, and in a unit test a `MockLedgerRepository` (feature `mock`).
///
/// ```
/// use std::sync::Arc;
/// use genledger::accounting::{Currency, Ledger, LedgerRepository, Money};
/// use genledger::prelude::*;
///
/// struct Gateway {
///     ledger: Arc<dyn LedgerRepository>,
/// }
///
/// impl Gateway {
///     async fn admits(&self, customer_id: &str) -> Result<bool> {
///         let least = Money::zero(Currency::iso("CNY")?);
///         self.ledger.admit(customer_id, least).await
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::accounting()]).await?;
/// let gateway = Gateway { ledger: Arc::new(Ledger::new(store)) };
/// assert!(!gateway.admits("c1").await?);
/// # Ok(())
/// # }
/// ```
///
/// Errors of an operation are found in this order:
///
/// 1. `Invalid`, with all broken rules: nothing is read or stored. A scale that is not that of the account is found later,
///    before the key.
/// 2. `Corrupt`: a row that it needs cannot be read, or something else than the library has changed it.
/// 3. The key is known: the stored receipt or refusal, if it is the same request; if not, `UniqueViolation`, whose
///    [`column`](Error::column) is the first field that differs.
/// 4. `Refused`, with its [`code`](Error::code), and the receipt in the [`Refusal`]: it is stored before it is
///    returned.
///
/// # Errors
/// Every operation returns, beside the refusals listed at its request:
/// - [`Invalid`](genledger_contract::ErrorKind::Invalid), [`Corrupt`](genledger_contract::ErrorKind::Corrupt),
///   [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation),
///   [`Refused`](genledger_contract::ErrorKind::Refused), as above. A `UniqueViolation` of `accounting_records` is a record
///   of another program with the key;
/// - [`SerializationFailure`](genledger_contract::ErrorKind::SerializationFailure): other sessions have changed the account
///   in each of 6 attempts;
/// - [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown): the operation was repeated for 30 seconds, and its
///   outcome is still not known. Repeat it with the same key;
/// - those of [`Session`](genledger_contract::Session).
#[repository(LedgerRepository)]
impl Ledger {
    /// Adds an amount that came in.
    ///
    /// # Errors
    /// Those of all operations.
    pub async fn top_up(&self, new: &NewTopUp) -> Result<Receipt> {
        self.run(new.clone()).await
    }

    /// Holds an amount for a new record, whose id is in the receipt.
    ///
    /// # Errors
    /// Those of all operations.
    pub async fn authorize(&self, new: &NewAuthorization) -> Result<Receipt> {
        self.run(new.clone()).await
    }

    /// Charges what is due for a hold, and releases the rest of it.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound): the hold has fixed its price, and the request does not state
    /// it; nothing is stored. Those of all operations.
    pub async fn settle(&self, new: &NewSettlement) -> Result<Receipt> {
        self.run(new.clone()).await
    }

    /// Releases a hold without a charge.
    ///
    /// # Errors
    /// Those of all operations.
    pub async fn void(&self, new: &NewVoid) -> Result<Receipt> {
        self.run(new.clone()).await
    }

    /// Charges without a hold. The receipt has the id of the new record.
    ///
    /// # Errors
    /// Those of all operations.
    pub async fn charge(&self, new: &NewCharge) -> Result<Receipt> {
        self.run(new.clone()).await
    }

    /// Gives a part of a charge back.
    ///
    /// # Errors
    /// Those of all operations.
    pub async fn refund(&self, new: &NewRefund) -> Result<Receipt> {
        self.run(new.clone()).await
    }

    /// Corrects the balance.
    ///
    /// # Errors
    /// Those of all operations.
    pub async fn adjust(&self, new: &NewAdjustment) -> Result<Receipt> {
        self.run(new.clone()).await
    }

    /// Corrects a charge to another price.
    ///
    /// # Errors
    /// Those of all operations.
    pub async fn rerate(&self, new: &NewRerating) -> Result<Receipt> {
        self.run(new.clone()).await
    }

    /// Reverses a top-up, an adjustment or a refund.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound): the account has no entry of this number.
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `not_reversible`: the entry is another operation, or
    /// was refused. Nothing is stored then. Those of all operations.
    pub async fn reverse(&self, new: &NewReversal) -> Result<Receipt> {
        self.run(new.clone()).await
    }

    /// Sets the credit limit.
    ///
    /// # Errors
    /// Those of all operations.
    pub async fn set_limit(&self, new: &NewLimit) -> Result<Receipt> {
        self.run(new.clone()).await
    }

    /// Sets the status of the account.
    ///
    /// # Errors
    /// Those of all operations.
    pub async fn set_status(&self, new: &NewStatus) -> Result<Receipt> {
        self.run(new.clone()).await
    }

    /// Releases holds whose time is over, a hundred a round, each in a transaction of its own. Until then a hold counts, and
    /// can be settled.
    ///
    /// # Errors
    /// Only those of reading the holds: the others are listed.
    pub async fn sweep(&self) -> Result<SweptHolds> {
        sweep::round(&self.store, &self.clock, &self.ids).await
    }

    /// The account of a customer in a currency, if it was opened.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt): something else than the library has changed the row;
    /// those of [`Session`](genledger_contract::Session).
    pub async fn balance(
        &self,
        customer_id: &str,
        currency: Currency,
    ) -> Result<Option<CustomerBalance>> {
        let id = CustomerBalanceId::of(customer_id, currency.code());
        let row = self.store.session().find::<CustomerBalance>(&id).await?;
        if row.as_ref().is_none_or(CustomerBalance::is_intact) {
            return Ok(row);
        }
        Err(changed::<CustomerBalance>())
    }

    /// Whether a customer may use a model that requires a balance: the account is open, and more than `min_balance` is
    /// available. It only reads: nothing is held. An account that was not opened has nothing.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid): the account has another scale than `min_balance`. As
    /// [`balance`](Self::balance).
    pub async fn admit(&self, customer_id: &str, min_balance: Money) -> Result<bool> {
        let currency = min_balance.currency();
        let Some(row) = self.balance(customer_id, currency).await? else {
            return Ok(min_balance.is_negative());
        };
        let available = account::money(row.available, row.currency()?)?;
        let rest = available.checked_add(min_balance.negated());
        let is_more = match rest {
            Ok(rest) => !rest.is_negative() && !rest.is_zero(),
            // Further apart than an amount can be.
            Err(error) if error.code() == Some("out_of_range") => min_balance.is_negative(),
            Err(error) => return Err(error),
        };
        Ok(row.status == BalanceStatus::Open && is_more)
    }

    /// A page of the entries of an account, newest first. Rows that cannot be read are listed apart.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a page size outside of 1 to 1000 and a cursor of another
    /// listing; those of [`Session`](genledger_contract::Session).
    pub async fn statement(
        &self,
        customer_id: &str,
        currency: Currency,
        paging: &Paging,
    ) -> Result<Listing<BalanceEntry>> {
        let of_account =
            BalanceEntry::CUSTOMER_ID.eq(customer_id) & BalanceEntry::CURRENCY.eq(currency.code());
        let query = Query::matching(of_account)
            .order_by([
                BalanceEntry::CUSTOMER_ID.desc(),
                BalanceEntry::CURRENCY.desc(),
                BalanceEntry::SEQ.desc(),
            ])
            .page_size(paging.size)
            .after_maybe(paging.after.clone());
        let page = self.store.session().page_lenient(&query).await?;
        Ok(Listing::of(page, |entry| entry))
    }

    /// A page of the open holds of a customer in all currencies, newest first. Rows that cannot be read are listed apart.
    ///
    /// # Errors
    /// As [`statement`](Self::statement).
    pub async fn open_holds(
        &self,
        customer_id: &str,
        paging: &Paging,
    ) -> Result<Listing<AccountingRecord>> {
        let open = AccountingRecord::CUSTOMER_ID.eq(customer_id)
            & AccountingRecord::STATUS.eq(RecordStatus::Pending);
        let query = Query::matching(open)
            .order_by([
                AccountingRecord::CUSTOMER_ID.desc(),
                AccountingRecord::CREATED_AT.desc(),
                AccountingRecord::ID.desc(),
            ])
            .page_size(paging.size)
            .after_maybe(paging.after.clone());
        let page = self.store.session().page_lenient(&query).await?;
        Ok(Listing::of(page, |record| record))
    }
}
