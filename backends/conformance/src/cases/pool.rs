//! Pools of connections: exhausted ones, and connections that must not be lost.

use std::time::{Duration, Instant};

use genledger_contract::{ErrorKind, Filter, Session, SessionExt, Store};
use tokio::time::timeout;

use crate::ask::rows_of;
use crate::check::fails;
use crate::databases::Databases;
use crate::harness::{ACQUIRE_TIMEOUT, Applicable};
use crate::model::{Absent, Account, Entry, NarrowAccount};

/// A write without a free connection returns `Unavailable` in time, and succeeds once there is one.
pub(crate) async fn exhausted(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let store = database.one_connection().await?;
    let tx = store.begin().await.unwrap();
    tx.insert(&Account::new(1)).await.unwrap();
    let begun = Instant::now();
    let session = store.session();
    let account = Account::new(2);
    let (insert, transaction) = tokio::join!(session.insert(&account), store.begin());
    fails(insert, ErrorKind::Unavailable);
    fails(transaction, ErrorKind::Unavailable);
    let waited = begun.elapsed();
    let most = ACQUIRE_TIMEOUT + Duration::from_secs(1);
    assert!(waited < most, "waited {waited:?}");
    tx.commit().await.unwrap();
    serves(&*store, 2).await;
    Ok(())
}

/// A call that waits for a connection gets it as soon as it is free.
pub(crate) async fn waited_for(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let store = database.one_connection().await?;
    let tx = store.begin().await.unwrap();
    let waiting = tokio::spawn({
        let session = store.session();
        async move { session.insert(&Account::new(1)).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    drop(tx);
    timeout(Duration::from_secs(3), waiting)
        .await
        .expect("no connection came back")
        .unwrap()
        .unwrap();
    Ok(())
}

/// Expects a write to be served within five seconds.
async fn serves(store: &dyn Store, id: i64) {
    timeout(
        Duration::from_secs(5),
        store.session().insert(&Account::new(id)),
    )
    .await
    .expect("the store does not serve a write within five seconds")
    .unwrap();
}

async fn go_wrong(session: &dyn Session) {
    fails(
        session.insert(&Account::new(0)).await,
        ErrorKind::UniqueViolation,
    );
    fails(session.find::<Absent>(&1).await, ErrorKind::Schema);
    fails(session.find::<NarrowAccount>(&0).await, ErrorKind::Corrupt);
    let beyond = [Account::VERSION.plus(1)];
    fails(
        session.update_where(Filter::all(), beyond).await,
        ErrorKind::Invalid,
    );
    let batch: Vec<Entry> = (0..3000).map(|id| Entry::new(id % 2999, id)).collect();
    fails(
        session.insert_many(&batch).await,
        ErrorKind::UniqueViolation,
    );
}

/// After any error the only connection of a store can be used again.
pub(crate) async fn comes_back_after_errors(databases: &Databases) -> Applicable<()> {
    let database = databases.migrated().await;
    let store = database.one_connection().await?;
    let session = store.session();
    let first = Account {
        version: i64::MAX,
        ..Account::new(0)
    };
    session.insert(&first).await.unwrap();
    for round in 1..10 {
        go_wrong(&*session).await;
        let tx = store.begin().await.unwrap();
        tx.insert(&Account::new(100)).await.unwrap();
        fails(
            tx.insert(&Account::new(100)).await,
            ErrorKind::UniqueViolation,
        );
        fails(tx.commit().await, ErrorKind::Aborted);
        drop(store.begin().await.unwrap());
        assert_eq!(rows_of::<Account>(&*session).await, 1);
        serves(&*store, round).await;
        assert!(session.delete::<Account>(&round).await.unwrap());
    }
    Ok(())
}
