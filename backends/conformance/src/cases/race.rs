//! Concurrent writes: nothing is lost, and nothing is done twice.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use genledger_contract::query::AggregateQuery;
use genledger_contract::session::RetryPolicy;
use genledger_contract::{
    Error, ErrorKind, Filter, Result, RowOutcome, SessionExt, Store, StoreExt, Tx,
};

use crate::ask::rows_of;
use crate::check::fails;
use crate::databases::{Database, Databases};
use crate::harness::Applicable;
use crate::model::{Account, Entry, Member};

/// A policy with enough attempts for a slow machine.
const PATIENT: RetryPolicy = RetryPolicy {
    attempts: 200,
    first_wait: Duration::from_millis(2),
    longest_wait: Duration::from_millis(50),
    deadline: Duration::from_secs(120),
};

/// This many handles of two stores on the same data, alternating.
async fn stores(database: &Database, count: usize) -> Applicable<Vec<Arc<dyn Store>>> {
    let both = [Arc::clone(&database.store), database.second().await?];
    Ok(both.iter().cycle().take(count).cloned().collect())
}

/// Retries a statement while it returns a retryable error.
async fn again<T, Fut: Future<Output = Result<T>>>(
    mut statement: impl FnMut() -> Fut,
) -> Result<T> {
    for _ in 0..PATIENT.attempts {
        match statement().await {
            Err(error) if error.is_retryable() => tokio::time::sleep(PATIENT.first_wait).await,
            outcome => return outcome,
        }
    }
    statement().await
}

/// Many transactions and single updates that add to one row add up exactly.
pub(crate) async fn additions_are_exact(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    database.session().insert(&Account::new(1)).await.unwrap();
    let tasks = (0..).zip(stores(&database, 8).await?).map(|(task, store)| {
        tokio::spawn(async move {
            for _ in 0..15 {
                if task % 4 == 3 {
                    let session = store.session();
                    let add = || session.update_where(Account::ID.eq(1), [Account::VISITS.plus(1)]);
                    assert_eq!(again(add).await.unwrap(), 1);
                    continue;
                }
                store
                    .transaction_with(PATIENT, |tx| async move {
                        let add = [Account::VISITS.plus(1), Account::VERSION.plus(1)];
                        assert!(tx.update_if(&1, Filter::all(), add).await?);
                        Ok(())
                    })
                    .await
                    .unwrap();
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    let found = database.session().get::<Account>(&1).await.unwrap();
    assert_eq!((found.visits, found.version), (120, 90));
    Ok(())
}

/// Of several concurrent updates of the same version of a row exactly one wins.
pub(crate) async fn one_wins_each_version(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    database.session().insert(&Account::new(1)).await.unwrap();
    let stores = stores(&database, 4).await?;
    for version in 0..40 {
        let racers = stores.iter().map(|store| {
            let session = store.session();
            tokio::spawn(async move {
                let update = || {
                    session.update_if(
                        &1,
                        Account::VERSION.eq(version),
                        [Account::VERSION.plus(1), Account::VISITS.plus(1)],
                    )
                };
                again(update).await.unwrap()
            })
        });
        let won = join_all(racers).await;
        let won = won.into_iter().filter(|won| *won.as_ref().unwrap()).count();
        assert_eq!(won, 1, "version {version}");
    }
    let found = database.session().get::<Account>(&1).await.unwrap();
    assert_eq!((found.visits, found.version), (40, 40));
    Ok(())
}

/// Concurrent transfers in opposite directions keep the sum.
pub(crate) async fn opposite_transfers(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let rows = Account::many([1, 2]).into_iter().map(|row| Account {
        version: 1000,
        ..row
    });
    let rows: Vec<Account> = rows.collect();
    database.session().insert_many(&rows).await.unwrap();
    let tasks = (0..).zip(stores(&database, 6).await?).map(|(task, store)| {
        let (from, to) = if task % 2 == 0 { (1, 2) } else { (2, 1) };
        tokio::spawn(async move {
            for _ in 0..8 {
                store
                    .transaction_with(PATIENT, |tx| async move {
                        let take = [Account::VERSION.plus(-1), Account::VISITS.plus(1)];
                        assert!(tx.update_if(&from, Account::VERSION.ge(1), take).await?);
                        let give = [Account::VERSION.plus(1)];
                        assert!(tx.update_if(&to, Filter::all(), give).await?);
                        Ok(())
                    })
                    .await
                    .unwrap();
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    let sums = AggregateQuery::over(Filter::all())
        .sum(Account::VERSION)
        .sum(Account::VISITS);
    let sums = database.session().aggregate(sums).await.unwrap();
    assert_eq!(sums[0].integer(0).unwrap(), 2000);
    assert_eq!(sums[0].integer(1).unwrap(), 48);
    assert_eq!(
        database.session().get::<Account>(&1).await.unwrap().version,
        1000
    );
    Ok(())
}

/// Overlapping batches that are inserted at the same time, in different orders: every row is new to
/// exactly one of them.
pub(crate) async fn overlapping_batches(databases: &Databases) -> Applicable<()> {
    const ROWS: i64 = 400;
    let database = databases.migrated().await;
    for round in 0..3 {
        let first = round * ROWS;
        let tasks = (0..).zip(stores(&database, 4).await?).map(|(task, store)| {
            tokio::spawn(async move {
                let from = first + task * 40;
                let mut rows: Vec<Entry> =
                    (from..from + ROWS).map(|id| Entry::new(id, id)).collect();
                if task % 2 == 1 {
                    rows.reverse();
                }
                let session = store.session();
                let outcomes = again(|| session.insert_if_absent(&rows)).await.unwrap();
                rows.into_iter()
                    .zip(outcomes)
                    .filter(|(_, outcome)| {
                        assert_ne!(*outcome, RowOutcome::Different);
                        *outcome == RowOutcome::New
                    })
                    .map(|(row, _)| row.id)
                    .collect::<Vec<_>>()
            })
        });
        let mut new: Vec<i64> = Vec::new();
        for task in join_all(tasks).await {
            new.extend(task.unwrap());
        }
        new.sort_unstable();
        assert_eq!(new, (first..first + ROWS + 120).collect::<Vec<_>>());
        database
            .session()
            .delete_where::<Entry>(Filter::all())
            .await
            .unwrap();
    }
    Ok(())
}

/// Small batches that are stored repeatedly and concurrently, outside of a transaction and without retries of
/// the caller: a deadlock of two of them is not reported to the caller.
pub(crate) async fn replays_side_by_side(databases: &Databases) -> Applicable<()> {
    const TASKS: i64 = 6;
    let database = databases.migrated().await;
    for round in 0..30 {
        let tasks = (0..).zip(stores(&database, 6).await?).map(|(task, store)| {
            tokio::spawn(async move {
                let first = round * 1000 + task * 5;
                let mut rows: Vec<Entry> =
                    (first..first + 40).map(|id| Entry::new(id, id)).collect();
                if task % 2 == 1 {
                    rows.reverse();
                }
                let outcomes = store.session().insert_if_absent(&rows).await?;
                Ok(outcomes
                    .into_iter()
                    .filter(|outcome| *outcome == RowOutcome::New)
                    .count())
            })
        });
        let outcomes = join_all(tasks).await;
        let new: Result<Vec<usize>> = outcomes.into_iter().map(|task| task.unwrap()).collect();
        let distinct = 40 + 5 * (TASKS - 1);
        assert_eq!(
            i64::try_from(new.unwrap().iter().sum::<usize>()).unwrap(),
            distinct
        );
    }
    Ok(())
}

/// Of several concurrent inserts of the same unique key one succeeds, and the others fail.
pub(crate) async fn one_gets_a_unique_key(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let stores = stores(&database, 4).await?;
    for badge in 0..15 {
        let racers = (0..).zip(&stores).map(|(racer, store)| {
            let session = store.session();
            tokio::spawn(async move {
                let id = badge * 10 + racer;
                let member = Member::new(id, &format!("m{id}")).with_badge(badge);
                again(|| session.insert(&member)).await
            })
        });
        let mut got = 0;
        for outcome in join_all(racers).await {
            match outcome.unwrap() {
                Ok(()) => got += 1,
                outcome => drop(fails(outcome, ErrorKind::UniqueViolation)),
            }
        }
        assert_eq!(got, 1, "badge {badge}");
    }
    assert_eq!(rows_of::<Member>(&*database.session()).await, 15);
    Ok(())
}

/// Upserts of one key at the same time add up exactly.
pub(crate) async fn upserts_add_up(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let tasks = stores(&database, 4).await?.into_iter().map(|store| {
        tokio::spawn(async move {
            let session = store.session();
            let rows: Vec<Account> = (1..=3)
                .map(|id| Account {
                    visits: 1,
                    ..Account::new(id)
                })
                .collect();
            for _ in 0..10 {
                let add = || session.upsert(&rows, [Account::VISITS.add_inserted()]);
                again(add).await.unwrap();
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    for id in 1..=3 {
        let found = database.session().get::<Account>(&id).await.unwrap();
        assert_eq!(found.visits, 40);
    }
    Ok(())
}

/// Of several concurrent deletes of the same row exactly one reports that it deleted it.
pub(crate) async fn one_deletes(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let stores = stores(&database, 4).await?;
    for id in 0..15 {
        database.session().insert(&Account::new(id)).await.unwrap();
        let racers = stores.iter().map(|store| {
            let session = store.session();
            tokio::spawn(async move { again(|| session.delete::<Account>(&id)).await.unwrap() })
        });
        let deleted = join_all(racers).await;
        let deleted = deleted.into_iter().filter(|done| *done.as_ref().unwrap());
        assert_eq!(deleted.count(), 1);
    }
    Ok(())
}

/// A closure whose transaction ended in a deadlock runs again, whichever error it returns.
pub(crate) async fn a_deadlock_behind_another_error(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    database.concurrent_writers()?;
    let session = database.session();
    session.insert_many(&Account::many([1, 2])).await.unwrap();
    let barrier = Arc::new(tokio::sync::Barrier::new(2));
    let tasks = [(1, 2), (2, 1)].map(|(first, second)| {
        let (store, barrier) = (Arc::clone(&database.store), Arc::clone(&barrier));
        tokio::spawn(async move {
            let runs = AtomicU32::new(0);
            let (again, barrier) = (&runs, &*barrier);
            let work = |tx: Tx| async move {
                let add = || [Account::VISITS.plus(1)];
                tx.update_if(&first, Filter::all(), add()).await?;
                if again.fetch_add(1, Ordering::SeqCst) == 0 {
                    barrier.wait().await;
                }
                let added = tx.update_if(&second, Filter::all(), add()).await;
                added.map_err(|_| Error::invalid("the closure's own"))
            };
            let added = store.transaction_with(PATIENT, work).await;
            assert!(added.unwrap());
            runs.into_inner()
        })
    });
    let runs = join_all(tasks).await;
    let runs: Vec<u32> = runs.into_iter().map(|runs| runs.unwrap()).collect();
    assert!(runs.iter().sum::<u32>() > 2, "there was no deadlock");
    for id in [1, 2] {
        assert_eq!(session.get::<Account>(&id).await.unwrap().visits, 2);
    }
    Ok(())
}

/// Transactions in a deadlock do not wait forever: one of them fails with a retryable error.
pub(crate) async fn a_deadlock_is_broken(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    database.concurrent_writers()?;
    database
        .session()
        .insert_many(&Account::many([1, 2]))
        .await
        .unwrap();
    let barrier = Arc::new(tokio::sync::Barrier::new(2));
    let tasks = [(1, 2), (2, 1)].map(|(first, second)| {
        let (store, barrier) = (Arc::clone(&database.store), Arc::clone(&barrier));
        tokio::spawn(async move {
            let tx = store.begin().await?;
            let add = || [Account::VISITS.plus(1)];
            tx.update_if(&first, Filter::all(), add()).await?;
            barrier.wait().await;
            tx.update_if(&second, Filter::all(), add()).await?;
            tx.commit().await
        })
    });
    let outcomes: Vec<Result<()>> = join_all(tasks)
        .await
        .into_iter()
        .map(|outcome| outcome.unwrap())
        .collect();
    let (done, failed): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1, "{failed:?}");
    for outcome in failed {
        assert!(fails(outcome, ErrorKind::SerializationFailure).is_retryable());
    }
    let found = database.session().get::<Account>(&1).await.unwrap();
    assert_eq!(found.visits, 1);
    Ok(())
}
