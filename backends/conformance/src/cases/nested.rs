//! Nested transactions: each is committed or rolled back alone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use genledger_contract::{ErrorKind, Filter, Result, Session, SessionExt, StoreExt, Tx};
use tokio::time::timeout;

use crate::ask::matching;
use crate::check::fails;
use crate::cut_short::{MOMENTS, cut_short};
use crate::databases::Databases;
use crate::model::{Account, Member};

async fn ids(session: &dyn Session) -> Vec<i64> {
    let rows = matching(session, Filter::<Account>::all()).await;
    rows.iter().map(|row| row.id).collect()
}

/// Inserts two accounts or none, alone or inside of another transaction; for an odd number the second one is
/// present already.
async fn pair(session: &dyn Session, first: i64) -> Result<()> {
    let tx = session.begin().await?;
    let inserted = async {
        tx.insert(&Account::new(first)).await?;
        tx.insert(&Account::new(first + 1 - first % 2)).await
    };
    let inserted = inserted.await;
    tx.end(inserted).await
}

/// A function of several statements is atomic alone, in a transaction, and in a nested one.
pub(crate) async fn a_function_over_any_session(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    pair(&*session, 0).await.unwrap();
    fails(pair(&*session, 5).await, ErrorKind::UniqueViolation);
    let work = |tx: Tx| async move {
        tx.insert(&Account::new(8)).await?;
        pair(&tx, 10).await?;
        fails(pair(&tx, 21).await, ErrorKind::UniqueViolation);
        let nested = tx.begin().await?;
        pair(&nested, 30).await?;
        fails(pair(&nested, 41).await, ErrorKind::UniqueViolation);
        nested.commit().await?;
        tx.insert(&Account::new(50)).await
    };
    database.store.transaction(work).await.unwrap();
    assert_eq!(ids(&*session).await, [0, 1, 8, 10, 11, 30, 31, 50]);
}

/// A nested transaction that is rolled back undoes its own changes only.
pub(crate) async fn rolled_back(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    let nested = tx.begin().await.unwrap();
    nested.insert(&Account::new(2)).await.unwrap();
    nested
        .update_where(Filter::all(), [Account::VISITS.plus(1)])
        .await
        .unwrap();
    nested.rollback().await.unwrap();
    assert_eq!(tx.get::<Account>(&1).await.unwrap(), Account::new(1));
    tx.insert(&Account::new(3)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ids(&*database.session()).await, [1, 3]);
}

/// A nested transaction that is committed belongs to the outer one, which may still be rolled back.
pub(crate) async fn committed(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    let outer = tx.begin().await.unwrap();
    outer.insert(&Account::new(2)).await.unwrap();
    let inner = outer.begin().await.unwrap();
    inner.insert(&Account::new(3)).await.unwrap();
    assert_eq!(ids(&*database.session()).await, [0_i64; 0]);
    inner.commit().await.unwrap();
    assert_eq!(ids(&outer).await, [1, 2, 3]);
    outer.rollback().await.unwrap();
    assert_eq!(ids(&tx).await, [1]);
    tx.commit().await.unwrap();
    assert_eq!(ids(&*database.session()).await, [1]);
}

/// A nested transaction that is dropped is rolled back alone, with all that are nested in it.
pub(crate) async fn dropped(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    let outer = tx.begin().await.unwrap();
    outer.insert(&Account::new(2)).await.unwrap();
    let inner = outer.begin().await.unwrap();
    inner.insert(&Account::new(3)).await.unwrap();
    drop(outer);
    fails(inner.insert(&Account::new(4)).await, ErrorKind::Aborted);
    drop(inner);
    assert_eq!(ids(&tx).await, [1]);
    let again = tx.begin().await.unwrap();
    again.insert(&Account::new(2)).await.unwrap();
    drop(again);
    // In the other order, before either is rolled back.
    let outer = tx.begin().await.unwrap();
    outer.insert(&Account::new(2)).await.unwrap();
    let inner = outer.begin().await.unwrap();
    inner.insert(&Account::new(3)).await.unwrap();
    drop(inner);
    drop(outer);
    tx.insert(&Account::new(5)).await.unwrap();
    // A dropped one is rolled back also if only the commit follows.
    let outer = tx.begin().await.unwrap();
    outer.insert(&Account::new(2)).await.unwrap();
    drop(outer.begin().await.unwrap());
    drop(outer);
    tx.commit().await.unwrap();
    assert_eq!(ids(&*database.session()).await, [1, 5]);
}

/// Transactions nest to any depth.
pub(crate) async fn deeply(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = database.store.begin().await.unwrap();
    let mut open = Vec::new();
    for id in 0..20 {
        let nested = open.last().unwrap_or(&tx).begin().await.unwrap();
        nested.insert(&Account::new(id)).await.unwrap();
        open.push(nested);
    }
    for left in (10..20).rev() {
        open.pop().unwrap().rollback().await.unwrap();
        let all: Vec<i64> = (0..left).collect();
        assert_eq!(ids(open.last().unwrap()).await, all);
    }
    for _ in 0..5 {
        open.pop().unwrap().commit().await.unwrap();
    }
    assert_eq!(ids(open.last().unwrap()).await.len(), 10);
    open.pop().unwrap().rollback().await.unwrap();
    assert_eq!(ids(open.last().unwrap()).await, [0, 1, 2, 3]);
    while let Some(nested) = open.pop() {
        nested.commit().await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(ids(&*database.session()).await, [0, 1, 2, 3]);
}

/// An error ends the nested transaction alone: the outer one continues once that is rolled back.
pub(crate) async fn an_error_ends_one(databases: &Databases) {
    let database = databases.migrated().await;
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    for round in 0..3 {
        let nested = tx.begin().await.unwrap();
        nested.insert(&Account::new(2)).await.unwrap();
        fails(
            nested.insert(&Account::new(1)).await,
            ErrorKind::UniqueViolation,
        );
        let error = fails(nested.find::<Account>(&1).await, ErrorKind::Aborted);
        assert!(error.message().contains("unique violation"), "{error}");
        assert!(!error.is_retryable());
        fails(nested.begin().await.map(drop), ErrorKind::Aborted);
        match round {
            0 => fails(nested.commit().await, ErrorKind::Aborted).kind(),
            1 => nested.rollback().await.map(|()| ErrorKind::Other).unwrap(),
            _ => {
                drop(nested);
                ErrorKind::Other
            }
        };
        assert_eq!(ids(&tx).await, [1]);
    }
    tx.insert(&Account::new(3)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ids(&*database.session()).await, [1, 3]);
}

/// A batch that fails in its middle leaves the outer transaction unchanged.
pub(crate) async fn after_a_failed_batch(databases: &Databases) {
    let database = databases.migrated().await;
    let session = database.session();
    session.insert(&Member::new(1, "ann")).await.unwrap();
    let tx = database.store.begin().await.unwrap();
    tx.insert(&Member::new(2, "bob")).await.unwrap();
    let batch = [
        Member::new(3, "cid"),
        Member::new(2, "x"),
        Member::new(4, "ann"),
        Member::new(5, "dan"),
    ];
    let nested = tx.begin().await.unwrap();
    fails(
        nested.insert_if_absent(&batch).await,
        ErrorKind::UniqueViolation,
    );
    nested.rollback().await.unwrap();
    let outcomes = tx.insert_if_absent(&batch[..2]).await.unwrap();
    assert_eq!(outcomes.len(), 2);
    tx.commit().await.unwrap();
    let rows = matching(&*session, Filter::<Member>::all()).await;
    let logins: Vec<_> = rows.iter().filter_map(|row| row.login.as_deref()).collect();
    assert_eq!(logins, ["ann", "bob", "cid"]);
}

/// While a nested transaction is open, statements of the outer one are refused at once, without waiting.
pub(crate) async fn the_outer_one_is_refused(databases: &Databases) {
    let database = databases.migrated().await;
    let work = |tx: Tx| async move {
        let nested = tx.begin().await?;
        fails(tx.insert(&Account::new(1)).await, ErrorKind::Invalid);
        fails(tx.begin().await.map(drop), ErrorKind::Invalid);
        nested.insert(&Account::new(2)).await?;
        nested.commit().await?;
        tx.insert(&Account::new(3)).await
    };
    let work = timeout(Duration::from_secs(10), database.store.transaction(work));
    work.await
        .expect("the transaction waits for itself")
        .unwrap();
    let tx = database.store.begin().await.unwrap();
    let nested = tx.begin().await.unwrap();
    nested.insert(&Account::new(4)).await.unwrap();
    fails(tx.commit().await, ErrorKind::Invalid);
    fails(nested.commit().await, ErrorKind::Aborted);
    assert_eq!(ids(&*database.session()).await, [2, 3]);
}

/// Of two statements of one transaction at the same time one is refused, and the other is executed once.
pub(crate) async fn one_statement_at_a_time(databases: &Databases) {
    let database = databases.migrated().await;
    database.session().insert(&Account::new(1)).await.unwrap();
    for _ in 0..20 {
        let tx = database.store.begin().await.unwrap();
        let add = || tx.update_where(Account::ID.eq(1), [Account::VISITS.plus(1)]);
        let (first, second) = tokio::join!(add(), add());
        let done = [first, second].map(|outcome| match outcome {
            Ok(count) => count,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
                0
            }
        });
        let added: u64 = done.iter().sum();
        tx.commit().await.unwrap();
        let row = database.session().get::<Account>(&1).await.unwrap();
        assert_eq!(u64::try_from(row.visits).unwrap(), added);
        let nothing = [Account::VISITS.set(0)];
        database
            .session()
            .update_where(Filter::all(), nothing)
            .await
            .unwrap();
    }
}

/// A nested transaction that is dropped in the middle of a statement ends the outer one, which is rolled back
/// and blocks nothing.
pub(crate) async fn dropped_in_a_statement(databases: &Databases) {
    let database = databases.migrated().await;
    for polls in 1..30 {
        for moment in MOMENTS {
            let completed = &AtomicBool::new(false);
            let work = |tx: Tx| async move {
                tx.insert(&Account::new(0)).await?;
                let outer = tx.begin().await?;
                outer.insert(&Account::new(1)).await?;
                let done = cut_short(pair(&outer, 10), polls, moment).await;
                completed.store(done.is_some(), Ordering::Relaxed);
                // A later savepoint cannot restore the state before it.
                drop(outer.rollback().await);
                tx.insert(&Account::new(2)).await
            };
            let work = database.store.transaction(work);
            let outcome = timeout(Duration::from_secs(20), work).await;
            let outcome = outcome.expect("a transaction waits for one that was dropped");
            if outcome.is_ok() {
                assert_eq!(ids(&*database.session()).await, [0, 2]);
                let all = Filter::<Account>::all();
                database.session().delete_where(all).await.unwrap();
            } else {
                assert!(!completed.load(Ordering::Relaxed));
                fails(outcome, ErrorKind::Aborted);
                assert_eq!(ids(&*database.session()).await, [0; 0]);
            }
        }
    }
}

/// A transaction that ends while nested ones are open rolls them back.
pub(crate) async fn left_open(databases: &Databases) {
    let database = databases.migrated().await;
    for round in 0..2 {
        let tx = database.store.begin().await.unwrap();
        let nested = tx.begin().await.unwrap();
        nested.insert(&Account::new(1)).await.unwrap();
        match round {
            0 => drop(tx),
            _ => tx.rollback().await.unwrap(),
        }
        fails(nested.insert(&Account::new(2)).await, ErrorKind::Aborted);
        fails(nested.commit().await, ErrorKind::Aborted);
        assert_eq!(ids(&*database.session()).await, [0_i64; 0]);
    }
}
