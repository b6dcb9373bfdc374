//! A disk that fails in the middle of a COMMIT: the outcome of the write is unknown, and is reported so.
//!
//! The disk is simulated by a limit on the size of files, which makes the write into the log fail. A shell
//! sets it, and ignores the signal that would end the process.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::process::Command;
use std::sync::Arc;

use genledger_contract::query::AggregateQuery;
use genledger_contract::{Entity, ErrorKind, Filter, MigrationSet, SessionExt, Store};
use genledger_sqlite::{SqliteConfig, SqliteStore};

/// The variable with the file that the child writes; a process that has it is a child.
const FILE: &str = "GENLEDGER_TEST_IO_ERROR_FILE";

/// A note.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "notes", key(id))]
struct Note {
    /// Its number.
    id: i64,
    /// Its text.
    text: String,
}

async fn open(file: &str) -> SqliteStore {
    let store = SqliteStore::connect(SqliteConfig::file(file))
        .await
        .unwrap();
    let tables = MigrationSet::of("test", &[Note::TABLE]);
    store.migrate(&[tables]).await.unwrap();
    store
}

async fn count(store: &SqliteStore) -> i64 {
    let query = AggregateQuery::over(Filter::<Note>::all()).count();
    store.session().aggregate(query).await.unwrap()[0]
        .integer(0)
        .unwrap()
}

fn note(id: i64) -> Note {
    Note {
        id,
        text: "x".repeat(10_000),
    }
}

/// Writes until the disk fails: alone, in a group, and in a transaction. Prints the number of acknowledged
/// rows.
async fn write_until_it_fails(file: &str) {
    let store = open(file).await;
    let mut acknowledged = 0;
    let error = loop {
        match store.session().insert(&note(acknowledged)).await {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
    // Nothing is left behind, and acknowledged rows can be read.
    assert_eq!(count(&store).await, acknowledged);

    let holder = store.begin().await.unwrap();
    let writes: Vec<_> = (0..5)
        .map(|id| {
            let session = store.session();
            // The same key twice: one of them finds a row that may not be stored.
            tokio::spawn(async move { session.insert(&note(1_000_000 + id / 2)).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    holder.rollback().await.unwrap();
    for write in writes {
        let error = write.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
    }

    let transaction = store.begin().await.unwrap();
    transaction.insert(&note(2_000_000)).await.unwrap();
    let error = transaction.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
    println!("acknowledged {acknowledged}");
}

/// The process whose disk fails; without the variable, there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    if let Ok(file) = std::env::var(FILE) {
        write_until_it_fails(&file).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_the_disk_fails_is_of_unknown_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("io.db").display().to_string();
    let script = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" --exact child --nocapture";
    let child = Command::new("sh")
        .arg("-c")
        .arg(script)
        .arg(std::env::current_exe().unwrap())
        .env(FILE, &file)
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    let errors = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{output}{errors}");
    let acknowledged: i64 = output
        .lines()
        .find_map(|line| line.rsplit_once("acknowledged ")?.1.parse().ok())
        .unwrap();
    assert!(acknowledged > 10, "{acknowledged}");
    let store = Arc::new(open(&file).await);
    // Acknowledged rows are stored; of the rest, all or nothing.
    let stored = count(&store).await;
    assert!(stored >= acknowledged, "{stored} of {acknowledged}");
    store
        .session()
        .get::<Note>(&(acknowledged - 1))
        .await
        .unwrap();
}
