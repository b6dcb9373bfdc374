//! `AccountPool`: accounts are leased without tasks of this library.

mod claim;
mod held;
mod lease;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use genledger_contract::store::StoreClock;
use genledger_contract::{Error, Result, Store, Tx, Violations, repository};

use super::account_slots::Term;
use super::leases::answer::Answer;
use super::leases::claim::checked_length;
use super::leases::{due, sweep};
use super::settings::Settings;
use super::store_time::StoreTime;
use super::{CoolDowns, Failure, FailurePolicy, Swept};
use crate::id::GenerationIdGenerator;
use crate::store_or_tx::StoreOrTx;

pub use claim::{AccountClaim, ClaimedAccounts};
pub use lease::{AccountLease, LeasedAccount};

/// The accounts of a store, or in a transaction, for services that keep their tasks elsewhere: leases without tasks.
///
/// A claim chooses accounts and takes a slot for each lease. The slots are those of the tasks: whatever is leased by
/// [`GenerationLeases`](super::GenerationLeases) and by pools in any number of processes, no account is used more often
/// at once than its limits allow. The holder of a lease calls [`heartbeat`](Self::heartbeat) each third of it, and at the
/// end [`complete`](Self::complete), [`fail`](Self::fail) or [`release`](Self::release). [`sweep`](Self::sweep) releases
/// the slots of holders that have stopped.
///
/// Time is the clock of the store, which is the same for every process. A change of a status of an account appends its
/// event to the [outbox](crate::outbox) in the same transaction, so migrate [`schema::outbox`](crate::schema::outbox) as
/// well.
///
/// ```
/// use genledger::generation::{
///     AccountClaim, AccountPool, ClaimedAccounts, Failure, FailureCode, MediaStatus, Medium, NewProviderAccount,
///     ProviderAccounts,
/// };
/// use genledger::id::GenerationIdGenerator;
/// use genledger::prelude::*;
/// use genledger::schema;
/// use genledger::uuid::Uuid;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[schema::generation(), schema::outbox()]).await?;
/// let ids = GenerationIdGenerator::system();
/// let account = NewProviderAccount::new("a@example.com", "3a7bd3e2360a").into_account(&ids)?;
/// let accounts = ProviderAccounts::new(store.clone());
/// accounts.append(&account).await?;
///
/// let pool = AccountPool::new(store);
/// let claim = || AccountClaim::new("worker-1", Uuid::now_v7(), Medium::Image);
/// let ClaimedAccounts::Leased(leased) = pool.claim(&claim()).await? else { panic!("an account is free") };
/// let first = &leased[0];
/// assert_eq!(first.account.session_id.expose(), "3a7bd3e2360a"); // the request is sent with it
///
/// // Its only slot is taken.
/// let ClaimedAccounts::NoAccount(short) = pool.claim(&claim()).await? else { panic!("no slot is free") };
/// assert_eq!((short.full, short.next_available_at), (1, None));
///
/// // A success is counted, and the slot is free.
/// pool.complete(&first.lease).await?;
/// assert_eq!(accounts.get(account.id).await?.usage.image_count, 1);
///
/// // The provider limits the rate: the account cools down.
/// let ClaimedAccounts::Leased(leased) = pool.claim(&claim()).await? else { panic!("an account is free") };
/// pool.fail(&leased[0].lease, &Failure::new(FailureCode::RATE_LIMIT)).await?;
/// assert_eq!(accounts.get(account.id).await?.usage.image_generation_status, MediaStatus::RateLimited);
/// let ClaimedAccounts::NoAccount(short) = pool.claim(&claim()).await? else { panic!("it cools down") };
/// assert!(short.next_available_at.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AccountPool {
    store: StoreOrTx,
    time: StoreTime,
    settings: Settings,
}

impl AccountPool {
    /// The accounts of a store, with the failure policy and the cool-downs of the library.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            time: StoreTime::Asked(Arc::clone(&store)),
            store: StoreOrTx::Store(store),
            settings: Settings::default(),
        }
    }

    /// The same accounts in a transaction: everything that is written is part of it. `clock` is that of the store
    /// ([`StoreExt::clock`](genledger_contract::StoreExt::clock)), read before the transaction began: asking for it needs
    /// a connection.
    ///
    /// Each verb is atomic by itself there as well: after a failed one, the transaction can continue. What a verb of a
    /// lost lease reported is kept only if the transaction is committed.
    #[must_use]
    pub fn within(&self, tx: &Tx, clock: StoreClock) -> Self {
        Self {
            store: StoreOrTx::Transaction(tx.clone()),
            time: StoreTime::Read(clock),
            settings: self.settings.clone(),
        }
    }

    /// The same accounts, where a policy decides what failures mean. Of its verdicts, what concerns the account counts;
    /// the submit state is always [`Sent`](super::SubmitState::Sent).
    #[must_use]
    pub fn with_policy(mut self, policy: Arc<dyn FailurePolicy>) -> Self {
        self.settings.policy = policy;
        self
    }

    /// The same accounts with other cool-downs.
    #[must_use]
    pub const fn with_cool_downs(mut self, cool_downs: CoolDowns) -> Self {
        self.settings.cool_downs = cool_downs;
        self
    }

    /// The same accounts with another generator of the ids of attempts.
    #[must_use]
    pub fn with_ids(mut self, ids: Arc<GenerationIdGenerator>) -> Self {
        self.settings.ids = ids;
        self
    }
}

impl AccountPool {
    /// The answer of a verb, after what a lost lease reported was kept.
    async fn answered<R>(
        &self,
        lease: &AccountLease,
        answer: Answer<R>,
        now: DateTime<Utc>,
    ) -> Result<R> {
        let (id, seq) = (lease.attempt_id, lease.account_seq);
        answer.settled(&self.store, id, seq, now).await
    }
}

/// The verbs on leases of accounts, for services that mock them: accept `Arc<dyn AccountPoolRepository>` and pass
/// [`AccountPool`] in production, and in a unit test a `MockAccountPoolRepository` (feature `mock`).
///
/// Every verb can be repeated after an unknown outcome: if it took effect, the repetition succeeds and changes nothing.
/// The end of a lease alone revokes nothing: until a sweep has found it, the verbs of its holder succeed. After that it
/// is stale: nothing is counted, and the account does not change.
///
/// # Errors
/// Every verb returns the kinds listed at it and those of [`Session`](genledger_contract::Session). The verbs of a lease
/// all return [`NotFound`](genledger_contract::ErrorKind::NotFound) (no lease of the account has this id) and
/// [`StaleLease`](genledger_contract::ErrorKind::StaleLease) (the lease was lost, or has ended in another way). What
/// [`complete`](AccountPool::complete) and [`fail`](AccountPool::fail) of a stale lease report is kept in `evidence` of
/// the attempt, the newest ten entries of at most 64 KiB together.
#[repository(AccountPoolRepository)]
impl AccountPool {
    /// Chooses accounts and leases a slot of each choice, as many as are free. Before that, it does the daily resets that
    /// are due. An account at the end of a cool-down is leased once, which finds out whether the limit is over.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid): the claim breaks a rule.
    pub async fn claim(&self, claim: &AccountClaim) -> Result<ClaimedAccounts> {
        let length = claim.checked()?;
        let now = self.time.now().await?;
        let term = Term::new(&claim.holder, claim.token, length, now)?;
        due::refresh(&self.store, now).await?;
        let settings = &self.settings;
        let work = |tx| async move { claim::claim(&tx, settings, claim, term).await };
        self.store.transaction(work).await
    }

    /// Extends the lease to this length from now on, 1 second to 1 hour, and returns it. It never becomes shorter.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid): the length is out of range.
    pub async fn heartbeat(&self, lease: &AccountLease, length: Duration) -> Result<AccountLease> {
        let mut found = Violations::new();
        let length = checked_length(&mut found, length);
        found.into_result().map_err(Error::from)?;
        let now = self.time.now().await?;
        let beat = |tx| async move { held::heartbeat(&tx, lease, length, now).await };
        let answer = self.store.transaction(beat).await?;
        let expires_at = self.answered(lease, answer, now).await?;
        Ok(AccountLease {
            expires_at,
            ..lease.clone()
        })
    }

    /// Ends the lease with a success, which the account counts. A cool-down whose end it has probed is over.
    ///
    /// # Errors
    /// Those of all verbs of a lease.
    pub async fn complete(&self, lease: &AccountLease) -> Result<()> {
        let now = self.time.now().await?;
        let complete = |tx| async move { held::complete(&tx, lease, now).await };
        let answer = self.store.transaction(complete).await?;
        self.answered(lease, answer, now).await
    }

    /// Ends the lease with a failure. The [policy](FailurePolicy) decides what happens to the account: a cool-down, no
    /// use until the daily reset, no use at all, or nothing.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid): the message contains a NUL character, or the wait is negative.
    pub async fn fail(&self, lease: &AccountLease, failure: &Failure) -> Result<()> {
        failure.check()?;
        let now = self.time.now().await?;
        let settings = &self.settings;
        let fail = |tx| async move { held::fail(&tx, settings, lease, failure, now).await };
        let answer = self.store.transaction(fail).await?;
        self.answered(lease, answer, now).await
    }

    /// Ends the lease without a result: nothing is counted. What it has probed is probed again after 15 seconds.
    ///
    /// # Errors
    /// Those of all verbs of a lease.
    pub async fn release(&self, lease: &AccountLease) -> Result<()> {
        let now = self.time.now().await?;
        let release = |tx| async move { held::release(&tx, lease, now).await };
        let answer = self.store.transaction(release).await?;
        self.answered(lease, answer, now).await
    }

    /// Ends leases without tasks that have expired, of both kinds of media, a hundred a round, each in a transaction of its
    /// own: their slots are free. A lease expires 5 seconds after its end, or later if the clock of the store could be
    /// read less exactly. The sweep of tasks does the same for its kind of media.
    ///
    /// # Errors
    /// Only those of reading the expired attempts: the others are listed.
    pub async fn sweep(&self) -> Result<Swept> {
        let clock = self.time.clock().await?;
        sweep::round(&self.store, &held::AccountSweep, &clock).await
    }
}
