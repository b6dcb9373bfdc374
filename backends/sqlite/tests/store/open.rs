//! Stores that open the same new file at the same time.
use std::sync::Arc;
use std::time::Duration;

use genledger_contract::{ErrorKind, SessionExt, Store};
use genledger_sqlite::{SqliteConfig, SqliteStore};
use tokio::sync::Barrier;

use crate::notes::{count, kind, note, open, raw};

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn all_of_them_succeed() {
    const OPENERS: i64 = 8;
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("race.db");
        let start = Arc::new(Barrier::new(8));
        let openers: Vec<_> = (0..OPENERS)
            .map(|number| {
                let (path, start) = (path.clone(), Arc::clone(&start));
                tokio::spawn(async move {
                    start.wait().await;
                    let store = open(SqliteConfig::file(path)).await;
                    store.session().insert(&note(number)).await.unwrap();
                    // Closes it while other tasks open theirs.
                    if number % 2 == 0 {
                        store.close().await;
                    }
                })
            })
            .collect();
        for opener in openers {
            opener.await.unwrap();
        }
        let store = open(SqliteConfig::file(path)).await;
        assert_eq!(count(&*store.session()).await, OPENERS);
    }
}

/// SQLite itself does not wait for the locks that are necessary to change a file to a write-ahead log.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_on_a_new_file_is_waited_for() {
    for lock in [
        "BEGIN; SELECT * FROM seeds",
        "BEGIN IMMEDIATE",
        "BEGIN EXCLUSIVE",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.db");
        let other = raw(&path);
        other
            .execute_batch("CREATE TABLE seeds (id INTEGER); INSERT INTO seeds VALUES (1)")
            .unwrap();
        other.execute_batch(lock).unwrap();
        let mut config = SqliteConfig::file(&path);
        config.busy_timeout = Duration::from_millis(200);
        let refused = SqliteStore::connect(config.clone()).await;
        assert_eq!(kind(refused), ErrorKind::SerializationFailure, "{lock}");
        config.busy_timeout = Duration::from_secs(10);
        let opened = tokio::spawn(SqliteStore::connect(config));
        tokio::time::sleep(Duration::from_millis(200)).await;
        other.execute_batch("COMMIT").unwrap();
        drop(other);
        opened.await.unwrap().unwrap();
    }
}
