//! Transactions as closures: `store.transaction(…)`.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::session::RetryPolicy;
use genledger_contract::{
    Error, ErrorKind, Filter, Result, Session, SessionExt, Store, StoreExt, Tx,
};

use crate::add_one::add_one;
use crate::ask::rows_of;
use crate::check::fails;
use crate::databases::Databases;
use crate::flaky::{FailurePoint, Flaky};
use crate::model::Account;

/// A closure that returns `Ok` is committed, and its value is returned.
pub(crate) async fn commits_on_ok(databases: &Databases) {
    let database = databases.migrated().await;
    let returned = database
        .store
        .transaction(|tx| async move {
            tx.insert(&Account::new(1)).await?;
            tx.insert(&Account::new(2)).await?;
            tx.get::<Account>(&2).await
        })
        .await
        .unwrap();
    assert_eq!(returned, Account::new(2));
    assert_eq!(rows_of::<Account>(&*database.session()).await, 2);
}

/// A closure that returns an error is rolled back, and its error is returned.
pub(crate) async fn undoes_on_error(databases: &Databases) {
    let database = databases.migrated().await;
    for kind in [
        ErrorKind::NotFound,
        ErrorKind::UniqueViolation,
        ErrorKind::Other,
    ] {
        let outcome: Result<()> = database
            .store
            .transaction(|tx| async move {
                tx.insert(&Account::new(1)).await?;
                Err(Error::new(kind, "changed my mind"))
            })
            .await;
        assert_eq!(fails(outcome, kind).message(), "changed my mind");
        assert_eq!(rows_of::<Account>(&*database.session()).await, 0);
    }
}

/// An error of the database that the closure ignores still rolls back.
pub(crate) async fn a_swallowed_error_still_undoes(databases: &Databases) {
    let database = databases.migrated().await;
    let outcome = database
        .store
        .transaction(|tx| async move {
            tx.insert(&Account::new(1)).await?;
            drop(tx.insert(&Account::new(1)).await);
            Ok(())
        })
        .await;
    fails(outcome, ErrorKind::Aborted);
    assert_eq!(rows_of::<Account>(&*database.session()).await, 0);
}

/// A closure that panics is rolled back, and the store stays usable.
pub(crate) async fn undoes_on_panic(databases: &Databases) {
    let database = databases.migrated().await;
    let store = Arc::clone(&database.store);
    let task = tokio::spawn(async move {
        store
            .transaction(|tx| async move {
                tx.insert(&Account::new(1)).await?;
                if rows_of::<Account>(&tx).await == 1 {
                    std::panic::resume_unwind(Box::new("on purpose"));
                }
                Ok(())
            })
            .await
    });
    assert!(task.await.unwrap_err().is_panic());
    database.session().insert(&Account::new(1)).await.unwrap();
}

/// A closure may capture references, be run from a spawned task through `Arc<dyn Store>`, and move its handle
/// into spawned tasks.
pub(crate) async fn in_spawned_tasks(databases: &Databases) {
    let database = databases.migrated().await;
    let store = Arc::clone(&database.store);
    let task = tokio::spawn(async move {
        let ids = vec![1, 2, 3];
        let log = Mutex::new(Vec::new());
        let (ids, log) = (&ids, &log);
        let count = store
            .transaction(|tx| async move {
                for id in ids {
                    tx.insert(&Account::new(*id)).await?;
                    log.lock().unwrap().push(*id);
                }
                let inner = tx.clone();
                let spawned = tokio::spawn(async move { inner.insert(&Account::new(4)).await });
                spawned.await.expect("the task")?;
                tx.count(Filter::<Account>::all(), 100).await
            })
            .await
            .unwrap();
        (count, log.lock().unwrap().clone())
    });
    let (count, log) = task.await.unwrap();
    assert_eq!(count, genledger_contract::query::Count::Exactly(4));
    assert_eq!(log, [1, 2, 3]);
}

#[async_trait]
trait Service {
    async fn open(&self, id: i64) -> Result<i64>;
}

struct StoreService {
    store: Arc<dyn Store>,
    owner: String,
}

impl StoreService {
    async fn open_in(&self, tx: &Tx, id: i64) -> Result<()> {
        let account = Account {
            owner: self.owner.clone(),
            ..Account::new(id)
        };
        tx.insert(&account).await
    }
}

#[async_trait]
impl Service for StoreService {
    async fn open(&self, id: i64) -> Result<i64> {
        self.store
            .transaction(|tx| async move {
                self.open_in(&tx, id).await?;
                tx.update_if(&id, Filter::all(), [Account::VISITS.plus(1)])
                    .await?;
                Ok(tx.get::<Account>(&id).await?.visits.into())
            })
            .await
    }
}

/// A closure may borrow `self` inside an `async_trait` implementation.
pub(crate) async fn in_async_traits(databases: &Databases) {
    let database = databases.migrated().await;
    let service: Arc<dyn Service + Send + Sync> = Arc::new(StoreService {
        store: Arc::clone(&database.store),
        owner: "ann".to_owned(),
    });
    let task = tokio::spawn(async move { service.open(7).await });
    assert_eq!(task.await.unwrap().unwrap(), 1);
    let found = database.session().get::<Account>(&7).await.unwrap();
    assert_eq!(found.owner, "ann");
}

/// The handle cannot be used once the closure has ended, with success or an error.
pub(crate) async fn the_handle_ends(databases: &Databases) {
    let database = databases.migrated().await;
    for ok in [true, false] {
        let kept = Mutex::new(None);
        let outcome = database
            .store
            .transaction(|tx| {
                *kept.lock().unwrap() = Some(tx);
                async move {
                    if ok {
                        Ok(())
                    } else {
                        Err(Error::new(ErrorKind::Other, "no"))
                    }
                }
            })
            .await;
        assert_eq!(outcome.is_ok(), ok);
        let tx = kept.into_inner().unwrap().unwrap();
        fails(tx.insert(&Account::new(1)).await, ErrorKind::Aborted);
        fails(tx.find::<Account>(&1).await, ErrorKind::Aborted);
        fails(tx.begin().await.map(drop), ErrorKind::Aborted);
    }
    assert_eq!(rows_of::<Account>(&*database.session()).await, 0);
}

/// Nested transactions work through the handle.
pub(crate) async fn nested(databases: &Databases) {
    let database = databases.migrated().await;
    database
        .store
        .transaction(|tx| async move {
            tx.insert(&Account::new(1)).await?;
            let nested = tx.begin().await?;
            fails(
                nested.insert(&Account::new(1)).await,
                ErrorKind::UniqueViolation,
            );
            nested.rollback().await?;
            let nested = tx.begin().await?;
            nested.insert(&Account::new(2)).await?;
            nested.commit().await
        })
        .await
        .unwrap();
    assert_eq!(rows_of::<Account>(&*database.session()).await, 2);
}

fn quick(attempts: u32) -> RetryPolicy {
    RetryPolicy {
        attempts,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(5),
        deadline: Duration::from_secs(60),
    }
}

async fn visits(session: &dyn Session) -> i32 {
    session.get::<Account>(&1).await.unwrap().visits
}

/// A retryable failure to begin or to commit is retried, and the work is done once.
pub(crate) async fn retries(databases: &Databases) {
    let database = databases.migrated().await;
    database.session().insert(&Account::new(1)).await.unwrap();
    for (round, point) in (1..).zip([FailurePoint::Begin, FailurePoint::BeforeCommit]) {
        let inner = Arc::clone(&database.store);
        let store = Flaky::new(inner, point, ErrorKind::SerializationFailure, 3);
        let (outcome, runs) = add_one(&store, quick(8)).await;
        outcome.unwrap();
        assert_eq!(store.begun.load(Ordering::SeqCst), 4);
        assert_eq!(runs, if point == FailurePoint::Begin { 1 } else { 4 });
        assert_eq!(visits(&*database.session()).await, round);
    }
}

/// A retryable error of the closure is retried in a new transaction.
pub(crate) async fn retries_the_closure(databases: &Databases) {
    let database = databases.migrated().await;
    let runs = AtomicU32::new(0);
    let runs = &runs;
    database
        .store
        .transaction(|tx| async move {
            tx.insert(&Account::new(1)).await?;
            if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                return Err(Error::new(ErrorKind::SerializationFailure, "again"));
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert_eq!(rows_of::<Account>(&*database.session()).await, 1);
}

/// A closure whose transaction ended with an error that is not retryable runs once, whether it returns that
/// error or another one.
pub(crate) async fn runs_once_after_a_conflict(databases: &Databases) {
    let database = databases.migrated().await;
    database.session().insert(&Account::new(1)).await.unwrap();
    for own in [None, Some(ErrorKind::Invalid)] {
        let runs = AtomicU32::new(0);
        let runs = &runs;
        let outcome: Result<()> = database
            .store
            .transaction(|tx| async move {
                runs.fetch_add(1, Ordering::SeqCst);
                let taken = fails(
                    tx.insert(&Account::new(1)).await,
                    ErrorKind::UniqueViolation,
                );
                Err(own.map_or(taken, |kind| Error::new(kind, "the closure's own")))
            })
            .await;
        fails(outcome, own.unwrap_or(ErrorKind::UniqueViolation));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }
    assert_eq!(rows_of::<Account>(&*database.session()).await, 1);
}

/// The number of attempts is bounded.
pub(crate) async fn attempts_are_bounded(databases: &Databases) {
    let database = databases.migrated().await;
    database.session().insert(&Account::new(1)).await.unwrap();
    for attempts in [0, 1, 3] {
        let inner = Arc::clone(&database.store);
        let store = Flaky::new(
            inner,
            FailurePoint::BeforeCommit,
            ErrorKind::SerializationFailure,
            100,
        );
        let (outcome, runs) = add_one(&store, quick(attempts)).await;
        fails(outcome, ErrorKind::SerializationFailure);
        assert_eq!(runs, attempts.max(1));
    }
    assert_eq!(visits(&*database.session()).await, 0);
    assert_eq!(RetryPolicy::never().attempts, 1);
}

/// An unknown outcome is not retried, since the transaction may have been committed; nor is any other error
/// that is not retryable.
pub(crate) async fn never_again_after_an_unknown_outcome(databases: &Databases) {
    let database = databases.migrated().await;
    database.session().insert(&Account::new(1)).await.unwrap();
    for kind in [
        ErrorKind::OutcomeUnknown,
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
        ErrorKind::UniqueViolation,
        ErrorKind::Aborted,
        ErrorKind::Other,
    ] {
        let before = visits(&*database.session()).await;
        let inner = Arc::clone(&database.store);
        let store = Flaky::new(inner, FailurePoint::AfterCommit, kind, 1);
        let (outcome, runs) = add_one(&store, quick(8)).await;
        fails(outcome, kind);
        assert_eq!(runs, 1);
        assert_eq!(visits(&*database.session()).await, before + 1);
    }
}
