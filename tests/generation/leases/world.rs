//! A store whose clock the test sets, with accounts and tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use genledger::contract::query::Count;
use genledger::contract::schema::{Difference, MigrationReport};
use genledger::contract::statement::ReadStatement;
use genledger::contract::store::Capability;
use genledger::contract::table::TableDef;
use genledger::contract::{MigrationSet, Query, Result, Session, SessionExt, Store, Transaction};
use genledger::generation::{
    Claim, Claimed, Empty, Failure, FailureCode, GenerationAttempt, GenerationLeases,
    GenerationResult, GenerationStatus, GenerationTask, GenerationTasks, Lease, LeasedTask,
    NewProviderAccount, ProviderAccount, ProviderAccounts, TaskReady,
};
use genledger::id::ProviderAccountId;
use genledger::outbox::OutboxEvent;
use genledger::time::{Clock, ManualClock};
use genledger::uuid::Uuid;

use crate::sample::{Kind, after, ids, migrated, request};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A store with the time of a clock.
#[derive(Debug)]
struct Timed {
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
}

#[async_trait]
impl Store for Timed {
    fn session(&self) -> Arc<dyn Session> {
        self.store.session()
    }

    async fn begin(&self) -> Result<Transaction> {
        self.store.begin().await
    }

    fn capability(&self) -> &Capability {
        self.store.capability()
    }

    async fn migrate(&self, sets: &[MigrationSet]) -> Result<MigrationReport> {
        self.store.migrate(sets).await
    }

    async fn verify_schema(&self, tables: &[&'static TableDef]) -> Result<Vec<Difference>> {
        self.store.verify_schema(tables).await
    }

    async fn time(&self) -> Result<DateTime<Utc>> {
        Ok(self.clock.now())
    }

    async fn plan(&self, statement: ReadStatement) -> Result<String> {
        self.store.plan(statement).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}

/// The verbs on a store whose time is a number of seconds after noon.
#[derive(Clone)]
pub(crate) struct World<T> {
    pub(crate) store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
    pub(crate) tasks: GenerationTasks<T>,
    pub(crate) accounts: ProviderAccounts,
    pub(crate) leases: GenerationLeases<T>,
}

impl<T: Kind> World<T> {
    pub(crate) async fn new(store: &Arc<dyn Store>) -> Self {
        let _: GenerationTasks<T> = migrated(store).await;
        let clock = Arc::new(ManualClock::at(after(100)));
        Self::of(Arc::clone(store), clock)
    }

    /// The same world through another store on the same data.
    pub(crate) fn on(&self, store: Arc<dyn Store>) -> Self {
        Self::of(store, Arc::clone(&self.clock))
    }

    fn of(store: Arc<dyn Store>, clock: Arc<ManualClock>) -> Self {
        let (of_store, minute) = (Arc::clone(&clock), ManualClock::at(after(60)));
        let store: Arc<dyn Store> = Arc::new(Timed {
            store,
            clock: of_store,
        });
        Self {
            tasks: GenerationTasks::new(Arc::clone(&store)).with_clock(Arc::new(minute)),
            accounts: ProviderAccounts::new(Arc::clone(&store)),
            leases: GenerationLeases::new(Arc::clone(&store)),
            store,
            clock,
        }
    }

    /// The same store and clock, for another kind of task.
    pub(crate) fn with<U: Kind>(&self) -> World<U> {
        let clock = Arc::new(ManualClock::at(after(60)));
        World {
            tasks: GenerationTasks::new(Arc::clone(&self.store)).with_clock(clock),
            accounts: self.accounts.clone(),
            leases: GenerationLeases::new(Arc::clone(&self.store)),
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
        }
    }

    /// Sets the time of the store, in seconds after noon.
    pub(crate) fn at(&self, seconds: i64) {
        self.clock.set(after(seconds));
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    pub(crate) async fn account(&self, session: &str, limit: i32) -> ProviderAccount {
        let new = NewProviderAccount::new("a@example.com", session);
        let mut account = new.into_account(&ids()).unwrap();
        (account.image_limit, account.video_limit) = (limit, limit);
        self.append(account).await
    }

    pub(crate) async fn append(&self, account: ProviderAccount) -> ProviderAccount {
        assert!(self.accounts.append(&account).await.unwrap());
        account
    }

    pub(crate) async fn submit(&self, storyboard: &str) -> T {
        let task = T::sample(storyboard);
        assert!(self.tasks.submit(&task).await.unwrap());
        task
    }

    pub(crate) async fn try_claim(&self, n: u32) -> Claimed<T> {
        let claim = Claim::new("h", Uuid::now_v7()).n(n);
        self.leases.claim(&claim).await.unwrap()
    }

    pub(crate) async fn claim(&self, n: u32) -> Vec<LeasedTask<T>> {
        leased(self.try_claim(n).await)
    }

    pub(crate) async fn claim_one(&self) -> Lease<T::Id> {
        let mut leased = self.claim(1).await;
        assert_eq!(leased.len(), 1);
        leased.remove(0).lease
    }

    pub(crate) async fn empty(&self) -> Empty {
        match self.try_claim(1).await {
            Claimed::Empty(empty) => empty,
            Claimed::Leased(leased) => panic!("{leased:?}"),
        }
    }

    /// The lease of a new task on a new account, whose attempt has got this far.
    pub(crate) async fn lease(&self, name: &str, stage: Stage) -> Lease<T::Id> {
        static PRIORITY: AtomicI32 = AtomicI32::new(1);
        self.account(name, 1).await;
        // It is claimed before the tasks of leases that were released.
        let priority = PRIORITY.fetch_add(1, Ordering::SeqCst);
        let task = T::with_request(request(name).priority(priority));
        assert!(self.tasks.submit(&task).await.unwrap());
        let lease = self.claim_one().await;
        assert_eq!(lease.task_id, task.id());
        self.bring(&lease, stage).await;
        lease
    }

    pub(crate) async fn bring(&self, lease: &Lease<T::Id>, stage: Stage) {
        let leases = &self.leases;
        if stage == Stage::Claimed || stage == Stage::Released {
            if stage == Stage::Released {
                leases.release(lease).await.unwrap();
            }
            return;
        }
        leases.start(lease).await.unwrap();
        if stage == Stage::Sent {
            return;
        }
        if stage == Stage::Unknown {
            leases.unknown(lease).await.unwrap();
            return;
        }
        leases.submitted(lease, "r-1").await.unwrap();
        match stage {
            Stage::Completed => drop(leases.complete(lease, &result()).await.unwrap()),
            Stage::Failed => drop(leases.fail(lease, &content()).await.unwrap()),
            Stage::Parked => drop(leases.release(lease).await.unwrap()),
            _ => {}
        }
    }

    pub(crate) async fn task(&self, lease: &Lease<T::Id>) -> T {
        self.tasks.get(lease.task_id).await.unwrap()
    }

    pub(crate) async fn attempt(&self, lease: &Lease<T::Id>) -> GenerationAttempt {
        self.store.session().get(&lease.attempt_id).await.unwrap()
    }

    pub(crate) async fn account_of(&self, id: ProviderAccountId) -> ProviderAccount {
        self.accounts.get(id).await.unwrap()
    }

    /// The kinds of the events of a task with their numbers, without its creation.
    pub(crate) async fn events(&self, id: T::Id) -> Vec<(i64, String)> {
        let query = Query::<OutboxEvent>::default().page_size(1_000);
        let events = self.store.session().page(&query).await.unwrap();
        assert_eq!(events.next, None);
        let of_task = events
            .items
            .into_iter()
            .filter(|event| event.aggregate_id == id.to_string() && event.kind != "created");
        let mut kinds: Vec<_> = of_task.map(|event| (event.seq, event.kind)).collect();
        kinds.sort_unstable();
        kinds
    }

    pub(crate) async fn events_of_account(&self, id: ProviderAccountId) -> usize {
        let query = Query::matching(OutboxEvent::TOPIC.eq("generation.account")).page_size(1_000);
        let events = self.store.session().page(&query).await.unwrap().items;
        let of_account = events
            .into_iter()
            .filter(|event| event.aggregate_id == id.to_string());
        of_account.count()
    }

    /// Everything that is ready now.
    pub(crate) async fn claim_all(&self) -> Vec<LeasedTask<T>> {
        match self.try_claim(1_000).await {
            Claimed::Leased(leased) => leased,
            Claimed::Empty(_) => Vec::new(),
        }
    }

    /// Slots are as many as open attempts, and within the limits; the status of each task fits its attempt.
    pub(crate) async fn assert_consistent(&self) {
        self.assert_consistent_slots().await;
        self.assert_consistent_tasks().await;
    }

    pub(crate) async fn assert_consistent_slots(&self) {
        let query = Query::<ProviderAccount>::default().page_size(1_000);
        for account in self.store.session().page(&query).await.unwrap().items {
            let open = GenerationAttempt::ACCOUNT_ID.eq(account.id)
                & GenerationAttempt::MEDIA.eq(T::MEDIUM)
                & GenerationAttempt::ENDED_AT.is_null();
            let open = self.store.session().count(open, 10_000).await.unwrap();
            let candidate = account.candidate(T::MEDIUM).unwrap();
            assert_eq!(
                open,
                Count::Exactly(u64::try_from(candidate.active).unwrap())
            );
            assert!(candidate.active <= candidate.limit);
        }
    }

    async fn assert_consistent_tasks(&self) {
        let query = Query::<T>::default().page_size(1_000);
        for task in self.store.session().page(&query).await.unwrap().items {
            task.validate().unwrap();
            let state = task.state();
            let Some(attempt) = state.attempt_id else {
                assert_eq!((state.attempt_count, state.lease_seq), (0, 0));
                continue;
            };
            let attempt: GenerationAttempt = self.store.session().get(&attempt).await.unwrap();
            let is_open = attempt.outcome.is_none();
            let has_lease = is_open && attempt.expires_at.is_some();
            let is_processing = state.generation_status == GenerationStatus::Processing;
            assert_eq!(
                has_lease,
                is_processing && state.ready == TaskReady::No,
                "{task:?}"
            );
            let is_waiting = [
                TaskReady::WaitsToResume,
                TaskReady::Resume,
                TaskReady::Undecided,
            ];
            assert_eq!(
                is_open,
                has_lease || is_waiting.contains(&state.ready),
                "{task:?}"
            );
            assert_eq!(attempt.seq, state.lease_seq);
            assert_eq!(attempt.attempt_no, Some(state.attempt_count));
        }
    }
}

/// How far an attempt has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Claimed,
    Sent,
    Accepted,
    Unknown,
    Parked,
    Completed,
    Failed,
    Released,
}

pub(crate) fn leased<T: GenerationTask>(claimed: Claimed<T>) -> Vec<LeasedTask<T>> {
    match claimed {
        Claimed::Leased(leased) => leased,
        Claimed::Empty(empty) => panic!("{empty:?}"),
    }
}

pub(crate) fn result() -> GenerationResult {
    GenerationResult::urls(["https://a.example/1.png"]).local_paths(["/media/1.png"])
}

/// A failure that is final.
pub(crate) fn content() -> Failure {
    Failure::new(FailureCode::fail(2038)).message("refused")
}
