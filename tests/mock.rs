//! A service over [`Repository`] is tested without a store, by the `MockRepository` of the feature
//! `mock`.
#![cfg(feature = "mock")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::Arc;

use genledger::Error;
use genledger::accounting::{
    Currency, IdempotencyKey, Ledger, LedgerRepository, MockLedgerRepository, Money, NewTopUp,
};
use genledger::activity::{ActivityFilter, ActivityLogRepository};
use genledger::activity::{MockActivityLogRepository, SearchLog};
use genledger::contract::MockRepository;
use genledger::contract::Repository;
use genledger::contract::query::Count;
use genledger::generation::{
    AccountClaim, AccountPool, AccountPoolRepository, AccountStatus, ClaimedAccounts, Edit, Medium,
    MockAccountPoolRepository, MockProviderAccountRepository, NewProviderAccount,
    ProviderAccountRepository, ProviderAccounts,
};
use genledger::id::{GenerationIdGenerator, UsageLogId};
use genledger::midjourney::{
    MidjourneyChange, MidjourneyOutcome, MidjourneyTaskRepository, MockMidjourneyTaskRepository,
};
use genledger::prelude::*;
use genledger::usage::MockUsageLogRepository;
use genledger::usage::{UsageLogRepository, UsageStats, UsageTotals};
use genledger::uuid::Uuid;

/// A service as applications have them.
struct Costs(Arc<dyn Repository<UsageLog>>);

impl Costs {
    /// The cost of a request: 0 if it was never logged.
    async fn of(&self, id: UsageLogId) -> Result<i64> {
        Ok(self.0.find(&id).await?.map_or(0, |log| log.quota))
    }
}

fn log() -> UsageLog {
    let ids = UsageLogIdGenerator::system(NodeId::ZERO);
    let log = NewUsageLog::new(UsageLogType::Consume, 42).quota(900);
    log.into_log(&ids).unwrap()
}

#[tokio::test]
async fn a_service_cannot_tell_it_from_a_store() {
    let log = log();
    let id = log.id;

    let mut mock = MockRepository::<UsageLog>::new();
    let found = log.clone();
    mock.expect_find()
        .withf(move |key| *key == id)
        .times(1)
        .returning(move |_| Ok(Some(found.clone())));
    assert_eq!(Costs(Arc::new(mock)).of(id).await.unwrap(), 900);

    let store = genledger::connect("memory:").await.unwrap();
    store.migrate(genledger::schema::all()).await.unwrap();
    let logs = store.repository::<UsageLog>();
    logs.insert(&log).await.unwrap();
    assert_eq!(Costs(Arc::new(logs)).of(id).await.unwrap(), 900);
}

/// A service over the verbs of a domain.
async fn spent(logs: &dyn UsageLogRepository, user_id: i64) -> Result<i64> {
    let all = UserUsageLogFilter::new();
    let stats = logs.stats_for_user(user_id, &all, log().created_at).await?;
    Ok(stats.totals.quota)
}

#[tokio::test]
async fn the_verbs_of_a_domain_have_a_mock() {
    let mut mock = MockUsageLogRepository::new();
    mock.expect_stats_for_user()
        .withf(|user_id, filter, _| *user_id == 42 && *filter == UserUsageLogFilter::new())
        .returning(|_, _, _| {
            let totals = UsageTotals {
                quota: 900,
                ..UsageTotals::default()
            };
            Ok(UsageStats {
                totals,
                ..UsageStats::default()
            })
        });
    assert_eq!(spent(&mock, 42).await.unwrap(), 900);

    let store = genledger::connect("memory:").await.unwrap();
    store.migrate(genledger::schema::all()).await.unwrap();
    let logs = UsageLogs::new(store);
    logs.append(&log()).await.unwrap();
    assert_eq!(spent(&logs, 42).await.unwrap(), 900);
}

/// Each kind of activity log has a mock as well.
#[tokio::test]
async fn a_generic_repository_has_a_mock() {
    let mut mock = MockActivityLogRepository::<SearchLog>::new();
    mock.expect_count().returning(|_, _| Ok(Count::AtLeast(10)));
    let logs: Arc<dyn ActivityLogRepository<SearchLog>> = Arc::new(mock);
    let count = logs.count(&ActivityFilter::new(), 10).await.unwrap();
    assert_eq!(count, Count::AtLeast(10));
}

#[tokio::test]
async fn midjourney_tasks_have_a_mock() {
    let mut mock = MockMidjourneyTaskRepository::new();
    mock.expect_advance()
        .returning(|_, _, _| Ok(MidjourneyOutcome::Ended { refund: 5 }));
    let tasks: Arc<dyn MidjourneyTaskRepository> = Arc::new(mock);
    let (id, now) = (UsageLogId::new(1), log().created_at);
    let failure = MidjourneyChange::failure("banned");
    let outcome = tasks.advance(id, &failure, now).await.unwrap();
    assert_eq!(outcome, MidjourneyOutcome::Ended { refund: 5 });
}

/// A service that uses an account without a task.
async fn used(pool: &dyn AccountPoolRepository) -> Result<usize> {
    let claim = AccountClaim::new("h", Uuid::nil(), Medium::Image);
    Ok(match pool.claim(&claim).await? {
        ClaimedAccounts::Leased(leased) => {
            for one in &leased {
                pool.complete(&one.lease).await?;
            }
            leased.len()
        }
        ClaimedAccounts::NoAccount(_) | ClaimedAccounts::Contended => 0,
    })
}

#[tokio::test]
async fn accounts_and_their_leases_have_mocks() {
    let mut mock = MockAccountPoolRepository::new();
    mock.expect_claim()
        .withf(|claim| claim.medium == Medium::Image)
        .returning(|_| Ok(ClaimedAccounts::Contended));
    assert_eq!(used(&mock).await.unwrap(), 0);

    let store = genledger::connect("memory:").await.unwrap();
    store.migrate(genledger::schema::all()).await.unwrap();
    let ids = GenerationIdGenerator::system();
    let account = NewProviderAccount::new("a", "s")
        .into_account(&ids)
        .unwrap();
    let accounts = ProviderAccounts::new(store.clone());
    accounts.append(&account).await.unwrap();
    assert_eq!(used(&AccountPool::new(store)).await.unwrap(), 1);

    let mut mock = MockProviderAccountRepository::new();
    mock.expect_set_status()
        .withf(|_, edit, status| edit.version == 1 && *status == AccountStatus::Banned)
        .returning(move |_, _, _| Ok(account.clone()));
    let mock: Arc<dyn ProviderAccountRepository> = Arc::new(mock);
    let (id, edit) = (ids.generate(), Edit::of_version(1));
    mock.set_status(id, &edit, AccountStatus::Banned)
        .await
        .unwrap();
}

/// A service over the ledger: whether a call of a model is worth to be started.
async fn may_call(ledger: &dyn LedgerRepository, customer: &str) -> Result<bool> {
    let nothing = Money::zero(Currency::iso("CNY")?);
    ledger.admit(customer, nothing).await
}

#[tokio::test]
async fn the_ledger_has_a_mock() {
    let mut mock = MockLedgerRepository::new();
    mock.expect_admit()
        .withf(|customer, min_balance| customer == "c1" && min_balance.is_zero())
        .returning(|_, _| Ok(true));
    assert!(may_call(&mock, "c1").await.unwrap());

    let store = genledger::connect("memory:").await.unwrap();
    store.migrate(genledger::schema::all()).await.unwrap();
    let ledger = Ledger::new(store);
    assert!(!may_call(&ledger, "c1").await.unwrap());
    let one = Money::new(1.into(), Currency::iso("CNY").unwrap()).unwrap();
    let key = IdempotencyKey::new("payment-1").unwrap();
    let receipt = ledger.top_up(&NewTopUp::new("c1", key, one)).await.unwrap();
    assert!(may_call(&ledger, "c1").await.unwrap());

    let mut mock = MockLedgerRepository::new();
    mock.expect_top_up().returning(move |_| Ok(receipt.clone()));
    let key = IdempotencyKey::new("payment-2").unwrap();
    let top_up = NewTopUp::new("c1", key, one);
    assert_eq!(mock.top_up(&top_up).await.unwrap().balance, one);
}

/// Errors that a store returns rarely.
#[tokio::test]
async fn it_returns_errors_that_are_hard_to_come_by() {
    let mut mock = MockRepository::<UsageLog>::new();
    mock.expect_find()
        .returning(|_| Err(Error::new(ErrorKind::Unavailable, "the network is gone")));
    let error = Costs(Arc::new(mock)).of(log().id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}
