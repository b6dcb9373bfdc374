//! `GenerationLeases`: tasks are claimed with an account, and their holders report what happens.

mod again;
pub(super) mod answer;
mod backlog;
mod begin;
pub(super) mod claim;
mod decision;
pub(super) mod due;
mod ending;
pub(super) mod evidence;
mod failing;
mod fetch;
mod finish;
pub(super) mod held;
mod inbound;
mod lease;
pub(super) mod orphan;
mod plan;
mod progress;
pub(super) mod report;
mod resume;
mod slots;
pub(super) mod step;
pub(super) mod sweep;
mod switch;
mod take;
mod verb;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use genledger_contract::store::StoreClock;
use genledger_contract::{Error, Result, Store, Tx, repository};

use super::settings::Settings;
use super::store_time::StoreTime;
use super::{CoolDowns, Edit, FailurePolicy, GenerationTask, GenerationTaskFilter, ModelTable};
use crate::id::GenerationIdGenerator;
use crate::store_or_tx::StoreOrTx;
use claim::Request;
use ending::Reason;
use sweep::TaskSweep;

pub use backlog::AdoptedBacklog;
pub use claim::{Claim, Claimed, Empty};
pub(super) use claim::{Look, checked_heartbeat};
pub use decision::Resolution;
pub use inbound::{Inbound, InboundChange};
pub use lease::{Lease, LeasedTask};
pub(super) use plan::Reply;
pub use report::{Failure, GenerationResult};
pub use slots::SlotFault;
pub use sweep::Swept;
pub use switch::Switch;
pub(super) use verb::{Verb, rounds};

/// The leases of tasks of one kind, in a store or in a transaction: `GenerationLeases<ImageTask>`.
///
/// A claim pairs tasks that are ready with accounts that have a free slot. The holder of a lease calls
/// [`start`](Self::start) before it sends anything, [`submitted`](Self::submitted) with the id of the provider,
/// [`heartbeat`](Self::heartbeat) each third of the lease, and at the end [`complete`](Self::complete) or
/// [`fail`](Self::fail). [`sweep`](Self::sweep) rescues tasks whose holders have stopped.
///
/// Time is the clock of the store, which is the same for every process. Every change of a status appends its event to
/// the [outbox](crate::outbox) in the same transaction, so migrate [`schema::outbox`](crate::schema::outbox) as well.
///
/// ```
/// use genledger::generation::{
///     Claim, Claimed, GenerationLeases, GenerationResult, GenerationStatus, GenerationTasks, ImageTask,
///     NewImageTask, NewProviderAccount, ProviderAccounts, TaskRequest,
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
/// ProviderAccounts::new(store.clone()).append(&account).await?;
/// let request = TaskRequest::new("project-1", "The sea", "board-7", "work-3", "a cat on a boat");
/// let task = NewImageTask::new(request).into_task(&ids)?;
/// GenerationTasks::new(store.clone()).submit(&task).await?;
///
/// let leases = GenerationLeases::<ImageTask>::new(store);
/// let claimed = leases.claim(&Claim::new("worker-1", Uuid::now_v7())).await?;
/// let Claimed::Leased(tasks) = claimed else { panic!("a task and an account are free") };
/// let lease = &tasks[0].lease;
/// assert_eq!((lease.task_id, lease.account_id), (task.id, account.id));
///
/// leases.start(lease).await?; // then the request is sent
/// leases.submitted(lease, "remote-1").await?;
/// let done = leases.complete(lease, &GenerationResult::urls(["https://cdn.example/1.png"])).await?;
/// assert_eq!(done.state.generation_status, GenerationStatus::Completed);
/// # Ok(())
/// # }
/// ```
pub struct GenerationLeases<T> {
    store: StoreOrTx,
    time: StoreTime,
    settings: Settings,
    marker: PhantomData<fn() -> T>,
}

impl<T> Clone for GenerationLeases<T> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            time: self.time.clone(),
            settings: self.settings.clone(),
            marker: PhantomData,
        }
    }
}

impl<T> fmt::Debug for GenerationLeases<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerationLeases")
            .field("store", &self.store)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<T> GenerationLeases<T> {
    /// The leases of a store, with the failure policy, the cool-downs and the models of the library.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            time: StoreTime::Asked(Arc::clone(&store)),
            store: StoreOrTx::Store(store),
            settings: Settings::default(),
            marker: PhantomData,
        }
    }

    /// The same leases in a transaction: everything that is written is part of it. `clock` is that of the store
    /// ([`StoreExt::clock`](genledger_contract::StoreExt::clock)), read before the transaction began: asking for it needs a connection.
    ///
    /// Each verb is atomic by itself there as well: after a failed one, the transaction can continue. What a verb of a
    /// lost lease reported is kept only if the transaction is committed.
    #[must_use]
    pub fn within(&self, tx: &Tx, clock: StoreClock) -> Self {
        Self {
            store: StoreOrTx::Transaction(tx.clone()),
            time: StoreTime::Read(clock),
            ..self.clone()
        }
    }

    /// The same leases, where a policy decides what failures mean.
    #[must_use]
    pub fn with_policy(mut self, policy: Arc<dyn FailurePolicy>) -> Self {
        self.settings.policy = policy;
        self
    }

    /// The same leases with other cool-downs of accounts.
    #[must_use]
    pub const fn with_cool_downs(mut self, cool_downs: CoolDowns) -> Self {
        self.settings.cool_downs = cool_downs;
        self
    }

    /// The same leases, where the sites of models are those of a table.
    #[must_use]
    pub fn with_models(mut self, models: Arc<ModelTable>) -> Self {
        self.settings = self.settings.with_models(models);
        self
    }

    /// The same leases with another generator of the ids of attempts.
    #[must_use]
    pub fn with_ids(mut self, ids: Arc<GenerationIdGenerator>) -> Self {
        self.settings.ids = ids;
        self
    }

    /// The clock of the store.
    pub(super) async fn clock(&self) -> Result<StoreClock> {
        self.time.clock().await
    }

    /// Whether what is written is part of a transaction.
    pub(super) const fn is_in_transaction(&self) -> bool {
        matches!(self.store, StoreOrTx::Transaction(_))
    }
}

impl<T: GenerationTask> GenerationLeases<T> {
    /// Runs a verb of a lease.
    async fn report(&self, lease: &Lease<T::Id>, verb: &Verb) -> Result<Reply<T>> {
        verb.check()?;
        let now = self.time.now().await?;
        let mut replies = self.report_all(&[(lease, verb)], now).await?;
        let missing = || Err(Error::corrupt("a verb without a reply"));
        replies.pop().unwrap_or_else(missing)
    }

    /// Runs verbs of leases of different tasks in one transaction, and returns the reply to each. An error concerns all
    /// of them, and then none was run.
    pub(super) async fn report_all(
        &self,
        verbs: &[(&Lease<T::Id>, &Verb)],
        now: DateTime<Utc>,
    ) -> Result<Vec<Result<Reply<T>>>> {
        let settings = &self.settings;
        let run = |tx| async move { verb::run::<T>(&tx, settings, verbs, now).await };
        let answers = self.store.transaction(run).await?;
        let mut replies = Vec::with_capacity(answers.len());
        for (answer, (lease, _)) in answers.into_iter().zip(verbs) {
            let (id, seq) = (lease.attempt_id, lease.seq);
            replies.push(answer.settled(&self.store, id, seq, now).await);
        }
        Ok(replies)
    }

    /// A claim at a time.
    pub(super) async fn claim_at(
        &self,
        claim: &Claim,
        now: DateTime<Utc>,
        look: Look,
    ) -> Result<Claimed<T>> {
        let length = claim.checked()?;
        let request = Request::new(claim, length, now, look)?;
        if look == Look::AtAll {
            due::refresh(&self.store, now).await?;
            due::promote::<T>(&self.store, now).await?;
        }
        let settings = &self.settings;
        let fetch = |tx| async move { fetch::fetch::<T>(&tx, settings, request).await };
        let fetched = self.store.transaction(fetch).await?;
        let next_due_at = match fetched {
            fetch::Fetched::NoTask if look == Look::AtAll => {
                due::next_due_at::<T>(&self.store, claim.family).await?
            }
            _ => None,
        };
        Ok(fetched.into_claimed(next_due_at))
    }
}

/// The verbs on leases, for services that mock them: accept `Arc<dyn GenerationLeaseRepository<T>>` and pass
/// [`GenerationLeases`] in production, and in a unit test a `MockGenerationLeaseRepository` (feature `mock`).
///
/// Every verb can be repeated after an unknown outcome: if it took effect, the repetition succeeds and changes nothing.
/// The end of a lease alone revokes nothing: until a sweep has found it, the verbs of its holder succeed.
///
/// Errors are found in this order: wrong arguments, a missing task, a stale lease, a state that does not allow the verb.
/// What [`submitted`](GenerationLeases::submitted), [`complete`](GenerationLeases::complete) and
/// [`fail`](GenerationLeases::fail) of a stale lease report is kept in `evidence` of the attempt, the newest ten entries
/// of at most 64 KiB together.
///
/// # Errors
/// Every verb returns the kinds listed at it and those of [`Session`](genledger_contract::Session). The verbs of a lease
/// all return [`NotFound`](genledger_contract::ErrorKind::NotFound) (the task or the attempt does not exist, or the task
/// is deleted), [`StaleLease`](genledger_contract::ErrorKind::StaleLease) (the lease was lost, or the attempt has ended),
/// and [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict) (something else than the library has changed
/// the task).
#[repository(GenerationLeaseRepository)]
impl<T: GenerationTask> GenerationLeases<T> {
    /// Claims tasks for a holder, each with a slot of an account: first those that the provider works on, which are
    /// resumed on the same account, then those that are ready, by priority and the time of their creation. Before that,
    /// it does the daily resets that are due, and makes tasks ready whose waits are over.
    ///
    /// No two claims get the same task, and an account never has more open attempts than its limit.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid): the claim breaks a rule.
    pub async fn claim(&self, claim: &Claim) -> Result<Claimed<T>> {
        claim.checked()?;
        let now = self.time.now().await?;
        self.claim_at(claim, now, Look::AtAll).await
    }

    /// Records that the request is sent now: call it before anything is sent. If the holder stops afterwards, the task
    /// is not submitted again without a decision.
    ///
    /// # Errors
    /// [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition): the request was accepted already.
    pub async fn start(&self, lease: &Lease<T::Id>) -> Result<()> {
        self.report(lease, &Verb::Start).await.map(drop)
    }

    /// Records the id of the task at the provider, 1 to 100 characters: it is not submitted again, but polled.
    ///
    /// If the lease was lost before, and it is unknown whether the provider has accepted the task, it is found: it can be
    /// resumed, by another claim. The lease stays lost.
    ///
    /// # Errors
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the attempt has another id of the provider.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the id is too long, or the attempt was not started.
    pub async fn submitted(&self, lease: &Lease<T::Id>, remote_task_id: &str) -> Result<()> {
        let verb = Verb::Submitted(remote_task_id.to_owned());
        self.report(lease, &verb).await.map(drop)
    }

    /// Extends the lease to this length from now on, 1 second to 1 hour, and returns it. It never becomes shorter.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid): the length is out of range.
    pub async fn heartbeat(&self, lease: &Lease<T::Id>, length: Duration) -> Result<Lease<T::Id>> {
        let length = checked_heartbeat(length)?;
        let reply = self.report(lease, &Verb::Heartbeat(length)).await?;
        Ok(reply.extended(lease))
    }

    /// Records the result, and returns the task as it is afterwards. The account counts a success.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid): there is neither a URL nor a path, or the attempt was not
    /// started.
    pub async fn complete(&self, lease: &Lease<T::Id>, result: &GenerationResult) -> Result<T> {
        let verb = Verb::Complete(result.clone());
        Ok(self.report(lease, &verb).await?.task)
    }

    /// Records a failure, and returns the task as it is afterwards: failed, waiting for another attempt, waiting for a
    /// decision, or waiting to be polled again. The [policy](FailurePolicy) decides, and what happens to the account.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid): the message contains a NUL character, or the wait is negative.
    pub async fn fail(&self, lease: &Lease<T::Id>, failure: &Failure) -> Result<T> {
        let verb = Verb::Fail(failure.clone());
        Ok(self.report(lease, &verb).await?.task)
    }

    /// Records that it is not known whether the provider has accepted the task, with the event `submit_unknown`, and
    /// returns the task as it is afterwards. The lease ends, and the slot stays taken until the decision.
    ///
    /// # Errors
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the attempt was not started.
    /// - [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition): the provider has accepted it.
    pub async fn unknown(&self, lease: &Lease<T::Id>) -> Result<T> {
        Ok(self.report(lease, &Verb::Unknown).await?.task)
    }

    /// Gives the task back, and returns it as it is afterwards: it can be claimed again at once. A task that may have
    /// been sent waits for a decision, as by [`unknown`](Self::unknown), and one that the provider has accepted is
    /// resumed by another claim.
    ///
    /// # Errors
    /// Those of all verbs of a lease.
    pub async fn release(&self, lease: &Lease<T::Id>) -> Result<T> {
        Ok(self.report(lease, &Verb::Release).await?.task)
    }

    /// Rescues tasks whose leases have expired, a hundred a round, each in a transaction of its own, and releases the
    /// slots of attempts that were given up while the provider worked on them.
    ///
    /// A task that was not sent is retried; one that may have been sent waits for a decision; one that the provider has
    /// accepted is resumed by another claim. A lease expires 5 seconds after its end, or later if the clock of the store
    /// could be read less exactly.
    ///
    /// # Errors
    /// Only those of reading the expired attempts: the others are listed.
    pub async fn sweep(&self) -> Result<Swept> {
        let clock = self.time.clock().await?;
        let tasks = TaskSweep::<T>::new(&self.settings);
        sweep::round(&self.store, &tasks, &clock).await
    }

    /// Records what a user has found out about a task that may have been submitted, and returns it as it is afterwards.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no task has this id, or it is deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the task has another version.
    /// - [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition): no decision is required.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the id of the provider or the result breaks a rule.
    pub async fn resolve(&self, id: T::Id, edit: &Edit, resolution: &Resolution) -> Result<T> {
        resolution.check()?;
        let now = self.time.now().await?;
        let settings = &self.settings;
        let resolve = |tx| async move {
            decision::resolve::<T>(&tx, settings, id, edit, resolution, now).await
        };
        self.store.transaction(resolve).await
    }

    /// Ends a task that has not ended, with the error `lib:cancelled`, and returns it as it is afterwards. Its holder
    /// loses the lease. If the provider may work on it, the slot of the account stays taken for 10 minutes, of a video
    /// for 30.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no task has this id, or it is deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the task has another version.
    /// - [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition): it has ended.
    pub async fn cancel(&self, id: T::Id, edit: &Edit) -> Result<T> {
        let now = self.time.now().await?;
        let cancel =
            |tx| async move { ending::end::<T>(&tx, id, edit, Reason::Cancelled, now).await };
        self.store.transaction(cancel).await
    }

    /// Ends a task that waits for a retry, and returns it as it is afterwards. Its last error stays, or is
    /// `lib:given_up` if there is none. Slots are as after [`cancel`](Self::cancel).
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no task has this id, or it is deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the task has another version.
    /// - [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition): it does not wait for a retry.
    pub async fn give_up(&self, id: T::Id, edit: &Edit) -> Result<T> {
        let now = self.time.now().await?;
        let end = |tx| async move { ending::end::<T>(&tx, id, edit, Reason::GivenUp, now).await };
        self.store.transaction(end).await
    }

    /// Chooses which account a waiting task gets next, without an event, and returns the task as it is afterwards.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no task has this id, or it is deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the task has another version.
    /// - [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition): it is not waiting for an account.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the site is of the other family, or does not offer the
    ///   model.
    pub async fn switch(&self, id: T::Id, edit: &Edit, switch: &Switch) -> Result<T> {
        let now = self.time.now().await?;
        let settings = &self.settings;
        let work =
            |tx| async move { switch::switch::<T>(&tx, settings, id, edit, switch, now).await };
        self.store.transaction(work).await
    }

    /// Gives a task back that was not started, for another account, and returns it as it is afterwards.
    ///
    /// # Errors
    /// - [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition): it was started.
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): the site is of the other family, or does not offer the
    ///   model.
    pub async fn switch_lease(&self, lease: &Lease<T::Id>, switch: &Switch) -> Result<T> {
        let verb = Verb::Switch(switch.clone());
        Ok(self.report(lease, &verb).await?.task)
    }

    /// Generates a task that has ended again, with the event `regenerated`, and returns it as it is afterwards: pending,
    /// in its next run. The result stays in its last attempt.
    ///
    /// # Errors
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no task has this id, or it is deleted.
    /// - [`VersionConflict`](genledger_contract::ErrorKind::VersionConflict): the task has another version.
    /// - [`InvalidTransition`](genledger_contract::ErrorKind::InvalidTransition): it has not ended.
    pub async fn regenerate(&self, id: T::Id, edit: &Edit) -> Result<T> {
        let now = self.time.now().await?;
        let settings = &self.settings;
        let again = |tx| async move { again::regenerate::<T>(&tx, settings, id, edit, now).await };
        self.store.transaction(again).await
    }

    /// Applies a change that was made in another system, if it is newer than those before, with an event whose `origin` is
    /// `inbound`: `deleted`, `restored`, or `changed` for everything else. That system recognises its own change by it.
    ///
    /// Changes may come twice and in any order: afterwards the task is as the newest one has it. A task that is deleted
    /// there while an attempt is open is cancelled first, as by [`cancel`](Self::cancel), with the event of that: a holder
    /// loses its lease, and a slot stays taken as long as the provider may work on the task.
    ///
    /// # Errors
    /// - [`Invalid`](genledger_contract::ErrorKind::Invalid): a rule of a new task is broken, or the number is not from 1
    ///   on.
    /// - [`NotFound`](genledger_contract::ErrorKind::NotFound): no task has this id.
    /// - [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation): the task is restored, and its storyboard has
    ///   another one by now.
    pub async fn apply_inbound(&self, id: T::Id, change: &InboundChange) -> Result<Inbound<T>> {
        change.check()?;
        let now = self.time.now().await?;
        let apply = |tx| async move { inbound::apply::<T>(&tx, id, change, now).await };
        self.store.transaction(apply).await
    }

    /// Makes tasks of an [adopted](crate::schema::adopt_generation) table claimable that another program has left open, at
    /// most so many, 1 to 1000, each in a transaction of its own. Call it when that program has stopped, and again while
    /// there are [`more`](AdoptedBacklog::more). A task that the library has had already is left as it is, so a repetition
    /// does nothing.
    ///
    /// | task | becomes |
    /// |---|---|
    /// | with an id of the provider, on a known account | retrying, and is resumed by a claim: an attempt is open and takes a slot, also beyond the limit of the account |
    /// | pending | ready |
    /// | retrying | ready, as one whose wait is over |
    /// | any other: processing, or with an id of the provider without a known account | waiting for a decision ([`resolve`](Self::resolve)), with an open attempt |
    ///
    /// The family of accounts is that of the site which the task had used, or of its account, if the model is offered
    /// there, otherwise that of the model. Tasks with an unknown status stay as they are.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid): the limit is out of range. Those of single tasks are listed.
    pub async fn adopt_backlog(
        &self,
        filter: &GenerationTaskFilter<T>,
        limit: u32,
    ) -> Result<AdoptedBacklog> {
        let now = self.time.now().await?;
        backlog::round(&self.store, &self.settings, filter, limit, now).await
    }

    /// Compares the slots that each account counts with its open attempts, and returns those that differ: none, unless
    /// something else than the library has written to the tables. Each account is compared in a transaction of its own.
    ///
    /// # Errors
    /// Those of [`Session`](genledger_contract::Session).
    pub async fn audit_slots(&self) -> Result<Vec<SlotFault>> {
        slots::compare(&self.store, T::MEDIUM, false).await
    }

    /// Corrects the accounts that [`audit_slots`](Self::audit_slots) lists, and returns what was wrong.
    ///
    /// # Errors
    /// Those of [`Session`](genledger_contract::Session).
    pub async fn repair_slots(&self) -> Result<Vec<SlotFault>> {
        slots::compare(&self.store, T::MEDIUM, true).await
    }
}
