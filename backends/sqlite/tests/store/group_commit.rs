//! Writes that are committed together: the outcome of one does not depend on the others.
use std::time::Duration;

use crate::notes::{Note, count, kind, note, open};
use genledger_contract::{Entity, ErrorKind, Result, SessionExt, Store};
use genledger_sqlite::{SqliteConfig, SqliteStore};
use tokio::task::JoinHandle;

/// A row whose parent must exist when the transaction commits, and not before.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "children", key(id))]
struct Child {
    /// Its number.
    id: i64,
    /// The number of its parent.
    parent: i64,
}

const ORPHAN: Child = Child { id: 1, parent: 999 };
const CHILD: Child = Child { id: 1, parent: 1 };

async fn families() -> SqliteStore {
    let store = open(SqliteConfig::memory()).await;
    store
        .with_connection(|connection| {
            connection.execute_batch(
                "CREATE TABLE parents (id INTEGER PRIMARY KEY);
                INSERT INTO parents VALUES (1);
                CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL
                    REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)",
            )
        })
        .await
        .unwrap();
    store
}

/// Starts a write and waits until it is in the queue, so that the next one is behind it.
async fn queued<T, F>(write: F) -> JoinHandle<Result<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let write = tokio::spawn(write);
    tokio::time::sleep(Duration::from_millis(20)).await;
    write
}

fn insert<E: Entity + Clone>(
    store: &SqliteStore,
    row: E,
) -> impl Future<Output = Result<()>> + use<E> {
    let session = store.session();
    async move { session.insert(&row).await }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_fails_the_guilty_write_alone() {
    let store = families().await;
    // Occupies the writer, so that the other writes wait together.
    let tx = store.begin().await.unwrap();
    let mut innocent = Vec::new();
    for id in 0..3 {
        innocent.push(queued(insert(&store, note(id))).await);
    }
    let guilty = queued(insert(&store, ORPHAN)).await;
    for id in 3..5 {
        innocent.push(queued(insert(&store, note(id))).await);
    }
    let duplicate = queued(insert(&store, note(0))).await;
    tx.rollback().await.unwrap();
    for write in innocent {
        write.await.unwrap().unwrap();
    }
    assert_eq!(kind(guilty.await.unwrap()), ErrorKind::Invalid);
    assert_eq!(kind(duplicate.await.unwrap()), ErrorKind::UniqueViolation);
    assert_eq!(count(&*store.session()).await, 5);
    assert_eq!(store.session().find::<Child>(&1).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_result_rests_on_rows_that_were_never_stored() {
    let store = families().await;
    let tx = store.begin().await.unwrap();
    let orphan = queued(insert(&store, ORPHAN)).await;
    // As long as they are in one transaction, all of these find that the key exists.
    let one = queued(insert(&store, CHILD)).await;
    let session = store.session();
    let kept = queued(async move { session.insert_if_absent(&[CHILD]).await }).await;
    tx.rollback().await.unwrap();
    assert_eq!(kind(orphan.await.unwrap()), ErrorKind::Invalid);
    one.await.unwrap().unwrap();
    assert_eq!(
        kept.await.unwrap().unwrap(),
        [genledger_contract::RowOutcome::Present]
    );
    assert_eq!(store.session().find(&1).await.unwrap(), Some(CHILD));
}

#[tokio::test(flavor = "multi_thread")]
async fn own_sql_shares_its_fate_with_no_other() {
    let store = families().await;
    let tx = store.begin().await.unwrap();
    let first = queued(insert(&store, note(1))).await;
    let owner = store.clone();
    let guilty = queued(async move {
        owner
            .with_connection(|connection| {
                connection.execute("INSERT INTO children VALUES (1, 999)", [])
            })
            .await
    })
    .await;
    let second = queued(insert(&store, note(2))).await;
    tx.rollback().await.unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(kind(guilty.await.unwrap()), ErrorKind::Invalid);
    second.await.unwrap().unwrap();
    assert_eq!(count(&*store.session()).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_fails_in_its_middle_leaves_nothing() {
    let store = open(SqliteConfig::memory()).await;
    store.session().insert(&note(0)).await.unwrap();
    let tx = store.begin().await.unwrap();
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for index in 1..=20 {
        // Rows are written in the order of their keys: one before the key that exists.
        let batch: [Note; 3] = [note(-index), note(0), note(index)];
        let session = store.session();
        bad.push(queued(async move { session.insert_many(&batch).await }).await);
        let batch = [note(-100 - index), note(100 + index)];
        let session = store.session();
        good.push(queued(async move { session.insert_many(&batch).await }).await);
    }
    tx.rollback().await.unwrap();
    for write in bad {
        assert_eq!(kind(write.await.unwrap()), ErrorKind::UniqueViolation);
    }
    for write in good {
        write.await.unwrap().unwrap();
    }
    assert_eq!(count(&*store.session()).await, 1 + 2 * 20);
}
